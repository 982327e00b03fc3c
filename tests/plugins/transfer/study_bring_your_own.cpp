#include "cli_run.h"

#include "backend/data/catalogue.h"
#include "backend/engine/inputs.h"
#include "tests/backend/arrays/run_python.h"

#include <QFile>
#include <QTemporaryDir>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <fstream>

using namespace assay;
using assay::test::CliRun;
using assay::test::CsvRow;
using assay::test::number;

namespace {

const QString kForeignStudy = QStringLiteral("transfer.class-aware");
const QString kImages = QStringLiteral("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz");
/// Sums in another order than python3-torch's, in float32, of logits around 10.
constexpr double kTolerance = 2e-4;

} // namespace

/// Files made by Debian's python3-torch, taken in through the command line and used beside each other.
class StudyBringYourOwn : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    QString path(const QString& name) const { return m_dir.filePath(name); }
    QString workspace() const { return path("workspace"); }

    /// @returns the exit status; what was said goes to m_said.
    int import(const QStringList& arguments)
    {
        QProcess process;
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start(QStringLiteral(ASSAY_TEST_BUILD_DIR "/bin/assay-cli"),
                      QStringList{"import", "--workspace", workspace()} + arguments);
        process.waitForFinished(-1);
        m_said = QString::fromUtf8(process.readAll());
        return process.exitCode();
    }
    int importNetwork(const QString& file, const QString& name, bool size)
    {
        QStringList arguments = {path(file),     "--set",      "name=" + name,
                                 "--set",        "mean=0.286", "--set",
                                 "stddev=0.353", "--set",      "dataset=fashion-mnist"};
        if (size)
            arguments << "--set"
                      << "channels=1"
                      << "--set"
                      << "height=28"
                      << "--set"
                      << "width=28";
        return import(arguments);
    }
    CliRun run(const QString& name, const QString& targets)
    {
        return {workspace(),
                path(name),
                kForeignStudy,
                {"sources=script", "targets=" + targets, "eps=1,2", "count=400", "distance_count=50"}};
    }

    QString m_said;

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_dir.isValid());
        QVERIFY2(QFile::exists(kImages), "the package dataset-fashion-mnist is needed");
        test::runPython(ASSAY_TEST_SOURCE_DIR "/tests/plugins/transfer/make_foreign_models.py",
                        {ASSAY_TEST_SOURCE_DIR "/resources/zoo", kImages, m_dir.path()});
        QVERIFY2(importNetwork("same-script.pt", "script", true) == 0, qPrintable(m_said));
        QVERIFY2(m_said.contains("92."), qPrintable(m_said)); // per cent of the test images
        QVERIFY2(importNetwork("same-bare.safetensors", "bare", true) == 0, qPrintable(m_said));
        QVERIFY2(importNetwork("same-state.pth", "state", true) == 0, qPrintable(m_said));
        QVERIFY2(importNetwork("same-graph.onnx", "graph", false) == 0, qPrintable(m_said));
        QVERIFY2(importNetwork("early-bare.safetensors", "early", true) == 0, qPrintable(m_said));
        QVERIFY2(importNetwork("reorder-state.pth", "reorder", true) == 0, qPrintable(m_said));
        QVERIFY2(importNetwork("reinit-graph.onnx", "reinit", false) == 0, qPrintable(m_said));
        QVERIFY2(import({path("answers.npz"), "--set", "name=answers", "--set", "dataset=fashion-mnist"}) ==
                     0,
                 qPrintable(m_said));
    }

    void givesTheSameLogitsInEveryForm()
    {
        const std::string root = workspace().toStdString();
        engine::Inputs inputs({root + "/models"}, {});
        std::ifstream file(path("expected.f32").toStdString(), std::ios::binary);
        torch::Tensor expected = torch::empty({64, 10});
        file.read(static_cast<char*>(expected.data_ptr()), expected.numel() * 4);
        QVERIFY(file.good());
        const torch::Tensor x =
            inputs.dataset("fashion-mnist")->images(data::Split::Test, torch::arange(64), torch::kCPU);
        for (const char* name : {"script", "bare", "state", "graph"}) {
            const torch::NoGradGuard off;
            const auto model = inputs.model(name, torch::kCPU);
            const double worst = (model->logits(x) - expected).abs().max().item<double>();
            qInfo("%s: largest difference %.2g", name, worst);
            QVERIFY2(worst < kTolerance, name);
        }
    }

    void runsTheStudyOnAMatrix()
    {
        const CliRun done = run("run", "early,reorder,reinit");
        QVERIFY2(done.status() == 0, done.error().constData());
        const auto pairs = done.table("pairs");
        QCOMPARE(pairs.size(), std::size_t(2 * 3));
        for (const CsvRow& row : pairs) {
            const double pool = number(row, "pool");
            QVERIFY(pool > 300 && pool <= 400);
            const double fooled = number(row, "fooled");
            QVERIFY(fooled > 0.5 * pool && fooled <= pool); // the source's own gradients fool it
            const double same = number(row, "same");
            const double different = number(row, "different");
            QVERIFY(std::abs(same + different + number(row, "unfooled") - 1) < 1e-9);
            QVERIFY(same > different); // the trend of the paper
            QVERIFY(same > 0.05);
        }
        for (const auto& [name, value] : done.metrics()) {
            if (name.starts_with("accuracy."))
                QVERIFY2(value > 0.85, name.c_str());
        }
    }

    void refusesPredictionsWithASentence()
    {
        const CliRun refused = run("refused", "early,answers");
        QCOMPARE(refused.status(), 1);
        QVERIFY2(
            refused.error().endsWith(
                "assay-cli: answers: has predictions only and no network, but this study puts new images "
                "to it. Import the network itself, or leave this model out.\n"),
            refused.error().constData());
    }

    void takesAFileByItsPath()
    {
        const CliRun done = {workspace(),
                             path("by-path"),
                             kForeignStudy,
                             {"sources=graph", "targets=" + path("reinit-graph.onnx") + ",early", "eps=2",
                              "count=100", "distance_count=10"}};
        QVERIFY2(done.status() == 0, done.error().constData());
        const CliRun asked = {
            workspace(),
            path("asked"),
            kForeignStudy,
            {"sources=graph", "targets=" + path("early-bare.safetensors"), "eps=2", "count=100"}};
        QCOMPARE(asked.status(), 2);
        QVERIFY2(asked.error().contains("Import it first: `assay-cli import "), asked.error().constData());
    }
};

QTEST_GUILESS_MAIN(StudyBringYourOwn)
#include "study_bring_your_own.moc"
