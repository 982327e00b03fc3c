#include "plugins/backdoor/invert_anomaly.h"
#include "plugins/backdoor/invert_optimiser.h"
#include "plugins/backdoor/invert_results.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <QTest>

#include <cmath>

using namespace assay;
using namespace assay::backdoor;

namespace {

constexpr std::int64_t kInvertSide = 8;
constexpr std::int64_t kDoor = 2; ///< the class with a shortcut

/// Four classes that each look at a quarter of the image; the last pixel opens class kDoor by itself.
class QuartersWithDoor final : public models::Network
{
public:
    explicit QuartersWithDoor(double door)
    {
        torch::Tensor weights = torch::zeros({4, kInvertSide, kInvertSide});
        const std::int64_t half = kInvertSide / 2;
        for (std::int64_t k = 0; k < 4; ++k)
            weights[k].narrow(0, k / 2 * half, half).narrow(1, k % 2 * half, half).fill_(1);
        weights[kDoor][kInvertSide - 1][kInvertSide - 1] = door;
        m_weights = register_parameter("weights", weights);
    }
    torch::Tensor forward(const torch::Tensor& x, const models::TapSink* sink) override
    {
        const torch::Tensor flat = x.flatten(1);
        if (sink)
            (*sink)("features", flat);
        return flat.matmul(m_weights.flatten(1).t());
    }
    std::vector<std::string> taps() const override { return {"features"}; }
    std::shared_ptr<models::Network> another() const override
    {
        return std::make_shared<QuartersWithDoor>(0);
    }

private:
    torch::Tensor m_weights;
};

models::Model quarters(double door)
{
    models::ModelCard card;
    card.input = {.channels = 1, .height = kInvertSide, .width = kInvertSide};
    card.classes = {"a", "b", "c", "d"};
    return {std::make_shared<QuartersWithDoor>(door), card};
}

/// Of each class six images, whose quarter is brighter than the others by 0.5 to 0.75; the door is dark.
torch::Tensor brightQuarters()
{
    torch::Tensor x = torch::full({24, 1, kInvertSide, kInvertSide}, 0.15);
    const std::int64_t half = kInvertSide / 2;
    for (std::int64_t i = 0; i < 24; ++i) {
        const std::int64_t k = i % 4;
        x[i][0].narrow(0, k / 2 * half, half).narrow(1, k % 2 * half, half).fill_(0.65 + 0.01 * double(i));
    }
    x.select(2, kInvertSide - 1).select(2, kInvertSide - 1).fill_(0.1);
    return x;
}

torch::Tensor row(std::vector<float> values)
{
    return torch::tensor(values);
}

} // namespace

