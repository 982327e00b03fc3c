#include "backend/attacks/registry.h"
#include "backend/models/model_file.h"
#include "plugins/attacks/robustness_params.h"
#include "plugins/attacks/robustness_study.h"
#include "tests/plugins/transfer/cli_run.h"
#include "tests/plugins/transfer/recording_context.h"

#include <torch/types.h>

#include <QElapsedTimer>
#include <QTemporaryDir>

#include <algorithm>
#include <cmath>
#include <filesystem>

using assay::test::CliRun;
using assay::test::CsvRow;
using assay::test::number;

/// Robust accuracy of zoo models, through the command line.
class StudyRobustness : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    std::vector<CsvRow> m_curve;
    std::vector<CsvRow> m_checks;

    CliRun run(const QString& name, const QStringList& settings)
    {
        return {m_folder.filePath("workspace"), m_folder.filePath(name), "attacks.robustness", settings};
    }
    double accuracy(const std::string& model, const std::string& attack, double eps) const
    {
        for (const CsvRow& row : m_curve)
            if (row.at("model") == model && row.at("attack") == attack &&
                std::abs(number(row, "eps") - eps) < 1e-9)
                return number(row, "robust_accuracy");
        throw std::runtime_error("no such point");
    }

private Q_SLOTS:
    void initTestCase()
    {
        QElapsedTimer timer;
        timer.start();
        const CliRun done =
            run("small", {"models=fashion-cnn,fashion-mlp", "count=160", "attacks=fgsm,pgd",
                          "eps=0.02,0.05,0.1", "steps=10", "steps_list=1,5,20", "steps_eps=0.05",
                          "check_count=60", "queries=300", "view_eps=0.05"});
        QVERIFY2(done.status() == 0, done.error().constData());
        m_curve = done.table("curve");
        m_checks = done.table("checks");
        qInfo("%.0f s", static_cast<double>(timer.elapsed()) / 1000);
        for (const CsvRow& r : m_curve)
            qInfo("%s %s eps %s: %s -> %s [%s, %s] %s s", r.at("model").c_str(), r.at("attack").c_str(),
                  r.at("eps").c_str(), r.at("clean_accuracy").c_str(), r.at("robust_accuracy").c_str(),
                  r.at("low").c_str(), r.at("high").c_str(), r.at("seconds").c_str());
        for (const CsvRow& r : m_checks)
            qInfo("%s %s: %s (%s)", r.at("model").c_str(), r.at("check").c_str(), r.at("verdict").c_str(),
                  r.at("finding").c_str());
        QCOMPARE(m_curve.size(), std::size_t(2 * 2 * 3));
        QCOMPARE(done.table("steps").size(), std::size_t(2 * 3));
        QCOMPARE(done.table("classes").size(), std::size_t(2 * 2 * 3 * 10));
        QCOMPARE(done.table("survival").size(), std::size_t(8));
        QCOMPARE(done.metrics().at("masking_warnings"), 0.0);
    }

    void accuracyFallsWithTheRadius()
    {
        for (const std::string model : {"fashion-cnn", "fashion-mlp"}) {
            for (const std::string attack : {"fgsm", "pgd"}) {
                QVERIFY(accuracy(model, attack, 0.02) > accuracy(model, attack, 0.05));
                QVERIFY(accuracy(model, attack, 0.05) >= accuracy(model, attack, 0.1));
            }
            for (const double eps : {0.02, 0.05, 0.1})
                QVERIFY(accuracy(model, "pgd", eps) <= accuracy(model, "fgsm", eps));
            QVERIFY(accuracy(model, "pgd", 0.1) < 0.1);
        }
        for (const CsvRow& r : m_curve) {
            QCOMPARE(number(r, "n"), 160.0);
            QVERIFY(number(r, "robust_accuracy") <= number(r, "clean_accuracy"));
            QVERIFY(number(r, "low") <= number(r, "robust_accuracy") &&
                    number(r, "robust_accuracy") <= number(r, "high"));
        }
    }

    void ordinaryModelsHideNothing()
    {
        for (const std::string check : {"one-step", "black-box", "unbounded"}) {
            QCOMPARE(std::ranges::count_if(m_checks, [&](const CsvRow& r) { return r.at("check") == check; }),
                     2);
        }
        for (const CsvRow& r : m_checks)
            QCOMPARE(r.at("verdict"), "passed");
    }

    /// Twenty images are one round, forty are two: PGD draws the same starts for the first twenty.
    void roundsDoNotChangeTheDigits()
    {
        using assay::test::RecordingContext;
        const QStringList settings = {"models=fashion-cnn", "attacks=pgd",    "eps=0.03",     "steps=5",
                                      "steps_list=2",       "steps_eps=0.03", "checks=false", "seed=5"};
        const CliRun one = run("one", settings + QStringList{"count=20"});
        const CliRun two = run("two", settings + QStringList{"count=40"});
        QVERIFY2(one.status() == 0, one.error().constData());
        QVERIFY2(two.status() == 0, two.error().constData());
        const auto few = RecordingContext(m_folder.filePath("one").toStdString()).loadArtifact("outcomes");
        const auto more = RecordingContext(m_folder.filePath("two").toStdString()).loadArtifact("outcomes");
        for (const char* name : {"robust.0.0", "steps.0.0"}) {
            const torch::Tensor all = more.at(name), front = few.at(name);
            QVERIFY2(torch::equal(all.narrow(all.dim() - 1, 0, 20), front), name);
        }
    }

    void previewsShowTheRunsNumbers()
    {
        using namespace assay;
        const auto study = robustness::makeRobustnessStudy();
        robustness::RobustnessParams params;
        params.viewModel = "fashion-mlp";
        params.viewAttack = "fgsm";
        params.viewEps = 0.1;
        test::RecordingContext context(m_folder.filePath("small").toStdString());
        study->preview(context, protocol::writeParams(params));
        const protocol::Figure& classes = context.figureOf("accuracy-by-class");
        double robust = 0;
        for (std::size_t c = 0; c < 10; ++c)
            robust += classes.layers[0].count[3 * c + 2];
        QCOMPARE(robust / 160, accuracy("fashion-mlp", "fgsm", 0.1));
        QCOMPARE(context.grids.size(), std::size_t(1));
    }

    /// Logits a hundred thousand times as large: the same predictions, but a loss whose gradient vanishes in
    /// single precision. PGD then reports a robustness that is not there, as defensive distillation did.
    void aModelThatHidesItsGradientsIsFound()
    {
        using namespace assay;
        const auto zoo =
            std::filesystem::path(ASSAY_TEST_SOURCE_DIR) / "resources/zoo/fashion-mlp.safetensors";
        const auto plain = models::loadModel(zoo, torch::kCPU);
        const auto network = plain->cloneNetwork();
        {
            const torch::NoGradGuard off;
            for (auto& [name, tensor] : network->persistent())
                if (name.starts_with("out."))
                    tensor.mul_(1e5);
        }
        models::ModelCard card = plain->card();
        card.name = "hiding";
        const std::filesystem::path folder = m_folder.filePath("models").toStdString();
        std::filesystem::create_directories(folder);
        models::saveModel(folder, *network, card);
        const CliRun done =
            run("hiding", {"models=" + QString::fromStdString((folder / "hiding.safetensors").string()),
                           "count=60", "attacks=pgd", "eps=0.1", "steps=10", "steps_list=10", "steps_eps=0.1",
                           "check_count=60", "queries=500"});
        QVERIFY2(done.status() == 0, done.error().constData());
        QVERIFY(number(done.table("curve").front(), "robust_accuracy") > 0.5);
        QVERIFY(done.metrics().at("masking_warnings") >= 1);
        const std::vector<CsvRow> checks = done.table("checks");
        const auto blackBox =
            std::ranges::find_if(checks, [](const CsvRow& r) { return r.at("check") == "black-box"; });
        QVERIFY(blackBox != checks.end());
        QCOMPARE(blackBox->at("verdict"), "warning");
        qInfo("%s", blackBox->at("finding").c_str());
        QVERIFY2(done.error().contains("Possibly masked gradients, hiding, black-box"),
                 done.error().constData());
    }

    void strongAttacksLeaveLess()
    {
        const auto known = assay::attacks::attacks().list();
        QVERIFY(std::ranges::any_of(known, [](const auto& info) { return info.id == "autoattack"; }));
        const CliRun strong =
            run("strong", {"models=fashion-mlp", "attacks=pgd,autoattack", "count=40", "eps=0.03", "steps=10",
                           "steps_list=10", "steps_eps=0.03", "checks=false"});
        QVERIFY2(strong.status() == 0, strong.error().constData());
        const std::vector<CsvRow> rows = strong.table("curve");
        QCOMPARE(rows.size(), std::size_t(2));
        QVERIFY(number(rows[1], "robust_accuracy") <= number(rows[0], "robust_accuracy"));
    }

    /// PGD from the image itself, in steps of BIM's size, is BIM.
    void parametersOfAttacksReachThem()
    {
        const CliRun done = run("params", {"models=fashion-cnn", "attacks=bim,pgd", "count=30", "eps=0.03",
                                           "steps=4", "step_size=0.01", "steps_list=2,4", "steps_eps=0.03",
                                           "checks=false", "attack_params.pgd.random_start=false"});
        QVERIFY2(done.status() == 0, done.error().constData());
        const std::vector<CsvRow> rows = done.table("curve");
        QCOMPARE(rows[0].at("robust_accuracy"), rows[1].at("robust_accuracy"));
        QCOMPARE(done.table("steps")[1].at("robust_accuracy"), rows[0].at("robust_accuracy"));
    }

    void anImpossibleRadiusIsRefused()
    {
        const CliRun refused = run("refused", {"eps=3"});
        QVERIFY(refused.status() != 0);
        QVERIFY2(refused.error().contains("'eps' is 3"), refused.error().constData());
    }
};

QTEST_GUILESS_MAIN(StudyRobustness)
#include "study_robustness.moc"
