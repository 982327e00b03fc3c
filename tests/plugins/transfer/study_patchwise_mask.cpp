#include "cli_run.h"
#include "plugins/transfer/patch_params.h"
#include "plugins/transfer/patch_study.h"
#include "recording_context.h"
#include "script_in_workspace.h"

#include <QElapsedTimer>
#include <QTemporaryDir>

using assay::test::CliRun;
using assay::test::CsvRow;
using assay::test::number;

/// Learned patch-wise masks on real images with models of the zoo: the trend of the publication at small
/// scale (docs/studies/transfer.patchwise-mask.md).
class StudyPatchwiseMask : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    std::map<std::string, double> m_metrics;
    std::vector<CsvRow> m_fitness;
    std::vector<CsvRow> m_success;
    std::vector<CsvRow> m_gains;

    CliRun run(const QString& name, const QStringList& settings)
    {
        return {m_folder.filePath("workspace"), m_folder.filePath(name), "transfer.patchwise-mask", settings};
    }

private Q_SLOTS:
    void initTestCase()
    {
        QElapsedTimer timer;
        timer.start();
        const CliRun done = run("trend", {"count=280", "eps=0.14", "drop_rates=0.1"});
        QVERIFY2(done.status() == 0, done.error().constData());
        m_metrics = done.metrics();
        m_fitness = done.table("fitness");
        m_success = done.table("success");
        m_gains = done.table("gains");
        qInfo("%.0f s", static_cast<double>(timer.elapsed()) / 1000);
        for (const auto& [name, value] : m_metrics)
            qInfo("%s %.4f", name.c_str(), value);
        for (const CsvRow& r : m_success)
            qInfo("%s %s %s (%s) %s of %s [%s, %s]", r.at("method").c_str(), r.at("masks_per_step").c_str(),
                  r.at("model").c_str(), r.at("role").c_str(), r.at("success").c_str(), r.at("n").c_str(),
                  r.at("low").c_str(), r.at("high").c_str());
        for (const CsvRow& r : m_gains)
            qInfo("over %s, %s: %s [%s, %s]", r.at("over").c_str(), r.at("role").c_str(),
                  r.at("gain").c_str(), r.at("low").c_str(), r.at("high").c_str());
    }

    void enoughImages() { QVERIFY(number(m_success.front(), "n") >= 200); }

    void theSearchImprovesTheMasks()
    {
        QCOMPARE(m_fitness.size(), std::size_t(11));
        for (std::size_t g = 1; g < m_fitness.size(); ++g)
            QVERIFY(number(m_fitness[g], "best") <= number(m_fitness[g - 1], "best"));
        QVERIFY(m_metrics.at("fitness.improved") >= 0.95);
    }

    void learnedMasksFoolTheSimulatedModels()
    {
        QVERIFY(m_metrics.at("success.learned.simulated") >=
                m_metrics.at("success.unmasked.simulated") + 0.03);
    }

    void andHeldOutTargetsBetterThanRandomOnes()
    {
        QVERIFY(m_metrics.at("success.learned.target") >= m_metrics.at("success.random.target") + 0.01);
        QVERIFY(m_metrics.at("success.learned.target") >= m_metrics.at("success.unmasked.target") - 0.01);
    }

    void theWhiteBoxStays() { QVERIFY(m_metrics.at("success.learned.source") >= 0.95); }

    void sameSpecGivesSameDigits()
    {
        const QStringList small = {"count=12",      "population=4",     "generations=2",  "steps=3",
                                   "mask_counts=2", "masks_per_step=3", "eps=0.1,0.14",   "drop_rates=0.3",
                                   "rate_images=6", "resamples=100",    "view_stage=0.5", "seed=7"};
        const CliRun first = run("one", small), second = run("two", small);
        QVERIFY2(first.status() == 0, first.error().constData());
        QVERIFY2(second.status() == 0, second.error().constData());
        QCOMPARE(first.file("metrics.json"), second.file("metrics.json"));
        QCOMPARE(first.file("tables/success.csv"), second.file("tables/success.csv"));
    }

    /// Success over the share of dropped patches: nothing, the rate of the run and the one asked for, each of
    /// the same images.
    void otherSharesOfPatchesAreCompared()
    {
        std::vector<std::string> seen;
        for (const CsvRow& r : CliRun::tableIn(m_folder.filePath("one"), "success-by-rate")) {
            QCOMPARE(number(r, "n"), 6.0);
            QVERIFY(number(r, "low") <= number(r, "success") && number(r, "success") <= number(r, "high"));
            if (r.at("role") == "target")
                seen.push_back(r.at("drop_rate") + ' ' + r.at("dropped") + ' ' + r.at("method"));
        }
        QCOMPARE(seen, (std::vector<std::string>{"0 0 unmasked", "0.1 4 random", "0.1 4 learned",
                                                 "0.3 14 random", "0.3 14 learned"}));
    }

    void previewsFollowRadiusStageAndImage()
    {
        using namespace assay;
        const auto study = transfer::makePatchStudy();
        transfer::PatchParams params;
        params.viewEps = 0.1;
        params.viewStage = 0;
        const auto preview = [&] {
            auto context = std::make_unique<test::RecordingContext>(m_folder.filePath("one").toStdString());
            study->preview(*context, protocol::writeParams(params));
            return context;
        };
        const auto first = preview();
        const protocol::Figure& success = first->figureOf("success");
        for (const CsvRow& r : CliRun::tableIn(m_folder.filePath("one"), "success-by-eps"))
            if (r.at("eps") == "0.1" && r.at("method") == "learned" && r.at("model") == "fashion-resnet")
                QCOMPARE(success.layers.back().y.at(5), 100 * number(r, "success"));
        const protocol::ImageGrid &masks = first->grids.at(0), &evolution = first->grids.at(1);
        QVERIFY(masks.title.starts_with("Masks of generation 0, attack at ε = 0.1"));
        QCOMPARE(evolution.count(), std::size_t(3));
        QCOMPARE(evolution.ids.front(), masks.ids.front());

        params.viewStage = 1;
        params.viewImage = static_cast<int>(masks.ids.at(2));
        const auto second = preview();
        QVERIFY(second->grids.at(0).title.starts_with("Masks of generation 2"));
        QVERIFY(second->grids.at(0).pixels != masks.pixels);
        QCOMPARE(second->grids.at(1).ids.front(), masks.ids.at(2));
    }

    /// Momentum of nothing is no momentum.
    void parametersOfTheAttackReachIt()
    {
        const QStringList small = {"count=10",      "population=3",        "generations=1",        "steps=3",
                                   "mask_counts=2", "masks_per_step=2",    "drop_rates=0.1",       "eps=0.1",
                                   "resamples=100", "targets=fashion-vgg", "simulated=fashion-cnn"};
        const CliRun plain = run("bim", small + QStringList{"attack=bim"});
        const CliRun still =
            run("still", small + QStringList{"attack=mi-fgsm", "attack_params.mi-fgsm.momentum=0"});
        const CliRun moving = run("moving", small + QStringList{"attack=mi-fgsm"});
        QVERIFY2(plain.status() == 0, plain.error().constData());
        QVERIFY2(still.status() == 0, still.error().constData());
        QCOMPARE(still.file("tables/success.csv"), plain.file("tables/success.csv"));
        QCOMPARE(still.file("tables/fitness.csv"), plain.file("tables/fitness.csv"));
        QVERIFY(moving.file("tables/fitness.csv") != plain.file("tables/fitness.csv"));

        // And its masks reach the gradient of a script, which is MI-FGSM.
        QVERIFY(assay::test::writeScript(m_folder.filePath("workspace"), "mi_fgsm"));
        const CliRun scripted = run("scripted", small + QStringList{"attack=script:mine"});
        QVERIFY2(scripted.status() == 0, scripted.error().constData());
        QCOMPARE(scripted.file("tables/fitness.csv"), moving.file("tables/fitness.csv"));
    }

    void aModelInTwoRolesIsRefused()
    {
        const CliRun refused = run("roles", {"simulated=fashion-vgg", "targets=fashion-vgg"});
        QVERIFY(refused.status() != 0);
        QVERIFY2(refused.error().contains(
                     "targets: model 'fashion-vgg' is both simulated and target: its success would "
                     "say nothing about unseen models. Give each model one role."),
                 refused.error().constData());
    }
};

QTEST_GUILESS_MAIN(StudyPatchwiseMask)
#include "study_patchwise_mask.moc"
