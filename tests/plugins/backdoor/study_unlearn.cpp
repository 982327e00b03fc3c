#include "plugins/backdoor/unlearn_live.h"
#include "plugins/backdoor/unlearn_run.h"
#include "plugins/backdoor/unlearn_study.h"
#include "tests/support/bench_context.h"
#include "tests/support/column_of.h"
#include "tests/support/sentence_of.h"

#include <QTest>

#include <ctime>

using namespace assay;
using namespace assay::backdoor;
using namespace assay::test;

namespace {

Json shortRun()
{
    return {
        {"count", 600}, {"seeds", 1}, {"increments", 4}, {"baselines", {"finetune"}}, {"curve", {1, 5, 20}}};
}

Json withFields(Json params, const Json& more)
{
    params.update(more);
    return params;
}

/// A cell of table `methods`.
double methodCell(const BenchContext& context, const std::string& method, const std::string& column)
{
    const protocol::Table& t = context.tables.at("methods");
    const auto& names = test::column(t, "method").texts;
    const auto at = std::ranges::find(names, method);
    if (at == names.end())
        throw std::runtime_error("no row " + method);
    return test::column(t, column).numbers.at(static_cast<std::size_t>(at - names.begin()));
}

torch::Tensor labelsOfIds(BenchContext& context, const torch::Tensor& ids)
{
    return context.dataset({"fashion-mnist"})->labels(data::Split::Test).index_select(0, ids);
}

} // namespace

/// `backdoor.unlearn` on the zoo's model with BadNets' patch.
class StudyUnlearn : public QObject
{
    Q_OBJECT

    const std::unique_ptr<engine::Study> m_study = makeUnlearnStudy();
    BenchContext m_known;

    UnlearnResults outcomes(const BenchContext& context) const
    {
        return unlearnResultsFrom(context.loadArtifact("outcomes"));
    }

private Q_SLOTS:
    void initTestCase() { m_study->run(m_known, shortRun()); }

    /// What the specification asks for; see docs/studies/backdoor.unlearn.md.
    void theClaimsOfThePaperHold()
    {
        const auto cell = [&](const char* method, const char* column) {
            return methodCell(m_known, method, column);
        };
        const double asr = cell("backdoored", "asr"), target = cell("backdoored", "target_recall");
        QVERIFY(asr >= 0.9);
        QVERIFY(cell("backdoored", "ca") >= 0.85);
        // The edit forgets the trigger, the whole class with it, and little else.
        QVERIFY(cell("edit", "asr") <= 0.05);
        QVERIFY(cell("edit", "ca_others") >= cell("backdoored", "ca_others") - 0.02);
        QVERIFY(cell("edit", "target_recall") <= target - 0.5);
        QVERIFY(cell("edit", "seconds") < 1);
        // The repair gives the class back, and with triggered images keeps the trigger forgotten.
        QVERIFY(cell("repair", "asr") <= 0.1);
        QVERIFY(cell("repair", "target_recall") >= target - 0.1);
        QVERIFY(cell("repair-clean", "asr") <= asr - 0.3);
        QVERIFY(cell("repair-clean", "target_recall") >= target - 0.15);
        // Fine-tuning alone does not.
        QVERIFY(cell("finetune", "asr") >= 0.7);
    }

    /// Down to 5 %, and no more than that from there on: an edit much stronger than needed silences the units
    /// that carry the trigger, and what is left are images that are taken for the class anyway.
    void theAttackFallsWithTheStrength()
    {
        double last = 1;
        int points = 0;
        for (const CurvePoint& p : outcomes(m_known).curves) {
            if (p.curve != "alpha")
                continue;
            QVERIFY2(p.rates.asr.value <= std::max(0.05, last + 0.02), qPrintable(QString::number(p.x)));
            last = p.rates.asr.value;
            ++points;
        }
        QCOMPARE(points, 7);
    }

    void aHandfulOfImagesIsEnough()
    {
        for (const CurvePoint& p : outcomes(m_known).curves)
            if (p.curve == "samples" && p.x >= 5)
                QVERIFY2(p.rates.asr.value <= 0.05, qPrintable(QString::number(p.x)));
    }

    void everyStepIsRecorded()
    {
        const UnlearnResults r = outcomes(m_known);
        // Four increments, and repairs that end as soon as the class is back.
        for (const char* method : {"edit", "repair-clean"})
            QVERIFY(r.film(method).size() > 5 && r.film(method).size() <= 1 + 4 + 20 + 1);
        QCOMPARE(r.film("edit").front()->stage, std::string("start"));
        QCOMPARE(r.film("edit")[4]->stage, std::string("unlearn"));
        QCOMPARE(r.film("edit").back()->stage, std::string("repair"));
        QCOMPARE(r.film("finetune").size(), std::size_t(1 + 10));
        for (std::size_t i = 1; i < r.film("edit").size(); ++i)
            QVERIFY(r.film("edit")[i]->seconds >= r.film("edit")[i - 1]->seconds);
        QCOMPARE(r.film("edit")[1]->images, std::int64_t(20));
        // 400 to repair with, and those by which the repair is ended: of the repair with clean images those
        // of the target class alone.
        QCOMPARE(r.film("edit").back()->images, std::int64_t(20 + 400 + 333));
        QVERIFY(r.film("repair-clean").back()->images > 420 && r.film("repair-clean").back()->images < 490);
        QCOMPARE(m_known.tables.at("steps").columns.size(), std::size_t(8));
        QCOMPARE(m_known.tables.at("steps").rows(), r.steps.size());
    }

