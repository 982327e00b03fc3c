#include "backend/models/architectures/architectures.h"
#include "plugins/inspection/activation_changes.h"
#include "plugins/inspection/difference_report.h"
#include "plugins/inspection/layer_pairs.h"
#include "tests/support/sentence_of.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <functional>

using namespace assay;
using namespace assay::inspection;

namespace {

const models::InputSpec kSmallInput{.channels = 2, .height = 8, .width = 8, .mean = {0, 0}, .stddev = {1, 1}};

std::shared_ptr<models::Network> filled(const char* architecture, const Json& options)
{
    const auto network = models::makeNetwork(architecture, options, kSmallInput, 3);
    const auto generator = at::detail::createCPUGenerator(6);
    const torch::NoGradGuard off;
    for (auto& [name, tensor] : network->persistent())
        tensor.uniform_(0.1, 1, generator);
    return network;
}

using Edit = std::function<void(const std::string& name, torch::Tensor& tensor)>;

models::Model edited(const char* name, const char* architecture, const Json& options, const Edit& edit = {})
{
    const auto network = filled(architecture, options);
    const torch::NoGradGuard off;
    for (auto& [key, tensor] : network->persistent())
        if (edit)
            edit(key, tensor);
    models::ModelCard card;
    card.name = name;
    card.architecture = architecture;
    card.options = options;
    card.input = kSmallInput;
    card.classes = {"a", "b", "c"};
    return models::Model(network, card);
}

const Json kThin = {{"widths", {3, 4, 5}}};

const LayerPair& named(const std::vector<LayerPair>& layers, const std::string& name)
{
    for (const LayerPair& layer : layers)
        if (layer.name == name)
            return layer;
    throw std::runtime_error("no layer " + name);
}

} // namespace

