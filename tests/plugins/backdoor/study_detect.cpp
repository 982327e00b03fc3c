#include "plugins/backdoor/detect_study.h"
#include "tests/support/bench_context.h"
#include "tests/support/column_of.h"
#include "tests/support/sentence_of.h"

#include <QElapsedTimer>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <set>

using namespace assay;
using namespace assay::test;

namespace {

Json detectSmall(const char* model, int count)
{
    return {{"models", {model}},
            {"detectors", {"psc", "teco", "scale-up"}},
            {"count", count},
            {"seeds", 1},
            {"resamples", 200}};
}

/// The number in @p column of the first row where every text column named holds its text.
double detectCell(const protocol::Table& table, const std::map<std::string, std::string>& where,
                  const std::string& wanted)
{
    for (std::size_t row = 0; row < table.rows(); ++row) {
        bool fits = true;
        for (const auto& [name, text] : where)
            fits = fits && column(table, name).texts[row] == text;
        if (fits)
            return column(table, wanted).numbers[row];
    }
    throw std::runtime_error("no such row in " + table.name);
}

} // namespace

/// The trends that the papers and their specifications promise, on the poisoned networks of the zoo.
class study_Detect : public QObject
{
    Q_OBJECT

    const std::unique_ptr<engine::Study> m_study = backdoor::makeDetectStudy();
    BenchContext m_badnets;

private Q_SLOTS:
    void initTestCase()
    {
        m_study->run(m_badnets, detectSmall("fashion-badnets", 150));
        for (const auto& [name, value] : m_badnets.metrics)
            qInfo("%s %.3f", name.c_str(), value);
    }

    void stableColumns()
    {
        std::vector<std::string> names;
        for (const protocol::Column& each : m_badnets.tables.at("auroc").columns)
            names.push_back(each.name);
        QCOMPARE(names, (std::vector<std::string>{"detector", "trigger", "dataset", "seed", "auroc",
                                                  "tpr_at_5fpr", "images_per_second"}));
        QCOMPARE(column(m_badnets.tables.at("auroc"), "trigger").texts[0], "patch");
    }

    /// IBD-PSC with its ladder: above 0.80, at least 0.1 above SCALE-UP.
    void pscBeatsScaleUp()
    {
        QVERIFY(m_badnets.metrics.at("auroc.psc") >= 0.80);
        QVERIFY(m_badnets.metrics.at("auroc.psc") >= m_badnets.metrics.at("auroc.scale-up") + 0.1);
    }

    /// Mean PSC of poisoned images: 0.9 and more, 0.3 above that of clean ones.
    void pscIsHighOnPoisonedImages()
    {
        const protocol::Table& scores = m_badnets.tables.at("scores");
        double sum[2] = {}, n[2] = {};
        for (std::size_t row = 0; row < scores.rows(); ++row) {
            if (column(scores, "detector").texts[row] != "psc")
                continue;
            const int kind = column(scores, "kind").texts[row] == "poisoned";
            sum[kind] += column(scores, "score").numbers[row];
            n[kind] += 1;
        }
        QCOMPARE(n[0], 150.0);
        QCOMPARE(n[1], 150.0);
        qInfo("mean PSC clean %.3f, poisoned %.3f", sum[0] / n[0], sum[1] / n[1]);
        QVERIFY(sum[1] / n[1] >= 0.9);
        QVERIFY(sum[1] / n[1] >= sum[0] / n[0] + 0.3);
    }

    void tecoFindsTheTrigger()
    {
        QVERIFY(m_badnets.metrics.at("auroc.teco") >= 0.75);
        QVERIFY(m_badnets.metrics.at("auroc.teco") > m_badnets.metrics.at("auroc.scale-up"));
        // Triggers outlast changes of intensity and fall to changes of place.
        const protocol::Table& table = m_badnets.tables.at("hardness");
        const auto meanOf = [&](const std::set<std::string>& ids) {
            double sum = 0;
            for (const std::string& id : ids)
                sum += detectCell(table, {{"corruption", id}}, "poisoned");
            return sum / static_cast<double>(ids.size());
        };
        const double intensity = meanOf({"gaussian_noise", "shot_noise", "impulse_noise", "brightness"});
        const double spatial =
            meanOf({"defocus_blur", "motion_blur", "zoom_blur", "elastic_transform", "pixelate"});
        qInfo("hardness of triggered images: intensity %.2f, spatial %.2f", intensity, spatial);
        QVERIFY(intensity > spatial + 1.5);
    }

