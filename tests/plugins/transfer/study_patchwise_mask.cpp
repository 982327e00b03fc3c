#include "cli_run.h"

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
        const CliRun done = run("trend", {"count=280"});
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
        const QStringList small = {"count=12",      "population=4",     "generations=2", "steps=3",
                                   "mask_counts=2", "masks_per_step=3", "seed=7"};
        const CliRun first = run("one", small), second = run("two", small);
        QVERIFY2(first.status() == 0, first.error().constData());
        QVERIFY2(second.status() == 0, second.error().constData());
        QCOMPARE(first.file("metrics.json"), second.file("metrics.json"));
        QCOMPARE(first.file("tables/success.csv"), second.file("tables/success.csv"));
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
