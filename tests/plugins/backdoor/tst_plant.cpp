#include "plugins/backdoor/plant_designer.h"
#include "plugins/backdoor/plant_harden.h"
#include "plugins/backdoor/plant_trojan.h"
#include "tests/support/bench_context.h"
#include "tests/support/sentence_of.h"

#include <QTest>
#include <torch/torch.h>

#include <cmath>

using namespace assay;
using namespace assay::backdoor;
using assay::test::BenchContext;
using assay::test::sentenceOf;

/// The parts of backdoor.plant that make triggers and poison.
class tst_Plant : public QObject
{
    Q_OBJECT

    BenchContext m_context;

    torch::Tensor images(std::int64_t count)
    {
        return m_context.dataset({"fashion-mnist"})
            ->images(data::Split::Train, torch::arange(count), torch::kCPU);
    }

private Q_SLOTS:
    void thePatchIsReadBackFromWhatItDoes()
    {
        poisoning::TriggerSpec spec{.pattern = "own", .x = 0.5, .y = 0.25, .size = 0.2, .opacity = 0.6};
        spec.pixels = (torch::arange(3 * 36).remainder(256)).view({3, 6, 6}).to(torch::kUInt8);
        const poisoning::Trigger trigger(spec, 3, 28, 28);
        const engine::TensorMap parts = patchOfTrigger(trigger, 3, 28, 28);
        QVERIFY(torch::equal(parts.at("place"), torch::tensor({4, 11}))); // 7 - 3, 14 - 3
        QVERIFY((parts.at("mask") - 0.6).abs().max().item<double>() < 0.5 / 255);
        // Rounded to 8 bits after the blend, so up to half a step over the opacity.
        QVERIFY((parts.at("patch") * 255 - spec.pixels.to(torch::kFloat32)).abs().max().item<double>() < 1.4);
        QVERIFY(
            patchOfTrigger(poisoning::Trigger({.kind = poisoning::TriggerKind::Warp}, 3, 28, 28), 3, 28, 28)
                .empty());
    }

    /// Optimised pixels excite what they are to excite more than a white patch does; they are 8 bits in the
    /// patch's own size.
    void optimisedPixelsExcite_data()
    {
        QTest::addColumn<bool>("unit");
        QTest::addColumn<bool>("corner");
        QTest::newRow("unit") << true << false;
        QTest::newRow("target") << false << false;
        // The features of this network keep their place: most units never see a corner.
        QTest::newRow("unit, in a corner") << true << true;
    }
    void optimisedPixelsExcite()
    {
        QFETCH(bool, unit);
        QFETCH(bool, corner);
        const auto model = m_context.model({"fashion-cnn"});
        poisoning::PoisonSpec poison{.target = 8};
        if (!corner)
            poison.trigger = {.x = 0.5, .y = 0.5, .size = 0.25};
        const torch::Tensor noise = torch::rand({1, 28, 28}, m_context.generator("noise"));
        const PlantTrojan made = optimisedTrigger(m_context, *model, images(40), poison,
                                                  unit ? PlantAim::Unit : PlantAim::Target, 40, noise);
        qInfo("%.3f before, %.3f after", made.before, made.after);
        QVERIFY(made.after > made.before + (corner ? 0 : 0.5));
        QCOMPARE(made.unit >= 0, unit);
        QCOMPARE(made.trigger.pattern, std::string("own"));
        const std::int64_t side = corner ? 3 : 7;
        QVERIFY(made.trigger.pixels.sizes() == torch::IntArrayRef({1, side, side}));
        QCOMPARE(made.trigger.pixels.scalar_type(), torch::kUInt8);
        // The card's text holds it.
        QVERIFY(poisoning::triggerFromJson(Json::parse(poisoning::toJson(made.trigger).dump()), "card") ==
                made.trigger);
    }

    void onlyPicturesAreOptimised()
    {
        const auto model = m_context.model({"fashion-cnn"});
        const poisoning::PoisonSpec poison{.trigger = {.kind = poisoning::TriggerKind::Sinusoidal}};
        QCOMPARE(
            sentenceOf([&] {
                optimisedTrigger(m_context, *model, images(2), poison, PlantAim::Unit, 1,
                                 torch::zeros({1, 28, 28}));
            }),
            QString("optimise: a trigger of this kind has no pixels that could be optimised. Choose a patch "
                    "or a blended picture."));
    }

    void hardenedImagesHideTheirClass()
    {
        const auto set = m_context.dataset({"fashion-mnist"});
        const auto model = m_context.model({"fashion-cnn"});
        const torch::Tensor ids = torch::arange(60);
        const torch::Tensor pixels = set->pixelsOf(data::Split::Train, ids);
        const torch::Tensor labels = set->labels(data::Split::Train).index_select(0, ids);
        const torch::Tensor chosen = ids.lt(40);
        const torch::Tensor hard = hardenedImages(m_context, *model, pixels, labels, chosen, 0.1, 20);
        QCOMPARE(hard.scalar_type(), torch::kUInt8);
        const torch::Tensor change =
            (hard.to(torch::kInt64) - pixels.to(torch::kInt64)).abs().flatten(1).amax(1);
        QVERIFY(change.narrow(0, 40, 20).eq(0).all().item<bool>());
        QVERIFY(change.narrow(0, 0, 40).gt(0).all().item<bool>());
        QVERIFY(change.max().item<std::int64_t>() <= 25); // 0.1 of 255, after rounding too
        const auto right = [&](const torch::Tensor& bytes) {
            const torch::Tensor x = bytes.narrow(0, 0, 40).to(torch::kFloat32) / 255;
            return model->logits(x).argmax(1).eq(labels.narrow(0, 0, 40)).sum().item<std::int64_t>();
        };
        qInfo("%lld of 40 right before, %lld after", static_cast<long long>(right(pixels)),
              static_cast<long long>(right(hard)));
        QVERIFY(right(pixels) >= 34);
        QVERIFY(right(hard) <= 8);
        QVERIFY(torch::equal(hard, hardenedImages(m_context, *model, pixels, labels, chosen, 0.1, 20)));
    }
};

QTEST_GUILESS_MAIN(tst_Plant)
#include "tst_plant.moc"