/// What the study says of two models whose differences were made by hand.
class TestLayerPairs : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void tensorsOfAModuleAreALayer()
    {
        const std::vector<LayerPair> layers =
            pairLayers(edited("one", "small_cnn", kThin), edited("two", "small_cnn", kThin));
        std::string names;
        for (const LayerPair& layer : layers)
            names += layer.name + " ";
        QCOMPARE(names, std::string("conv1 bn1 conv2 bn2 conv3 bn3 fc "));
        const LayerPair& norm = named(layers, "bn2");
        QCOMPARE(norm.units(), 4);
        QCOMPARE(norm.tensors, (std::vector<std::string>{"weight", "bias", "running_mean", "running_var"}));
        QCOMPARE(norm.placeOf(2), std::string("running_mean"));
        const LayerPair& conv = named(layers, "conv2");
        QCOMPARE(conv.numbers(), 4 * 3 * 9);
        QCOMPARE(conv.placeOf(9 + 3 + 2), std::string("weight[1,1,2]"));
        for (const LayerPair& layer : layers) {
            const LayerChange none = changeOf(layer, 0);
            QCOMPARE(none.relative, 0.0);
            QCOMPARE(none.changed, 0);
            QVERIFY(std::abs(none.cosine - 1) < 1e-12);
        }
    }

    void changesByHand()
    {
        const models::Model before = edited("before", "small_cnn", kThin);
        const models::Model after =
            edited("after", "small_cnn", kThin, [](const std::string& name, torch::Tensor& tensor) {
                if (name == "conv2.weight") {
                    tensor[1].zero_();
                    tensor[3] *= 1.5;
                }
            });
        const std::vector<LayerPair> layers = pairLayers(before, after);
        const LayerChange conv = changeOf(named(layers, "conv2"), 0);
        QVERIFY(conv.states == (std::vector<UnitState>{UnitState::Unchanged, UnitState::Pruned,
                                                       UnitState::Unchanged, UnitState::Changed}));
        QCOMPARE(conv.changed, 2);
        QCOMPARE(conv.pruned, 1);
        QCOMPARE(conv.unitRelative[1].item<double>(), 1.0);
        QVERIFY(std::abs(conv.unitRelative[3].item<double>() - 0.5) < 1e-6);
        QVERIFY(std::abs(conv.unitCosine[3].item<double>() - 1) < 1e-12);
        QVERIFY(std::isnan(conv.unitCosine[1].item<double>()));
        QCOMPARE(conv.mostChangedUnit(), 1);
        // The layer's own numbers from its tensors as a whole.
        const torch::Tensor w = named(layers, "conv2").before.front().to(torch::kFloat64);
        const torch::Tensor moved = named(layers, "conv2").after.front().to(torch::kFloat64) - w;
        QVERIFY(std::abs(conv.relative - (moved.norm() / w.norm()).item<double>()) < 1e-12);
        QVERIFY(std::abs(conv.most - moved.abs().max().item<double>()) < 1e-12);
        QCOMPARE(changeOf(named(layers, "fc"), 0).changed, 0);

        const LayerChange back = changeOf(named(pairLayers(after, before), "conv2"), 0);
        QVERIFY(back.states[1] == UnitState::Revived);
        QVERIFY(std::isnan(back.unitRelative[1].item<double>()));
        QCOMPARE(back.mostChangedUnit(), 3);
        QCOMPARE(changeOf(named(layers, "conv2"), 0.6).changed, 1); // the other moved by half
    }

    void differentArchitecturesAreRefused()
    {
        const models::Model thin = edited("thin", "small_cnn", kThin);
        const auto against = [&](const models::Model& other) {
            return test::sentenceOf([&] { pairLayers(thin, other); });
        };
        QCOMPARE(
            against(edited("wide", "small_cnn", {{"widths", {6, 4, 5}}})),
            QString("after: conv1.weight is [3, 2, 3, 3] in 'thin' and [6, 2, 3, 3] in 'wide'. Choose two "
                    "models of one architecture."));
        QCOMPARE(against(edited("mlp", "mlp", {{"widths", {4}}})),
                 QString("after: 'thin' has conv1.weight, which 'mlp' has not. Choose two models of one "
                         "architecture."));
        const models::Model shallow = edited("shallow", "mlp", {{"widths", {4}}});
        const models::Model deep = edited("deep", "mlp", {{"widths", {4, 3}}});
        QCOMPARE(
            test::sentenceOf([&] { pairLayers(shallow, deep); }),
            QString("after: out.weight is [3, 4] in 'shallow' and [3, 3] in 'deep'. Choose two models of "
                    "one architecture."));
    }

    /// Parameters of their own and modules whose tensors have different numbers of units.
    void aTransformerIsPairedToo()
    {
        const Json options = {{"patch", 4}, {"width", 8}, {"depth", 1}, {"heads", 2}};
        const std::vector<LayerPair> layers =
            pairLayers(edited("one", "vit_tiny", options), edited("two", "vit_tiny", options));
        std::int64_t numbers = 0;
        for (const LayerPair& layer : layers) {
            numbers += layer.numbers();
            QCOMPARE(layer.rowsBefore().size(0), layer.units());
            QVERIFY(!layer.placeOf(layer.numbers() / layer.units() - 1).empty());
        }
        std::int64_t all = 0;
        for (const auto& [name, tensor] : edited("one", "vit_tiny", options).namedParameters())
            all += tensor.numel();
        QCOMPARE(numbers, all);
    }

    /// Against the same numbers without chunks or sums.
    void activationsByDefinition()
    {
        const models::Model before = edited("before", "small_cnn", kThin);
        const models::Model after =
            edited("after", "small_cnn", kThin, [](const std::string& name, torch::Tensor& tensor) {
                if (name == "conv2.weight")
                    tensor[1].zero_();
            });
        const torch::Tensor x = torch::rand({70, 2, 8, 8}, at::detail::createCPUGenerator(8));
        const SeenByBoth seen = compareActivations(before, after, x);
        QVERIFY(seen.before.allclose(before.logits(x), 1e-4, 1e-4));
        QVERIFY(seen.after.allclose(after.logits(x), 1e-4, 1e-4));
        QCOMPARE(seen.taps.size(), before.taps().size());
        std::map<std::string, torch::Tensor> a, b;
        before.logits(x, [&](const std::string& tap, const torch::Tensor& v) { a[tap] = v.clone(); });
        after.logits(x, [&](const std::string& tap, const torch::Tensor& v) { b[tap] = v.clone(); });
        for (const TapChange& tap : seen.taps) {
            const torch::Tensor was = a[tap.tap].to(torch::kFloat64), now = b[tap.tap].to(torch::kFloat64);
            const auto close = [](double x1, double x2) {
                return std::abs(x1 - x2) < 1e-4 * (1 + std::abs(x2));
            };
            QVERIFY(close(tap.relative, ((now - was).norm() / was.norm()).item<double>()));
            const torch::Tensor u = was.reshape({70, -1}), v = now.reshape({70, -1});
            QVERIFY(close(tap.cosine, torch::cosine_similarity(u, v, 1).mean().item<double>()));
            QVERIFY(close(tap.most, (now - was).abs().max().item<double>()));
            const torch::Tensor mean = was.dim() == 4 ? was.mean({0, 2, 3}) : was.mean(0);
            QVERIFY(tap.unitBefore.allclose(mean, 1e-4, 1e-4));
            QVERIFY(close(tap.scale, was.square().mean().sqrt().item<double>()));
        }
        QCOMPARE(seen.taps[0].relative, 0.0); // before the edit
        QVERIFY(seen.taps[1].relative > 0.01);
        QVERIFY((seen.taps[1].unitAfter - seen.taps[1].unitBefore).abs().argmax().item<std::int64_t>() == 1);
    }

    /// A map of layers of different widths, the wide ones summed up without losing an outlier.
    void wideLayersAreSummedUp()
    {
        const Json options = {{"widths", {3000, 4}}};
        const models::Model before = edited("before", "mlp", options);
        const models::Model after =
            edited("after", "mlp", options, [](const std::string& name, torch::Tensor& tensor) {
                if (name == "fc1.weight")
                    tensor[2999].zero_();
            });
        DifferenceResults r;
        r.layers = pairLayers(before, after);
        for (const LayerPair& layer : r.layers)
            r.changes.push_back(changeOf(layer, 0));
        const protocol::Figure map = unitsFigure(r);
        const protocol::Layer& cells = map.layers.front();
        QCOMPARE(cells.columns, std::uint32_t(kMostColumns));
        QCOMPARE(map.y.categories, (std::vector<std::string>{"out", "fc2", "fc1"}));
        const double last = cells.z.back(); // fc1 on top, its last cell
        QVERIFY2(last > 90, qPrintable(QString::number(last)));
        QVERIFY(std::isnan(cells.z[4])); // out has three units
        QVERIFY(map.x.sets.empty());     // a column is not a unit
        QCOMPARE(layersTable(r).rows(), std::size_t(3));
        const protocol::Table units = unitsTable(r);
        QCOMPARE(units.rows(), std::size_t(1));
        QCOMPARE(units.columns[1].numbers[0], 2999.0);
        QCOMPARE(units.columns[2].texts[0], std::string("pruned")); // though its bias is there
    }
};

QTEST_GUILESS_MAIN(TestLayerPairs)
#include "tst_layer_pairs.moc"
