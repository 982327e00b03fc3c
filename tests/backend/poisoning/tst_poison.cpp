#include "backend/poisoning/poison.h"
#include "backend/protocol/error.h"

#include <QTest>
#include <torch/torch.h>

using namespace assay;
using namespace assay::poisoning;

class tst_Poison : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void patchLiesWhereThePaperPutsIt()
    {
        const Trigger trigger({}, 1, 28, 28);
        const torch::Tensor stamped = trigger.stamp(torch::zeros({1, 1, 28, 28}));
        QCOMPARE(stamped.sum().item<double>(), 9.0);
        QCOMPARE(stamped.slice(2, 24, 27).slice(3, 24, 27).sum().item<double>(), 9.0);
    }

    void rateAndLabelsAreAsAsked()
    {
        const torch::Tensor labels = torch::arange(200).remainder(10);
        const torch::Tensor images = torch::zeros({200, 1, 28, 28}, torch::kUInt8);
        const PoisonSpec spec{.trigger = {}, .target = 3, .rate = 0.1};
        const PoisonedSet set = poison(spec, images, labels, 10);
        QCOMPARE(set.poisoned.sum().item<std::int64_t>(), 20);
        QVERIFY(!set.poisoned.logical_and(labels.eq(3)).any().item<bool>());
        QVERIFY(set.labels.masked_select(set.poisoned).eq(3).all().item<bool>());
        QVERIFY(torch::equal(set.images.flatten(1).gt(0).any(1), set.poisoned));
    }
};

QTEST_GUILESS_MAIN(tst_Poison)
#include "tst_poison.moc"
