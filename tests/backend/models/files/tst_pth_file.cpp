#include "backend/models/files/pth_file.h"
#include "backend/protocol/error.h"
#include "backend/protocol/json.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

#include <fstream>

using namespace assay;
using namespace assay::models;

/// Files that PyTorch itself wrote (make_pth.py), value for value.
class TestPthFile : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    std::filesystem::path path(const QString& name) const
    {
        return std::filesystem::path(m_dir.filePath(name).toStdString());
    }

    QByteArray bytesOf(const QString& name) const
    {
        QFile file(m_dir.filePath(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    static torch::ScalarType typeOf(const std::string& name)
    {
        static const std::map<std::string, torch::ScalarType> types = {
            {"float64", torch::kFloat64},
            {"float32", torch::kFloat32},
            {"float16", torch::kFloat16},
            {"bfloat16", torch::kBFloat16},
            {"int64", torch::kInt64},
            {"int32", torch::kInt32},
            {"int16", torch::kInt16},
            {"int8", torch::kInt8},
            {"uint8", torch::kUInt8},
            {"bool", torch::kBool},
            {"complex64", torch::kComplexFloat},
            {"complex128", torch::kComplexDouble},
        };
        return types.at(name);
    }

    QString problem(const QString& name) const
    {
        try {
            readPth(path(name));
        } catch (const Error& error) {
            return QString::fromStdString(error.what())
                .remove(QString::fromStdString(path(name).string()) + ": ");
        }
        return {};
    }

private Q_SLOTS:
    void initTestCase()
    {
        QProcess python;
        python.setProcessChannelMode(QProcess::MergedChannels);
        python.start("/usr/bin/python3",
                     {ASSAY_TEST_SOURCE_DIR "/tests/backend/models/files/make_pth.py", m_dir.path()});
        QVERIFY(python.waitForFinished(120'000));
        QVERIFY2(python.exitCode() == 0, python.readAll().constData());
    }

    void holdsWhatPyTorchWrote_data()
    {
        QTest::addColumn<QString>("finding");
        const QString under = "The weights are those under 'state_dict' of the file; left out: epoch, ";
        QTest::newRow("plain") << "";
        QTest::newRow("legacy") << "";
        QTest::newRow("protocol3") << "";
        QTest::newRow("protocol4") << "";
        QTest::newRow("protocol5") << "";
        const QString rest = "optimizer, best, note, done, history, raw, size and 2 more.";
        QTest::newRow("checkpoint") << under + rest;
        QTest::newRow("checkpoint_legacy") << under + rest;
        QTest::newRow("lightning") << under + "hyper_parameters.";
        QTest::newRow("nested")
            << "The weights are those under 'checkpoint', 'model' of the file; left out: args.";
        QTest::newRow("parameters") << "Entries beside the weights that are no tensors were left out: n.";
        QTest::newRow("types") << "";
        QTest::newRow("types_legacy") << "";
        QTest::newRow("views") << "";
        QTest::newRow("views_legacy") << "";
        QTest::newRow("deflated") << "";
    }

    void holdsWhatPyTorchWrote()
    {
        QFETCH(QString, finding);
        const QString name = QTest::currentDataTag();
        const TensorFile read = readPth(path(name + ".pth"));
        const Json reference = Json::parse(bytesOf(name + ".json").toStdString());
        QByteArray raw = bytesOf(name + ".raw");
        QCOMPARE(read.tensors.size(), reference.size());
        std::size_t index = 0;
        for (const auto& [key, entry] : reference.items()) {
            const auto& [foundName, found] = read.tensors[index++]; // in the order of the dict
            QCOMPARE(foundName, key);
            QCOMPARE(found.scalar_type(), typeOf(entry[0]));
            QCOMPARE(found.sizes().vec(), entry[1].get<std::vector<std::int64_t>>());
            QVERIFY(found.is_contiguous());
            const auto size = entry[3].get<std::size_t>();
            QCOMPARE(static_cast<std::size_t>(found.numel()) * found.element_size(), size);
            QVERIFY2(size == 0 || std::memcmp(found.data_ptr(), raw.constData() + entry[2].get<std::size_t>(),
                                              size) == 0,
                     key.c_str());
        }
        QStringList texts;
        for (const auto& item : read.findings)
            texts.append(QString::fromStdString(item.text));
        QCOMPARE(texts.join(' '), finding);
    }

    void tiedTensorsShareTheirStorage()
    {
        const TensorFile read = readPth(path("views.pth"));
        QCOMPARE(read.find("base")->data_ptr(), read.find("tied")->data_ptr());
    }

    /// What is written to a mapped tensor stays in this process.
    void aWriteNeverReachesTheFile()
    {
        const QByteArray before = bytesOf("lightning.pth");
        TensorFile read = readPth(path("lightning.pth"));
        read.tensors[0].second.fill_(7);
        QCOMPARE(read.tensors[0].second.min().item<float>(), 7.0f);
        QCOMPARE(bytesOf("lightning.pth"), before);
    }

    void refusesWhatWouldRun_data()
    {
        QTest::addColumn<QString>("sentence");
        const auto refusal = [](const QString& name) {
            return "the pickle contains a reference to " + name +
                   "; no code of a pickle is ever executed. Save only model.state_dict().";
        };
        QTest::newRow("calls_system") << refusal("posix.system");
        QTest::newRow("calls_eval") << refusal("__builtin__.eval");
        QTest::newRow("calls_eval_legacy") << refusal("__builtin__.eval");
        QTest::newRow("calls_eval4") << refusal("builtins.eval");
        QTest::newRow("calls_nested") << refusal("__builtin__.getattr");
        QTest::newRow("whole_model") << refusal("torch.nn.modules.container.Sequential");
        QTest::newRow("whole_model_legacy") << refusal("torch.nn.modules.container.Sequential");
        QTest::newRow("list_of_tensors")
            << "holds no dict of tensors by name. Save the weights: torch.save(model.state_dict(), file).";
        QTest::newRow("two_dicts")
            << "holds several dicts of tensors: first, second. Save only the one with the "
               "weights: torch.save(model.state_dict(), file).";
        QTest::newRow("script") << "is a TorchScript model, not a state_dict. Import it as TorchScript.";
    }

    void refusesWhatWouldRun()
    {
        QFETCH(QString, sentence);
        QCOMPARE(problem(QString(QTest::currentDataTag()) + ".pth"), sentence);
        QVERIFY(!QFile::exists(m_dir.filePath("executed")));
    }

    /// Cut at every byte near both ends and at a thousand places between.
    void everyTruncationIsAnError_data()
    {
        QTest::addColumn<QString>("name");
        for (const char* name : {"checkpoint", "checkpoint_legacy", "deflated"})
            QTest::newRow(name) << QString(name);
    }

    void everyTruncationIsAnError()
    {
        QFETCH(QString, name);
        const QByteArray whole = bytesOf(name + ".pth");
        QVERIFY(whole.size() > 1000);
        const qsizetype step = std::max<qsizetype>(1, whole.size() / 1000);
        QElapsedTimer slowest;
        for (qsizetype size = 0; size < whole.size();
             size +=
             size < 300 || size > whole.size() - 300 ? 1 : std::min(step, whole.size() - 300 - size + 1)) {
            std::ofstream(path("cut.pth"), std::ios::binary).write(whole.constData(), size);
            slowest.start();
            const QString text = problem("cut.pth");
            QVERIFY2(!text.isEmpty(), qPrintable(QString("cut to %1 bytes it is still read").arg(size)));
            QVERIFY2(text.endsWith('.'), qPrintable(text));
            QVERIFY(slowest.elapsed() < 1000);
        }
    }
};

QTEST_GUILESS_MAIN(TestPthFile)
#include "tst_pth_file.moc"
