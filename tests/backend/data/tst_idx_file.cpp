#include "backend/data/formats/idx_file.h"
#include "backend/protocol/error.h"
#include "idx_builder.h"

#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

using namespace assay;
using namespace assay::test;

class TestIdxFile : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    std::filesystem::path file(const char* name) const
    {
        return std::filesystem::path(m_dir.path().toStdString()) / name;
    }

    /// The sentence for a file of these bytes, without the file's name in front.
    QString problem(const Bytes& bytes, int rank = 1)
    {
        write(file("x"), bytes);
        try {
            data::readIdx(file("x"), rank);
        } catch (const Error& error) {
            const QString text = QString::fromStdString(error.what());
            const QString where = QString::fromStdString(file("x").string()) + ": ";
            return text.startsWith(where) ? text.mid(where.size()) : "no file name: " + text;
        }
        return {};
    }

private Q_SLOTS:
    void readsPlainAndCompressed()
    {
        const Bytes bytes = idx({2, 2, 3}, {0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255});
        write(file("plain"), bytes);
        write(file("packed"), gzip(bytes));
        const torch::Tensor plain = data::readIdx(file("plain"), 3);
        QCOMPARE(plain.sizes(), torch::IntArrayRef({2, 2, 3}));
        QCOMPARE(int(plain[1][0][1].item<std::uint8_t>()), 251);
        QVERIFY(torch::equal(plain, data::readIdx(file("packed"), 3)));
    }

    void readsAnEmptySet()
    {
        write(file("empty"), idx({0, 28, 28}, {}));
        QCOMPARE(data::readIdx(file("empty"), 3).sizes(), torch::IntArrayRef({0, 28, 28}));
    }

    void namesTheDamage_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("sentence");
        const auto row = [](const char* name, const Bytes& bytes, const char* sentence) {
            QTest::newRow(name) << QByteArray(reinterpret_cast<const char*>(bytes.data()),
                                              qsizetype(bytes.size()))
                                << QString(sentence);
        };
        row("nothing", {}, "is no IDX file: it does not begin with two zero bytes.");
        row("text", {'h', 'e', 'l', 'l', 'o'}, "is no IDX file: it does not begin with two zero bytes.");
        row("floats", {0, 0, 13, 1, 0, 0, 0, 0},
            "has element type 13; only 8 (unsigned byte) is read. Convert the values to unsigned bytes.");
        row("images", idx({1, 1, 1}, {0}),
            "has 3 dimensions; 1 were expected. Check that images and labels are not swapped.");
        row("cut header", {0, 0, 8, 1, 0, 0}, "ends inside its header. Fetch the file again.");
        row("cut data", idx({5}, {1, 2, 3}), "ends after 3 of 5 bytes of data. Fetch the file again.");
        row("trailing data", idx({2}, {1, 2, 3}), "goes on after the 2 bytes its header announces.");
        // Announces 4 GiB - 1: must fail for what is there, without taking that memory first.
        row("lying header", idx({0xffffffff}, {1}),
            "ends after 1 of 4294967295 bytes of data. Fetch the file again.");
        Bytes packed = gzip(idx({1000}, Bytes(1000, 7)));
        packed[packed.size() - 6] ^= 0x55;
        row("wrong checksum", packed, "the gzip data is damaged. Fetch the file again.");
    }

    void namesTheDamage()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, sentence);
        QCOMPARE(problem(Bytes(bytes.begin(), bytes.end())), sentence);
    }

    void boundsTheProductOfSizes()
    {
        QCOMPARE(problem(idx({0xffffffff, 0xffffffff, 0xffffffff}, {1}), 3),
                 QString("announces more than 4 GiB."));
        QCOMPARE(problem(idx({65536, 65536, 2}, {1}), 3), QString("announces more than 4 GiB."));
    }

    void missingFile() { QVERIFY_EXCEPTION_THROWN(data::readIdx(file("absent"), 1), Error); }
};

QTEST_GUILESS_MAIN(TestIdxFile)
#include "tst_idx_file.moc"
