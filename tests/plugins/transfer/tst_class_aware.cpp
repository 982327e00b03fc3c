#include "backend/protocol/error.h"
#include "plugins/transfer/class_aware.h"
#include "plugins/transfer/class_aware_params.h"

#include <torch/types.h>

#include <QTest>

using namespace assay;
using namespace assay::transfer;

namespace {

torch::Tensor ints(std::vector<std::int64_t> values)
{
    return torch::tensor(values, torch::kInt64);
}

} // namespace

/// The method on outcome tables made by hand; every case of the definition occurs.
class TestClassAware : public QObject
{
    Q_OBJECT

private:
    // One image each: source holds (target too), source holds though the target errs, unfooled, different,
    // same, same (another class).
    const torch::Tensor y = ints({0, 0, 1, 1, 2, 0});
    const torch::Tensor y1 = ints({0, 0, 2, 2, 0, 1});
    const torch::Tensor y2 = ints({0, 2, 1, 0, 0, 1});

private Q_SLOTS:
    void tellsOutcomesApart()
    {
        const torch::Tensor expected = ints({0, 0, 1, 2, 3, 3});
        QVERIFY(torch::equal(outcomes(y, y1, y2), expected));
    }

    /// Attacks start at the image, as in the publication, unless the user says otherwise; the form shows it.
    void parametersOfTheAttackAreTheUsers()
    {
        ClassAwareParams p;
        QCOMPARE(attackParameters(p).dump(), std::string(R"({"random_start":false})"));
        p.attackParams = {{"pgd", {{"random_start", true}, {"restarts", 2}}}, {"dim", {{"di_rate", 1.2}}}};
        QCOMPARE(attackParameters(p).dump(), std::string(R"({"random_start":true,"restarts":2})"));
        p.attack = "mi-fgsm";
        QCOMPARE(attackParameters(p).dump(), std::string("{}"));

        const protocol::Schema schema = protocol::describe<ClassAwareParams>();
        const protocol::ObjectPart* pgd = protocol::findPart(*schema.find("attack_params"), "pgd");
        QVERIFY(pgd);
        QVERIFY(protocol::findField(*pgd, "random_start")->defaultValue == Json(false));
    }

    void countsOnlyImagesThatFoolTheSource()
    {
        const OutcomeCounts counts = countOutcomes(outcomes(y, y1, y2));
        QCOMPARE(counts, (OutcomeCounts{.pool = 6, .same = 2, .different = 1, .unfooled = 1}));
        QCOMPARE(counts.fooled(), 4);
        QCOMPARE(counts.transferred(), 3);
    }

    void fractionsOfFooledSumToOne()
    {
        const OutcomeRates rates =
            outcomeRates({.pool = 6, .same = 2, .different = 1, .unfooled = 1}, Denominator::Fooled);
        QCOMPARE(rates.same.value, 0.5);
        QCOMPARE(rates.different.value, 0.25);
        QCOMPARE(rates.unfooled.value, 0.25);
        QCOMPARE(rates.transferred.value, 0.75);
        QCOMPARE(rates.sourceHolds.count, 0);
        QCOMPARE(rates.same.n, 4);
        QVERIFY(rates.same.low < 0.5 && rates.same.high > 0.5);
    }

    void fractionsOfAttackedLeaveRoomForTheSource()
    {
        const OutcomeRates rates =
            outcomeRates({.pool = 6, .same = 2, .different = 1, .unfooled = 1}, Denominator::Attacked);
        QCOMPARE(rates.same.n, 6);
        QCOMPARE(rates.sourceHolds.count, 2);
        QCOMPARE(rates.same.count + rates.different.count + rates.unfooled.count + rates.sourceHolds.count,
                 6);
    }

    void wilsonIntervalOfAKnownRate()
    {
        // 5 of 100: (0.0215, 0.1118), Newcombe 1998, table I.
        const metrics::Rate rate =
            outcomeRates({.pool = 100, .same = 5, .different = 0, .unfooled = 95}, Denominator::Fooled).same;
        QVERIFY(std::abs(rate.low - 0.0215) < 1e-4);
        QVERIFY(std::abs(rate.high - 0.1118) < 1e-4);
    }

    void noAdversarialImageGivesNoRate()
    {
        const OutcomeCounts counts = countOutcomes(outcomes(y, y, y2));
        QCOMPARE(counts.fooled(), 0);
        QVERIFY(std::isnan(outcomeRates(counts, Denominator::Fooled).same.value));
        QVERIFY(std::isnan(sameMistakeShare(counts).value));
        QCOMPARE(sourceSuccess(counts).value, 0.0);
    }

    void emptyTable()
    {
        const torch::Tensor none = ints({});
        QCOMPARE(countOutcomes(outcomes(none, none, none)), OutcomeCounts{});
    }

    void sameShareIgnoresUnfooled()
    {
        const metrics::Rate share = sameMistakeShare({.pool = 10, .same = 3, .different = 1, .unfooled = 6});
        QCOMPARE(share.value, 0.75);
        QCOMPARE(share.n, 4);
    }

    void poolNeedsEveryModelToBeRight()
    {
        const torch::Tensor pool =
            correctForAll(ints({0, 1, 2, 0}), {ints({0, 1, 2, 1}), ints({0, 0, 2, 0})});
        QVERIFY(torch::equal(pool, torch::tensor({true, false, true, false})));
    }

    void confusionsCountAdversarialImagesOnly()
    {
        const PairConfusions c = pairConfusions(y, y1, y2, 3);
        QCOMPARE(c.source.total(), 4);
        QCOMPARE(c.source.agreeing(), 0);       // an AE is never classified correctly by its source
        QCOMPARE(c.target.agreeing(), 1);       // unfooled
        QCOMPARE(c.wrongClasses.total(), 3);    // those that transfer
        QCOMPARE(c.wrongClasses.agreeing(), 2); // same mistakes
        QCOMPARE(c.wrongClasses.at(2, 0), 1);   // the different mistake: y1 = 2, y2 = 0
        QCOMPARE(c.target.at(1, 0), 1);
    }

    void differentLengthsAreRefused() { QVERIFY_EXCEPTION_THROWN(outcomes(y, y1, ints({0})), Error); }
};

QTEST_GUILESS_MAIN(TestClassAware)
#include "tst_class_aware.moc"