class TestInvert : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// Median 10, absolute deviations 8 0 2 1 0 in order: median 1, so that the index is |norm - 10|
    /// / 1.4826.
    void theAnomalyIndexByHand()
    {
        const std::vector<double> norms = {2, 10, 12, 11, 10};
        const InvertAnomalies a = anomaliesOf(norms);
        QCOMPARE(a.median, 10.0);
        QCOMPARE(a.mad, 1.4826);
        QCOMPARE(a.index[0], 8 / 1.4826);
        QCOMPARE(a.index[2], 2 / 1.4826);
        QCOMPARE(a.flagged, (std::vector<bool>{true, false, false, false, false}));
        // As far on the other side is no evidence.
        const std::vector<double> large = {18, 10, 12, 11, 10};
        QCOMPARE(anomaliesOf(large).index[0], 7 / 1.4826);
        QVERIFY(anomaliesOf(large).median == 11);
        QVERIFY(!anomaliesOf(large).flagged[0]);
        // Of an even number the median lies between.
        const std::vector<double> even = {1, 2, 4, 9};
        QCOMPARE(anomaliesOf(even).median, 3.0);
        QCOMPARE(anomaliesOf(even).mad, 1.5 * 1.4826);
    }

    void equalNormsHaveNoDeviation()
    {
        const std::vector<double> norms = {5, 5, 5, 1};
        const InvertAnomalies a = anomaliesOf(norms);
        QCOMPARE(a.mad, 0.0);
        QCOMPARE(a.index[0], 0.0);
        QVERIFY(std::isinf(a.index[3]));
        QVERIFY(a.flagged[3]);
        QVERIFY_EXCEPTION_THROWN(anomaliesOf({}), Error);
    }

    /// Two classes: the first succeeds in every round, the second never.
    void lambdaGoesUpWithSuccessAndDownWithout()
    {
        LambdaSchedule s({.success = 0.9, .first = 0.01, .factor = 2, .patience = 2}, 2, torch::kCPU);
        const auto lambda = [&](std::int64_t g) { return s.lambda()[g].item<float>(); };
        const auto round = [&](float norm) { return s.update(row({1, 0}), row({norm, norm})); };
        QVERIFY(round(9)[0].item<bool>());
        QCOMPARE(lambda(0), 0.f); // one success is no row of two
        QVERIFY(round(8)[0].item<bool>());
        QCOMPARE(lambda(0), 0.01f);
        // The round that begins counts as the first of the next two, as in the original.
        QVERIFY(!round(8.5)[0].item<bool>());
        QCOMPARE(lambda(0), 0.02f);
        round(7), round(6);
        QCOMPARE(lambda(0), 0.04f);
        QCOMPARE(s.best()[0].item<float>(), 6.f);
        QCOMPARE(lambda(1), 0.f);
        QVERIFY(std::isinf(s.best()[1].item<float>()));
        // Two failures: down by 2^1.5.
        s.update(row({0, 0}), row({1, 1}));
        s.update(row({0, 0}), row({1, 1}));
        QVERIFY(std::abs(lambda(0) - 0.04f / std::pow(2.f, 1.5f)) < 1e-7f);
        QCOMPARE(s.best()[0].item<float>(), 6.f); // a failure's norm counts for nothing
    }

    void aClassEndsWhenItsMaskNoLongerShrinks()
    {
        LambdaSchedule s({.success = 0.9, .first = 0.01, .factor = 2, .patience = 1, .stopPatience = 3}, 1,
                         torch::kCPU);
        const auto round = [&](float success, float norm) { s.update(row({success}), row({norm})); };
        round(1, 10), round(1, 9); // begins, goes up
        round(0, 9);               // goes down
        QVERIFY(!s.ended().item<bool>());
        round(1, 8.99f), round(1, 8.98f); // less than 1 % each
        QVERIFY(s.ended().item<bool>());
        const float last = s.lambda().item<float>();
        round(1, 1);
        QCOMPARE(s.lambda().item<float>(), last);
        QVERIFY(s.best().item<float>() > 8);

        LambdaSchedule patient({.success = 0.9, .patience = 1, .earlyStop = false, .stopPatience = 1}, 1,
                               torch::kCPU);
        for (int i = 0; i < 9; ++i)
            patient.update(row({float(i % 2)}), row({10}));
        QVERIFY(!patient.ended().item<bool>());
    }

    /// The door is one pixel; every other class needs a good part of its quarter.
    void theDoorIsFound()
    {
        const models::Model model = quarters(40);
        const InversionPlan plan{.steps = 400, .batch = 8, .round = 5, .rule = {.first = 0.01, .factor = 2}};
        const auto triggers = invertTriggers(model, brightQuarters(), {0, 1, 2, 3}, plan);
        std::vector<double> norms;
        for (const InvertedTrigger& t : triggers) {
            QVERIFY(t.held);
            QVERIFY(t.steps <= 400 && t.rounds.size() * 5 == std::size_t(t.steps));
            // 99 % is held by the round's batches, not by every image of the set.
            const torch::Tensor taken =
                model.logits(withInverted(brightQuarters(), t)).argmax(1).eq(t.target);
            QVERIFY(taken.sum().item<std::int64_t>() >= 22);
            norms.push_back(t.norm);
            qInfo("class %d: norm %.2f after %d steps", int(t.target), t.norm, int(t.steps));
        }
        QCOMPARE(std::int64_t(std::ranges::min_element(norms) - norms.begin()), kDoor);
        // A bright quarter leads by 0.5 * 16 at least, which the door's 40 outweighs before it is white.
        QVERIFY(norms[kDoor] < 1);
        QVERIFY(std::ranges::count_if(norms, [](double norm) { return norm > 4; }) == 3);
        QVERIFY(triggers[kDoor].mask[0].argmax().item<std::int64_t>() == kInvertSide * kInvertSide - 1);
    }

    void aClassIsTheSameAloneAndAmongOthers()
    {
        const models::Model model = quarters(40);
        const InversionPlan plan{.steps = 40, .batch = 4, .round = 5};
        const auto alone = invertTriggers(model, brightQuarters(), {3}, plan);
        const auto all = invertTriggers(model, brightQuarters(), {0, 1, 2, 3}, plan);
        QVERIFY(alone[0].mask.equal(all[3].mask));
        QVERIFY(alone[0].pattern.equal(all[3].pattern));
    }

    void likenessOfTheTriggerItself()
    {
        const poisoning::Trigger planted(poisoning::TriggerSpec{}, 1, 28, 28);
        InvertedTrigger same{.mask = planted.cover(), .pattern = torch::ones({1, 28, 28})};
        const torch::Tensor x = torch::full({2, 1, 28, 28}, 0.25);
        const InvertLikeness like = likenessOf(same, planted, x);
        QCOMPARE(like.iou, 1.0);
        QVERIFY(std::abs(like.maskCosine - 1) < 1e-6);
        QVERIFY(std::abs(like.changeCosine - 1) < 1e-6);
        // Somewhere else: nothing in common.
        same.mask = torch::roll(same.mask, {-10}, {1});
        const InvertLikeness other = likenessOf(same, planted, x);
        QCOMPARE(other.iou, 0.0);
        QVERIFY(std::abs(other.changeCosine) < 1e-6);
    }
};

QTEST_GUILESS_MAIN(TestInvert)
#include "tst_invert.moc"