    void noImageServesTwice()
    {
        const UnlearnResults r = outcomes(m_known);
        QVERIFY(!(labelsOfIds(m_known, r.forget) == r.poison.target).any().item<bool>());
        QVERIFY(!(labelsOfIds(m_known, r.contrast) == r.poison.target).any().item<bool>());
        for (const torch::Tensor& own : {r.forget, r.contrast})
            QVERIFY(!(own.unsqueeze(1) == r.ids.unsqueeze(0)).any().item<bool>());
    }

    void modelsAreKeptWithTheirStory()
    {
        const auto edited = m_known.model({"edited"}), repaired = m_known.model({"repaired"});
        const Json& recipe = edited->card().recipe;
        QVERIFY(poisoning::plantedIn(recipe, "it").has_value());
        QCOMPARE(recipe.at("edit").at("alpha").get<double>(), 5.0);
        QVERIFY(!recipe.at("edit").contains("repair"));
        QVERIFY(repaired->card().recipe.at("edit").contains("repair"));
        QVERIFY(!edited->card().testAccuracy.has_value());
    }

    /// The target class alone is known: its clean images are forgotten.
    void withoutTheTrigger()
    {
        BenchContext context;
        m_study->run(context, withFields(shortRun(), {{"knowledge", "none"},
                                                      {"curve", Json::array()},
                                                      {"baselines", {"gradient-ascent"}}}));
        const UnlearnResults r = outcomes(context);
        QVERIFY((labelsOfIds(context, r.forget) == r.poison.target).all().item<bool>());
        QVERIFY(!(labelsOfIds(context, r.contrast) == r.poison.target).any().item<bool>());
        QVERIFY(r.film("gradient-ascent").empty()); // it would need the trigger
        // Weaker than with the trigger, since the class's own features are what is forgotten.
        QVERIFY(methodCell(context, "edit", "asr") <= methodCell(context, "backdoored", "asr") - 0.5);
        QVERIFY(methodCell(context, "edit", "target_recall") <=
                methodCell(context, "backdoored", "target_recall") - 0.5);
        QVERIFY(methodCell(context, "repair", "target_recall") >=
                methodCell(context, "backdoored", "target_recall") - 0.15);
    }

    void theLeastStrengthIsFound()
    {
        BenchContext context;
        m_study->run(context, withFields(shortRun(), {{"search", true},
                                                      {"repair", false},
                                                      {"curve", Json::array()},
                                                      {"baselines", Json::array()}}));
        const double alpha = outcomes(context).alpha;
        QVERIFY(std::ranges::find(searchedAlphas(), alpha) != searchedAlphas().end());
        QVERIFY(methodCell(context, "edit", "asr") <= 0.08); // 0.05 on the held-out images
    }

    void previewsAreFast()
    {
        m_known.figures.clear();
        m_study->preview(m_known, shortRun()); // reads the run
        double least = 1e9;                    // processor time: other programs must not make it fail
        for (const double alpha : {0.0, 2.0, 5.0}) {
            const std::clock_t start = std::clock();
            m_study->preview(m_known,
                             withFields(shortRun(), {{"alpha", alpha}, {"step", 3}, {"view_layer", "fc1"}}));
            least = std::min(least, 1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
        }
        QVERIFY2(least < 100, qPrintable(QString::number(least)));
        for (const char* name : {"film", "step-clean", "step-triggered", "step-recall", "neurons",
                                 "neuron-changes", "guidance", "activity", "strength"})
            QVERIFY2(m_known.figures.contains(name), name);
        QVERIFY(m_known.figures.at("guidance").title.ends_with("fc1"));
    }

    /// The slider makes the same edit as the run.
    void theSlidersEditIsTheRuns()
    {
        UnlearnParams params;
        LiveEdit live(m_known, params);
        const BackdoorRates before = live.at(0), after = live.at(5);
        QVERIFY(before.asr.value > 0.85);
        QVERIFY(after.asr.value <= 0.05);
        QCOMPARE(live.at(0).clean.count, before.clean.count);
    }

    void whatIsMissingIsSaid()
    {
        BenchContext context;
        const auto sentence = [&](const Json& params) {
            return sentenceOf([&] { m_study->run(context, params); });
        };
        QCOMPARE(
            sentence({{"model", "fashion-vgg"}}),
            QString(
                "fashion-vgg: its card says nothing of a backdoor. State the trigger and the target class, "
                "or say that the target class alone is known."));
        QCOMPARE(sentence({{"model", "fashion-vgg"}, {"knowledge", "stated"}}),
                 QString("target: no target class is given. Name the class that the backdoor leads to."));
        QCOMPARE(
            sentence({{"defender", 30}, {"count", 20}}),
            QString(
                "defender: none are left to edit by: of 30 images a third is held out and 40 of each class "
                "are for repair. Give the defender more images, or repair with fewer."));
    }
};

QTEST_GUILESS_MAIN(StudyUnlearn)
#include "study_unlearn.moc"
