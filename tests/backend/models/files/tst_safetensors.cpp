#include "backend/models/files/safetensors.h"
#include "backend/protocol/error.h"
#include "backend/protocol/json.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

#include <fstream>
#include <random>

using namespace assay;
using namespace assay::models;

class TestSafetensors : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    std::filesystem::path file() const
    {
        return std::filesystem::path(m_dir.path().toStdString()) / "x.safetensors";
    }

    void writeBytes(const QByteArray& bytes) const
    {
        std::ofstream(file(), std::ios::binary).write(bytes.constData(), bytes.size());
    }

    /// Eight bytes of length, header, data.
    static QByteArray bytesOf(const QByteArray& header, const QByteArray& data = {})
    {
        QByteArray bytes;
        for (int i = 0; i < 8; ++i)
            bytes.append(static_cast<char>(static_cast<quint64>(header.size()) >> (8 * i) & 0xff));
        return bytes + header + data;
    }

    QString problem(const QByteArray& bytes) const
    {
        writeBytes(bytes);
        try {
            readSafetensors(file());
        } catch (const Error& error) {
            return QString::fromStdString(error.what())
                .remove(QString::fromStdString(file().string()) + ": ");
        }
        return {};
    }

    static NamedTensors everyType()
    {
        NamedTensors tensors;
        for (const auto type :
             {torch::kFloat64, torch::kFloat32, torch::kFloat16, torch::kBFloat16, torch::kInt64,
              torch::kInt32, torch::kInt16, torch::kInt8, torch::kUInt8, torch::kBool})
            tensors.emplace_back(std::string("t") + c10::toString(type),
                                 torch::arange(6).remainder(2).to(type).view({2, 3}));
        tensors.emplace_back("empty", torch::zeros({0, 4}));
        tensors.emplace_back("scalar", torch::tensor(2.5f));
        tensors.emplace_back("strided", torch::arange(6).to(torch::kFloat32).view({2, 3}).t());
        return tensors;
    }

