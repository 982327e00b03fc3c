#include "hand_made_results.h"
#include "plugins/transfer/class_aware_figures.h"
#include "plugins/transfer/decision_map.h"

#include "backend/protocol/consistency.h"

#include <QTest>
#include <torch/types.h>

using namespace assay;
using namespace assay::transfer;

namespace {

/// Two classes; logit 1 minus logit 0 is w . x - b.
class Halfplane final : public models::Network
{
public:
    Halfplane(torch::Tensor w, double b)
        : m_w(register_buffer("w", std::move(w)))
        , m_b(b)
    {}

    torch::Tensor forward(const torch::Tensor& x, const models::TapSink*) override
    {
        const torch::Tensor margin = x.flatten(1).mv(m_w) - m_b;
        return torch::stack({-margin, margin}, 1);
    }
    std::vector<std::string> taps() const override { return {}; }

private:
    torch::Tensor m_w;
    double m_b;
};

models::Model halfplane(std::vector<float> w, double b)
{
    models::ModelCard card;
    card.classes = {"below", "above"};
    return models::Model(std::make_shared<Halfplane>(torch::tensor(w), b), card);
}

const torch::Tensor kImage = torch::full({1, 1, 2, 2}, 0.5);
const torch::Tensor kBelow = torch::zeros({1}, torch::kInt64);

} // namespace

class TestDecisionMap : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void straightBoundariesLieWhereTheyMust()
    {
        // From 0.5 the first boundary is 1.2 away along its own gradient, the second 2.2 along a direction at
        // a right angle to it.
        const auto first = halfplane({1, 0, 0, 0}, 1.7), second = halfplane({0, 1, 0, 0}, 2.7);
        const DecisionMap map = decisionMap(first, second, kImage, kBelow, {.half = 4, .side = 33});
        QVERIFY(!map.degenerate);
        QVERIFY(std::abs(map.cosine) < 1e-6);
        for (std::int64_t row = 0; row < 33; ++row) {
            for (std::int64_t column = 0; column < 33; ++column) {
                const double a = -4 + 0.25 * static_cast<double>(column),
                             b = -4 + 0.25 * static_cast<double>(row);
                QCOMPARE(map.first[row][column].item<std::int64_t>(), std::int64_t(a > 1.2));
                QCOMPARE(map.second[row][column].item<std::int64_t>(), std::int64_t(b > 2.2));
            }
        }
    }

    void obliqueGradientsAreMadeOrthogonal()
    {
        const auto first = halfplane({1, 0, 0, 0}, 1.7), second = halfplane({3, 4, 0, 0}, 9);
        const DecisionMap map = decisionMap(first, second, kImage, kBelow);
        QVERIFY(std::abs(map.cosine - 0.6) < 1e-6);
        QVERIFY(torch::allclose(map.v.flatten(), torch::tensor({0.f, 1.f, 0.f, 0.f})));
        QVERIFY(std::abs((map.u * map.v).sum().item<double>()) < 1e-6);
    }

    void parallelGradientsStillGiveAPlane()
    {
        const auto model = halfplane({1, 0, 0, 0}, 1.7);
        const DecisionMap map = decisionMap(model, model, kImage, kBelow);
        QVERIFY(map.degenerate);
        QVERIFY(std::abs(map.v.norm().item<double>() - 1) < 1e-6);
        QVERIFY(std::abs((map.u * map.v).sum().item<double>()) < 1e-6);
        QVERIFY(torch::equal(map.first, map.second));
    }

    void shadowAndHeightOfAPoint()
    {
        const auto first = halfplane({1, 0, 0, 0}, 1.7), second = halfplane({0, 1, 0, 0}, 2.7);
        const DecisionMap map = decisionMap(first, second, kImage, kBelow);
        const torch::Tensor other = kImage + torch::tensor({1.f, -2.f, 3.f, 4.f}).view({1, 1, 2, 2});
        const PlanePoint point = project(map, kImage, other);
        QVERIFY(std::abs(point.a - 1) < 1e-5);
        QVERIFY(std::abs(point.b + 2) < 1e-5);
        QVERIFY(std::abs(point.away - 5) < 1e-5);
    }

    void figureIsConsistentAndLinked()
    {
        const ClassAwareResults results = handMadeResults();
        MappedImage image{.position = 1};
        const torch::Tensor classes = torch::arange(image.spec.side * image.spec.side).remainder(3);
        image.map.first = image.map.second = classes.view({image.spec.side, image.spec.side});
        const protocol::Figure figure = decisionMapFigure(results, View{}, image, true);
        protocol::checkConsistent(figure);
        QCOMPARE(figure.name, std::string("source-decision-map"));
        QVERIFY(figure.colour.scale == protocol::AxisScale::Category);
        QCOMPARE(figure.layers.front().z[4], 1.0);
        QCOMPARE(figure.layers.back().samples.of(0),
                 (std::vector<std::int64_t>{results.ids[1].item<std::int64_t>()}));
    }
};

QTEST_GUILESS_MAIN(TestDecisionMap)
#include "tst_decision_map.moc"
