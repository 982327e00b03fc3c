#include "backend/models/torchscript/torchscript_format.h"
#include "backend/protocol/error.h"
#include "tests/backend/models/torchscript/scripts.h"

#include <QElapsedTimer>
#include <QFile>
#include <QTest>
#include <torch/types.h>

#include <fstream>
#include <random>

using namespace assay;
using namespace assay::models;

namespace {

using Level = protocol::Finding::Level;

QByteArray read(const std::filesystem::path& path)
{
    QFile file(QString::fromStdString(path.string()));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void write(const std::filesystem::path& path, const QByteArray& bytes)
{
    QFile file(QString::fromStdString(path.string()));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes), bytes.size());
}

} // namespace

class TestTorchScriptFormat : public QObject
{
    Q_OBJECT

private:
    Scripts m_scripts;

private Q_SLOTS:
    void initTestCase()
    {
        const QString failure = m_scripts.make();
        QVERIFY2(failure.isEmpty(), qPrintable(failure));
    }

    void recognisesByContent()
    {
        const auto format = [&](const char* name) { return recogniseModel(m_scripts.file(name)); };
        for (const char* name : {"small_traced", "small_scripted", "resnet_traced"})
            QCOMPARE(format(name), &kTorchScriptFormat);
        for (const char* name : {"state_dict", "empty", "noise", "cut"})
            QVERIFY(format(name) != &kTorchScriptFormat);
        QCOMPARE(&modelFormat("torchscript"), &kTorchScriptFormat);
    }

    void findsTheContract()
    {
        const ModelImport import = inspectScript(m_scripts.file("small_traced"));
        QCOMPARE(import.card.format, std::string("torchscript"));
        QCOMPARE(import.card.name, std::string("small_traced"));
        QCOMPARE(import.card.input, (InputSpec{.channels = 1, .height = 28, .width = 28}));
        QCOMPARE(import.card.classes, (std::vector<std::string>{"0", "1", "2", "3", "4"}));
        QCOMPARE(import.card.parameters, std::int64_t(8 * 9 + 8 + 16 + 16 * 8 * 9 + 32 + 784 * 5 + 5));
        QVERIFY(import.asks.empty());
        QVERIFY(import.details.at("frozen") == Json(true));
        QVERIFY(import.details.at("input").at("size") == Json("fixed"));
    }

    void aFreeSizeIsSaid()
    {
        const ModelImport import = inspectScript(m_scripts.file("resnet_traced"));
        QCOMPARE(import.card.input.height, std::int64_t(224)); // a stem of 7 x 7
        QVERIFY2(
            found(import.findings, Level::Info, "takes images of several sizes; 3 x 224 x 224 is assumed"),
            shown(import.findings));
        const ModelImport given = inspectScript(m_scripts.file("resnet_traced"), {.height = 64, .width = 96});
        QCOMPARE(given.card.input, (InputSpec{.channels = 3, .height = 64, .width = 96}));
    }

    void warnsOfDoubleNormalisation()
    {
        const std::vector<double> mean = {0.485, 0.456, 0.406};
        const ModelImport plain = inspectScript(m_scripts.file("normalising"));
        QVERIFY2(
            found(plain.findings, Level::Info,
                  "makes its pixels ready itself (mean [0.485, 0.456, 0.406], stddev [0.229, 0.224, 0.225])"),
            shown(plain.findings));
        QVERIFY(!found(plain.findings, Level::Warning, "twice"));
        const ModelImport twice =
            inspectScript(m_scripts.file("normalising"),
                          {.mean = mean, .stddev = std::vector<double>{0.229, 0.224, 0.225}});
        QVERIFY2(
            found(twice.findings, Level::Warning,
                  "this network subtracts [0.485, 0.456, 0.406] itself; mean and stddev given again would "
                  "normalise twice"),
            shown(twice.findings));
        QCOMPARE(twice.card.input.mean, mean);
    }

    void findsNetworksForBytes()
    {
        const ModelImport import = inspectScript(m_scripts.file("bytes"));
        QCOMPARE(import.card.input.scale, 255.0);
        QVERIFY2(found(import.findings, Level::Info, "takes pixels of 0 .. 255"), shown(import.findings));
        const ModelImport dark = inspectScript(m_scripts.file("bytes"), {.scale = 1.0});
        QVERIFY(found(dark.findings, Level::Warning, "nearly black to this network. Set scale to 255."));
    }

    void doubtfulNetworksAreWarnedOf()
    {
        const ModelImport dropping = inspectScript(m_scripts.file("dropping"));
        QVERIFY2(found(dropping.findings, Level::Warning, "dropout was probably left on"),
                 shown(dropping.findings));
        const ModelImport training = inspectScript(m_scripts.file("training"));
        QVERIFY2(found(training.findings, Level::Warning,
                       "batch normalisation was probably left in training mode"),
                 shown(training.findings));
        const ModelImport softmax = inspectScript(m_scripts.file("softmax"));
        QVERIFY(found(softmax.findings, Level::Info, "their logarithm is taken as logits"));
        QVERIFY(softmax.card.options.at("probabilities") == Json(true));
    }