private Q_SLOTS:
    void roundTrip()
    {
        const NamedTensors tensors = everyType();
        writeSafetensors(file(), tensors, {{"format", "pt"}, {"note", "quote \" and ε"}});
        const TensorFile read = readSafetensors(file());
        QCOMPARE(read.metadata.at("note"), "quote \" and ε");
        QCOMPARE(read.tensors.size(), tensors.size());
        for (const auto& [name, tensor] : tensors) {
            const torch::Tensor* back = read.find(name);
            QVERIFY2(back, name.c_str());
            QCOMPARE(back->scalar_type(), tensor.scalar_type());
            QVERIFY2(torch::equal(*back, tensor), name.c_str());
        }
        QVERIFY(!read.find("absent"));
    }

    void sameTensorsSameBytes()
    {
        const auto bytes = [&] {
            QFile input(QString::fromStdString(file().string()));
            return input.open(QIODevice::ReadOnly) ? input.readAll() : QByteArray();
        };
        writeSafetensors(file(), everyType(), {{"b", "2"}, {"a", "1"}});
        const QByteArray first = bytes();
        writeSafetensors(file(), everyType(), {{"a", "1"}, {"b", "2"}});
        QCOMPARE(bytes(), first);
        QVERIFY(!first.isEmpty());
    }

    /// Laid out by hand after the format's description, not by our writer.
    void readsTheFormatsOwnExample()
    {
        QByteArray data;
        for (const float value : {1.0f, -2.0f})
            data.append(reinterpret_cast<const char*>(&value), 4);
        writeBytes(bytesOf(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}   )", data));
        QVERIFY(torch::equal(*readSafetensors(file()).find("w"), torch::tensor({1.0f, -2.0f})));
    }

    void namesTheDamage_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("sentence");
        const QByteArray eight(8, '\0');
        QTest::newRow("short") << QByteArray("abc") << "is too short for a safetensors file: 3 bytes.";
        QTest::newRow("huge header") << QByteArray(8, '\xff') + "{}"
                                     << "announces a header of 18446744073709551615 bytes in a file of 10. "
                                        "Check that it is a safetensors file.";
        QTest::newRow("header past the end")
            << bytesOf("{}").replace(0, 1, "\x7f")
            << "announces a header of 127 bytes in a file of 10. Check that it is a safetensors file.";
        QTest::newRow("no JSON")
            << bytesOf("{\"a\":")
            << "the header is no JSON. Fetch the file again, or save it again as safetensors.";
        QTest::newRow("no object") << bytesOf("[]") << "the header is no JSON object.";
        QTest::newRow("deep") << bytesOf(QByteArray(5000, '[')) << "the header is nested too deeply.";
        QTest::newRow("unknown type")
            << bytesOf(R"({"w":{"dtype":"F8","shape":[],"data_offsets":[0,1]}})", "x")
            << "tensor 'w' has the unknown dtype \"F8\".";
        QTest::newRow("no type") << bytesOf(R"({"w":{"shape":[],"data_offsets":[0,0]}})")
                                 << "tensor 'w' has no dtype.";
        QTest::newRow("negative size")
            << bytesOf(R"({"w":{"dtype":"U8","shape":[-1],"data_offsets":[0,8]}})", eight)
            << "tensor 'w' has -1 where a size was expected.";
        QTest::newRow("product overflows")
            << bytesOf(R"({"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}})", eight)
            << "tensor 'w' is larger than the file.";
        QTest::newRow("wrong length")
            << bytesOf(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", eight)
            << "tensor 'w' has 8 bytes; its shape and dtype need 4.";
        QTest::newRow("backwards") << bytesOf(R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[3,2]}})",
                                              eight)
                                   << "tensor 'w' lies outside the file's data.";
        QTest::newRow("outside") << bytesOf(R"({"w":{"dtype":"U8","shape":[8],"data_offsets":[1,9]}})", eight)
                                 << "tensor 'w' lies outside the file's data.";
        QTest::newRow("overlap")
            << bytesOf(
                   R"({"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
                   eight)
            << "tensor 'b' overlaps another tensor.";
        QTest::newRow("gap") << bytesOf(R"({"a":{"dtype":"U8","shape":[6],"data_offsets":[2,8]}})", eight)
                             << "tensor 'a' leaves a gap of 2 bytes before it.";
        QTest::newRow("tail") << bytesOf(R"({"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6]}})", eight)
                              << "holds 2 bytes that belong to no tensor.";
        QTest::newRow("rank")
            << bytesOf(
                   R"({"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}})",
                   "x")
            << "tensor 'a' has no shape of at most 16 sizes.";
        QTest::newRow("metadata") << bytesOf(R"({"__metadata__":{"a":1}})") << "metadata 'a' is no text.";
    }

    void namesTheDamage()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, sentence);
        QCOMPARE(problem(bytes), sentence);
    }

    void zeroSizedTensorMayHaveAnyOtherSize()
    {
        writeBytes(bytesOf(R"({"w":{"dtype":"F32","shape":[1000000,0,1000],"data_offsets":[0,0]}})"));
        QCOMPARE(readSafetensors(file()).find("w")->numel(), 0);
    }

    void cannotBeWritten()
    {
        QVERIFY_EXCEPTION_THROWN(writeSafetensors(file().parent_path() / "absent" / "x", everyType()), Error);
        QVERIFY_EXCEPTION_THROWN(writeSafetensors(file(), {{"c", torch::zeros({2}, torch::kComplexFloat)}}),
                                 Error);
    }

    void anyBytesAreTensorsOrAnError()
    {
        writeSafetensors(file(), everyType(), {{"a", "b"}});
        QFile input(QString::fromStdString(file().string()));
        QVERIFY(input.open(QIODevice::ReadOnly));
        const QByteArray good = input.readAll();
        input.close();
        std::mt19937 random(7);
        for (int round = 0; round < 1000; ++round) {
            QByteArray bytes = good;
            for (std::uint32_t i = 0; i <= random() % 4; ++i)
                bytes[static_cast<qsizetype>(random() % static_cast<std::uint32_t>(bytes.size()))] =
                    static_cast<char>(random());
            if (random() % 5 == 0)
                bytes.truncate(static_cast<qsizetype>(random() % static_cast<std::uint32_t>(bytes.size())));
            writeBytes(bytes);
            try {
                readSafetensors(file());
            } catch (const Error&) {
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestSafetensors)
#include "tst_safetensors.moc"
