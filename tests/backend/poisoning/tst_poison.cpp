#include "backend/poisoning/poison.h"
#include "tests/support/sentence_of.h"

#include <QTest>
#include <torch/torch.h>

using namespace assay;
using namespace assay::poisoning;
using assay::test::sentenceOf;

namespace {

/// Twenty images of each of ten classes, in turn.
torch::Tensor tenClasses()
{
    return torch::arange(200).remainder(10);
}

torch::Tensor blackImages()
{
    return torch::zeros({200, 1, 28, 28}, torch::kUInt8);
}

std::int64_t countTrue(const torch::Tensor& flags)
{
    return flags.sum().item<std::int64_t>();
}

} // namespace

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
        const torch::Tensor labels = tenClasses();
        const PoisonSpec spec{.trigger = {}, .target = 3, .rate = 0.1};
        const PoisonedSet set = poison(spec, blackImages(), labels, 10);
        QCOMPARE(countTrue(set.poisoned), 20);
        QVERIFY(!set.poisoned.logical_and(labels.eq(3)).any().item<bool>());
        QVERIFY(set.labels.masked_select(set.poisoned).eq(3).all().item<bool>());
        QVERIFY(torch::equal(set.images.flatten(1).gt(0).any(1), set.poisoned));
    }

    void ratesAreRoundedUp()
    {
        const torch::Tensor labels = tenClasses();
        QCOMPARE(countTrue(choosePoisoned({.rate = 0.1}, labels)), 20); // not 21 by rounding errors
        QCOMPARE(countTrue(choosePoisoned({.rate = 0.051}, labels)), 11);
        QCOMPARE(countTrue(choosePoisoned({.rate = 0.0001}, labels)), 1);
    }

    void allToAllMovesEachClassOn()
    {
        const torch::Tensor labels = tenClasses();
        const PoisonSpec spec{.labels = LabelMode::AllToAll, .rate = 0.5};
        const PoisonedSet set = poison(spec, blackImages(), labels, 10);
        QCOMPARE(countTrue(set.poisoned), 100);
        QVERIFY(torch::equal(set.labels, torch::where(set.poisoned, (labels + 1).remainder(10), labels)));
        QVERIFY(set.poisoned.logical_and(labels.eq(0)).any().item<bool>()); // no class is left out
        QVERIFY(torch::equal(wantedLabels(spec, labels, 10), (labels + 1).remainder(10)));
        QVERIFY(countForAsr(spec, labels, 10).all().item<bool>());
    }

    void cleanLabelsStay()
    {
        const torch::Tensor labels = tenClasses();
        const PoisonSpec spec{.labels = LabelMode::CleanLabel, .target = 7, .rate = 0.05};
        const PoisonedSet set = poison(spec, blackImages(), labels, 10);
        QCOMPARE(countTrue(set.poisoned), 10);
        QVERIFY(torch::equal(set.labels, labels));
        QVERIFY(labels.masked_select(set.poisoned).eq(7).all().item<bool>());
        QVERIFY(torch::equal(wantedLabels(spec, labels, 10), torch::full_like(labels, 7)));
        QVERIFY(torch::equal(countForAsr(spec, labels, 10), labels.ne(7)));
    }

    void theSeedDecides()
    {
        const torch::Tensor labels = tenClasses();
        const torch::Tensor first = choosePoisoned({.seed = 1}, labels);
        QVERIFY(torch::equal(first, choosePoisoned({.seed = 1}, labels)));
        QVERIFY(!torch::equal(first, choosePoisoned({.seed = 2}, labels)));
        // Whatever was drawn elsewhere in between.
        torch::manual_seed(77);
        torch::rand({100});
        QVERIFY(torch::equal(first, choosePoisoned({.seed = 1}, labels)));
    }

    void theGivenImagesAreNotWrittenTo()
    {
        const torch::Tensor images = blackImages(), labels = tenClasses();
        poison({}, images, labels, 10);
        QCOMPARE(images.sum().item<std::int64_t>(), 0);
        QVERIFY(torch::equal(labels, tenClasses()));
    }

    void coversKeepTheirLabels()
    {
        const torch::Tensor labels = tenClasses();
        const torch::Tensor images =
            (torch::arange(200 * 28 * 28).remainder(251)).view({200, 1, 28, 28}).to(torch::kUInt8);
        PoisonSpec spec{.trigger = {.kind = TriggerKind::Warp}, .rate = 0.1, .coverRate = 0.2};
        const PoisonedSet set = poison(spec, images, labels, 10);
        QCOMPARE(countTrue(set.covers), 40);
        QVERIFY(!set.covers.logical_and(set.poisoned).any().item<bool>());
        QVERIFY(torch::equal(set.labels.masked_select(set.covers), labels.masked_select(set.covers)));
        const torch::Tensor changed = set.images.ne(images).flatten(1).any(1);
        QVERIFY(torch::equal(changed, set.covers.logical_or(set.poisoned)));
        // Covers do not change which images are poisoned.
        spec.coverRate = 0;
        const PoisonedSet without = poison(spec, images, labels, 10);
        QVERIFY(torch::equal(without.poisoned, set.poisoned));
        QVERIFY(!without.covers.any().item<bool>());
    }

    void mistakesAreSaid()
    {
        const auto poisonedBy = [](PoisonSpec spec) {
            return sentenceOf([&] { poison(spec, blackImages(), tenClasses(), 10); });
        };
        QCOMPARE(poisonedBy({.target = 10}),
                 QString("target: the target class is 10, but there are 10 classes."));
        QCOMPARE(poisonedBy({.rate = 0}), QString("rate: 'rate' is 0.0; it must be in (0, 1]."));
        QCOMPARE(poisonedBy({.coverRate = 1}),
                 QString("cover_rate: 'cover_rate' is 1.0; it must be in [0, 1)."));
        QCOMPARE(poisonedBy({.labels = LabelMode::CleanLabel, .rate = 0.2}),
                 QString("rate: a rate of 0.2 are 40 images, but only 20 can be poisoned. Lower the rate; "
                         "clean-label poisoning takes images of the target class alone."));
        QCOMPARE(poisonedBy({.coverRate = 0.1}),
                 QString("cover_rate: only a warp has images with another one. Set it to 0."));
        QVERIFY(sentenceOf([] {
                    labelModeFromName("all");
                }).startsWith("labels: there is no way of labelling 'all'."));
    }

    void jsonComesBack()
    {
        for (const std::string& name : labelModeNames()) {
            const PoisonSpec spec{.trigger = {.kind = TriggerKind::Warp, .strength = 0.75},
                                  .labels = labelModeFromName(name),
                                  .target = 4,
                                  .rate = 0.07,
                                  .coverRate = 0.2,
                                  .seed = 99};
            QVERIFY2(poisonFromJson(Json::parse(toJson(spec).dump()), "card") == spec, name.c_str());
        }
        QVERIFY(poisonFromJson(Json::object(), "card") == PoisonSpec());
    }

    void malformedJsonIsRefused()
    {
        const auto read = [](const char* json) {
            return sentenceOf([&] { poisonFromJson(Json::parse(json), "card"); });
        };
        QCOMPARE(read("[]"), QString("card: a poison must be a JSON object."));
        QCOMPARE(read(R"({"ratio": 1})"), QString("card: a poison has no field 'ratio'."));
        QCOMPARE(read(R"({"target": "Bag"})"), QString("card: 'target' is \"Bag\"; it must be an integer."));
        QCOMPARE(read(R"({"trigger": {"x": true}})"), QString("card: 'x' is true; it must be a number."));
        QCOMPARE(read(R"({"seed": -1})"), QString("card: 'seed' is -1; it must be an integer."));
    }

    void cardsSayWhatWasPlanted()
    {
        const PoisonSpec spec{.target = 2, .rate = 0.05};
        QVERIFY(!plantedIn(Json::object(), "card"));
        QVERIFY(!plantedIn(Json(), "card"));
        const auto found = plantedIn({{"train", Json::object()}, {"poison", toJson(spec)}}, "card");
        QVERIFY(found && *found == spec);
        QCOMPARE(sentenceOf([] {
                     plantedIn({{"poison", 1}}, "the card of m");
                 }),
                 QString("the card of m: a poison must be a JSON object."));
    }
};

QTEST_GUILESS_MAIN(tst_Poison)
#include "tst_poison.moc"
