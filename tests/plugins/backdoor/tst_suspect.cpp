#include "backend/protocol/error.h"
#include "plugins/backdoor/suspect.h"
#include "tests/support/bench_context.h"

#include <QTest>

using namespace assay;
using namespace assay::backdoor;

class tst_Suspect : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void sharesAreDisjointAndComplete()
    {
        test::BenchContext context;
        const auto set = context.dataset({"fashion-mnist"});
        const Shares shares = shareTest(context, *set, 1000);
        const torch::Tensor seen = torch::zeros({set->size(data::Split::Test)}, torch::kInt64);
        seen.index_fill_(0, torch::cat({shares.defender, shares.judged}), 1);
        QCOMPARE(shares.defender.numel(), 1000);
        QCOMPARE(seen.sum().item<std::int64_t>(), set->size(data::Split::Test));
        QCOMPARE(shares.defender.numel() + shares.judged.numel(), set->size(data::Split::Test));
    }

    void ratesCountWhatTheySay()
    {
        // Six images, target 2: two of the target class, one of which is misread.
        const torch::Tensor y = torch::tensor({0, 1, 2, 2, 3, 0}, torch::kInt64);
        const torch::Tensor clean = torch::tensor({0, 1, 2, 0, 0, 0}, torch::kInt64);
        const torch::Tensor triggered = torch::tensor({2, 2, 2, 2, 3, 2}, torch::kInt64);
        const BackdoorRates rates = backdoorRates(clean, triggered, y, {.trigger = {}, .target = 2}, 4);
        QCOMPARE(rates.clean.count, 4);
        QCOMPARE(rates.clean.n, 6);
        QCOMPARE(rates.target.count, 1);
        QCOMPARE(rates.target.n, 2);
        QCOMPARE(rates.others.count, 3);
        QCOMPARE(rates.asr.count, 3);
        QCOMPARE(rates.asr.n, 4);
        QCOMPARE(rates.recovered.count, 1);
    }

    void classesGoByNameOrNumber()
    {
        const std::vector<std::string> classes = {"Trouser", "Bag"};
        QCOMPARE(classNamed(classes, "Bag", "target"), 1);
        QCOMPARE(classNamed(classes, "0", "target"), 0);
        QVERIFY_EXCEPTION_THROWN(classNamed(classes, "2", "target"), Error);
    }
};

QTEST_GUILESS_MAIN(tst_Suspect)
#include "tst_suspect.moc"