    void partsOfAnAnswer()
    {
        const ModelImport pair = inspectScript(m_scripts.file("pair"));
        QVERIFY(pair.card.options.at("output") == Json("0"));
        const ModelImport several = inspectScript(m_scripts.file("answers"));
        QCOMPARE(several.asks, std::vector<std::string>{"options"});
        QVERIFY2(found(several.findings, Level::Warning,
                       "several tensors: 'logits' of 5 numbers, 'halves' of 2 numbers. Say which"),
                 shown(several.findings));
        const ModelImport chosen =
            inspectScript(m_scripts.file("answers"), {.options = Json{{"output", "halves"}}});
        QVERIFY(chosen.asks.empty());
        QCOMPARE(chosen.card.classes.size(), std::size_t(2));
    }

    void classNamesMustFit()
    {
        const ModelImport import = inspectScript(m_scripts.file("small_traced"),
                                                 {.classes = std::vector<std::string>{"cat", "dog", "cow"}});
        QVERIFY(found(import.findings, Level::Problem, "the network has 5 classes, but 3 names were given"));
    }

    void otherAnswersAreExplained()
    {
        const ModelImport import = inspectScript(m_scripts.file("segments"));
        QCOMPARE(import.asks, (std::vector<std::string>{"channels", "height", "width"}));
        QVERIFY2(found(import.findings, Level::Warning, "a classifier gives a row of numbers to each image"),
                 shown(import.findings));
        const ModelImport wrong =
            inspectScript(m_scripts.file("small_traced"), {.channels = 3, .height = 32, .width = 32});
        QVERIFY2(found(wrong.findings, Level::Problem, "does not take images of 3 x 32 x 32"),
                 shown(wrong.findings));
    }

    void refusesInOneSentence_data()
    {
        QTest::addColumn<QString>("sentence");
        const auto row = [](const char* name, const char* sentence) { QTest::newRow(name) << sentence; };
        row("two_inputs",
            "its forward takes 2 inputs; a classifier takes one batch of images. Export a forward(x) "
            "that takes one batch of images and returns its logits.");
        row("list_input",
            "its forward takes a List[Tensor]; a classifier takes one batch of images, a tensor. "
            "Export a forward(x) that takes one batch of images and returns its logits.");
        row("counting",
            "the network changes its own attribute 'count' while it runs, so that an image's answer "
            "depends on those before it. Export a network whose forward changes nothing.");
        row("saving",
            "the network uses the operator 'aten::save', which is not let through from a file (it does "
            "not compute, or gives no gradients). Export the network without it.");
        row("waking", "the script runs code of its own while it is loaded (__setstate__). Export it with "
                      "torch.jit.trace, which leaves such code out.");
        row("quantised",
            "has weights of the type 'torch.QInt8Storage', which give no gradients. Export the network in "
            "float32.");
        row("short_data", "the tensor '0' claims more data than the file has. Save the network again with "
                          "torch.jit.save.");
        row("state_dict",
            "is a zip archive without compiled code, so no TorchScript file. Save the network with "
            "torch.jit.save, or import the file as a state_dict.");
    }

    void refusesInOneSentence()
    {
        QFETCH(const QString, sentence);
        const auto file = m_scripts.file(QTest::currentDataTag());
        try {
            inspectScript(file);
            QFAIL("was not refused");
        } catch (const Error& error) {
            QCOMPARE(QString(error.what()), QString::fromStdString(file.string()) + ": " + sentence);
        }
        QVERIFY(!QFile::exists(m_scripts.folder() + "/written_by_forward"));
    }

    void damagedFilesAreRefused_data()
    {
        QTest::addColumn<std::string>("name");
        for (const char* name : {"cut", "empty", "noise", "bad_code"})
            QTest::newRow(name) << std::string(name);
    }

    void damagedFilesAreRefused()
    {
        QFETCH(const std::string, name);
        try {
            inspectScript(m_scripts.file(name));
            QFAIL("was not refused");
        } catch (const Error& error) {
            const std::string text = error.what();
            QVERIFY2(text.size() < 700 && text.find('\n') == std::string::npos, text.c_str());
        }
    }

    /// A script may loop for ever: what is asked about it ends all the same. (That a search over many sizes
    /// ends is in tst_input_probe.)
    void endlessLoopsEnd()
    {
        QElapsedTimer clock;
        clock.start();
        const ModelImport import =
            inspectScript(m_scripts.file("endless"), {.channels = 1, .height = 4, .width = 4});
        QVERIFY2(found(import.findings, Level::Problem, "did not answer within 10 seconds"),
                 shown(import.findings));
        QVERIFY(clock.elapsed() < 60000);
    }

    /// Bytes of the archive's directory, pickles and code, changed at random: refused or opened, never a
    /// crash.
    void changedBytesNeverCrash()
    {
        const QByteArray whole = read(m_scripts.file("small_scripted"));
        std::mt19937 random(1);
        const std::filesystem::path file = m_scripts.file("changed");
        int refused = 0;
        constexpr int kTries = 200;
        for (int i = 0; i < kTries; ++i) {
            QByteArray bytes = whole;
            for (int n = 0; n < 3; ++n)
                bytes[static_cast<qsizetype>(random() % static_cast<unsigned>(bytes.size()))] =
                    static_cast<char>(random());
            write(file, bytes);
            ModelCorrections known{.channels = 1, .height = 28, .width = 28};
            try {
                inspectScript(file, known);
            } catch (const Error&) {
                ++refused;
            }
        }
        QVERIFY(refused > 0);
    }
};

QTEST_GUILESS_MAIN(TestTorchScriptFormat)
#include "tst_torchscript_format.moc"