    /// Nothing is to be found in the clean twin.
    void cleanModelHasNoTrigger()
    {
        BenchContext context;
        Json params = detectSmall("fashion-clean", 80);
        params["knowledge"] = "stated";
        params["judge"] = "all";
        m_study->run(context, params);
        qInfo("clean model: TeCo %.3f, PSC %.3f", context.metrics.at("auroc.teco"),
              context.metrics.at("auroc.psc"));
        QVERIFY(context.metrics.at("auroc.teco") >= 0.35 && context.metrics.at("auroc.teco") <= 0.65);
        const protocol::Table& operating = context.tables.at("operating");
        const double flagged = detectCell(operating, {{"detector", "psc"}, {"rule", "quantile"}}, "fpr");
        qInfo("clean images flagged by PSC at the 95 %% quantile: %.3f", flagged);
        QVERIFY(flagged < 0.1);
    }

    void previewsFollowTheThreshold()
    {
        Json params = detectSmall("fashion-badnets", 150);
        params["threshold"] = 0.5;
        params["view_detector"] = "teco";
        params["view_corruptions"] = {"brightness", "pixelate"};
        QElapsedTimer clock;
        clock.start();
        m_study->preview(m_badnets, params);
        qInfo("preview: %lld ms", clock.elapsed());
        const protocol::Figure& scores = m_badnets.figures.at("scores");
        QCOMPARE(scores.layers.back().x, std::vector<double>{0.5});
        double images = 0;
        for (const protocol::Layer& layer : {scores.layers[0], scores.layers[1]})
            for (const double count : layer.y)
                images += count;
        QCOMPARE(images, 300.0);
        // Of two corruptions the spread is half the distance of their severities.
        QVERIFY(scores.layers[0].x.back() < 2.5);
        const protocol::ImageGrid& wall = m_badnets.grids.at("corruption-wall");
        QCOMPARE(wall.count(), std::size_t(15 * 5));
        const protocol::ImageAttribute& outcome = wall.attributes.at(0);
        const double lost =
            detectCell(m_badnets.tables.at("hardness"), {{"corruption", "pixelate"}}, "poisoned");
        QVERIFY(lost < 6);
        // A class that is lost is lost once for each corruption.
        for (int k = 0; k < 15; ++k)
            QVERIFY(std::count(outcome.codes.begin() + 5 * k, outcome.codes.begin() + 5 * k + 5, 1) <= 1);
        QCOMPARE(m_badnets.grids.at("by-score").count(), std::size_t(300));
        // Another image on the wall.
        params["sample"] = m_badnets.grids.at("by-score").ids.back();
        m_study->preview(m_badnets, params);
        QVERIFY(m_badnets.grids.at("corruption-wall").ids.front() ==
                m_badnets.grids.at("by-score").ids.back());
    }

    void cardsWithoutABackdoorAreRefused()
    {
        BenchContext context;
        QCOMPARE(
            sentenceOf([&] { m_study->run(context, detectSmall("fashion-clean", 80)); }),
            QStringLiteral("fashion-clean: the card tells of no backdoor. Set 'knowledge' to \"stated\" and "
                           "describe the trigger, or choose a poisoned model."));
        Json params = detectSmall("fashion-clean", 80);
        params["knowledge"] = "stated";
        const QString sentence = sentenceOf([&] { m_study->run(context, params); });
        QVERIFY2(
            sentence.contains("images with the trigger are taken for its target. Set 'judge' to \"all\""),
            qPrintable(sentence));
    }
};

QTEST_GUILESS_MAIN(study_Detect)
#include "study_detect.moc"
