#include "backend/models/architectures/architectures.h"
#include "backend/models/initialise.h"
#include "backend/protocol/error.h"
#include "plugins/encryption/lock_estimate.h"
#include "plugins/encryption/lock_keys.h"

#include <QTest>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

using namespace assay;
using namespace assay::encryption;
using namespace assay::encryption::lock;

namespace {

const MapShapes kShapes = {{"c1", {6, 16, 16}}, {"c2", {8, 8, 8}}, {"c3", {12, 4, 4}}, {"c4", {10, 4, 4}}};

std::shared_ptr<models::Network> smallDetector()
{
    const models::InputSpec input{.channels = 1, .height = 32, .width = 32};
    auto network = models::makeNetwork("grid-detector", {{"widths", {6, 8, 12, 10}}}, input, std::int64_t(2));
    models::initialise(*network, at::detail::createCPUGenerator(5));
    const torch::NoGradGuard off;
    // Statistics as after a training: none of them trivial.
    at::Generator generator = at::detail::createCPUGenerator(6);
    for (auto& [name, tensor] : network->persistent())
        if (name.find("bn") == 0)
            tensor.add_(torch::rand(tensor.sizes(), generator), 0.5);
    network->eval();
    return network;
}

torch::Tensor someImages(std::int64_t count = 3)
{
    return torch::rand({count, 1, 32, 32}, at::detail::createCPUGenerator(7));
}

LockSpec specOf(std::vector<std::string> maps, Transform transform, double share = 1)
{
    return {.maps = std::move(maps), .transform = transform, .share = share, .block = 4};
}

} // namespace

/// What keys do to maps, and what networks make of it.
class TestLockKeys : public QObject
{
    Q_OBJECT

    const SecretKey m_key = SecretKey::forExperiment(1, "owner");
    const SecretKey m_other = SecretKey::forExperiment(1, "ownes");

private Q_SLOTS:
    void keysArePermutationsOfTheShareAskedFor()
    {
        for (const double share : {0.5, 1.0}) {
            const MapKey key = mapKeys(m_key, specOf({"c3"}, Transform::Both, share), kShapes).at("c3");
            QCOMPARE(key.locked.sum().item<std::int64_t>(), std::int64_t(12 * share));
            QVERIFY(torch::equal(std::get<0>(key.sources.sort()), torch::arange(12)));
            QCOMPARE((key.signs < 0).sum().item<std::int64_t>(), std::int64_t(6 * share));
            const torch::Tensor open = key.locked.logical_not();
            QVERIFY(torch::equal(key.sources.masked_select(open), torch::arange(12).masked_select(open)));
            QVERIFY(key.signs.masked_select(open).eq(1).all().item<bool>());
        }
        const auto keys = mapKeys(m_key, specOf({"c2", "c3"}, Transform::Permute), kShapes);
        QCOMPARE(keys.size(), std::size_t(2));
        QVERIFY(
            !torch::equal(keys.at("c3").sources,
                          mapKeys(m_other, specOf({"c3"}, Transform::Permute), kShapes).at("c3").sources));
    }

    /// x'(i) = signs[i] x(sources[i]), pixel by pixel; a shuffled map keeps every block's values.
    void changesAreWhatTheKeySays()
    {
        const torch::Tensor map = torch::rand({2, 12, 4, 4}, at::detail::createCPUGenerator(3));
        const MapKeys both = mapKeys(m_key, specOf({"c3"}, Transform::Both), kShapes);
        const torch::Tensor changed = changesOf(both, torch::kCPU).at("block3")(map);
        for (std::int64_t i = 0; i < 12; ++i)
            QVERIFY(
                torch::equal(changed.select(1, i),
                             both.at("c3").signs[i] * map.select(1, both.at("c3").sources[i].item<int>())));
        const torch::Tensor large = torch::rand({2, 8, 8, 8}, at::detail::createCPUGenerator(4));
        const torch::Tensor shuffled =
            changesOf(mapKeys(m_key, specOf({"c2"}, Transform::Shuffle), kShapes), torch::kCPU)
                .at("block2")(large);
        QVERIFY(!torch::equal(shuffled, large));
        for (const std::int64_t y : {0, 4})
            for (const std::int64_t x : {0, 4}) {
                const auto block = [&](const torch::Tensor& of) {
                    return std::get<0>(of.narrow(2, y, 4).narrow(3, x, 4).flatten(2).sort(2));
                };
                QVERIFY(torch::equal(block(large), block(shuffled)));
            }
    }

    void gradientsPass()
    {
        const torch::Tensor map =
            torch::rand({1, 12, 4, 4}, at::detail::createCPUGenerator(3)).requires_grad_();
        for (const Transform transform : {Transform::Both, Transform::Shuffle}) {
            const auto change =
                changesOf(mapKeys(m_key, specOf({"c3"}, transform), kShapes), torch::kCPU).at("block3");
            const torch::Tensor gradient = torch::autograd::grad({change(map).square().sum()}, {map})[0];
            QVERIFY(torch::allclose(gradient, 2 * map));
        }
    }

    /// A lock on the finished network costs nothing: the same answers under the key, folded or not, and
    /// others without.
    void existingLocksAnswerAsBefore_data()
    {
        QTest::addColumn<QStringList>("maps");
        QTest::addColumn<int>("transform");
        QTest::addColumn<double>("share");
        QTest::newRow("c1") << QStringList{"c1"} << int(Transform::Permute) << 1.0;
        QTest::newRow("c4, before the head") << QStringList{"c4"} << int(Transform::Permute) << 1.0;
        QTest::newRow("c2+c3") << QStringList{"c2", "c3"} << int(Transform::Permute) << 1.0;
        QTest::newRow("c3, signs") << QStringList{"c3"} << int(Transform::Flip) << 1.0;
        QTest::newRow("all, both, half")
            << QStringList{"c1", "c2", "c3", "c4"} << int(Transform::Both) << 0.5;
    }
    void existingLocksAnswerAsBefore()
    {
        QFETCH(QStringList, maps);
        QFETCH(int, transform);
        QFETCH(double, share);
        LockSpec spec = specOf({}, static_cast<Transform>(transform), share);
        for (const QString& map : maps)
            spec.maps.push_back(map.toStdString());
        const torch::NoGradGuard off;
        const auto plain = smallDetector();
        const auto locked = plain->copy();
        const MapKeys keys = mapKeys(m_key, spec, kShapes);
        lockExisting(*locked, keys);
        const torch::Tensor x = someImages(), expected = plain->forward(x);
        QVERIFY((locked->forward(x) - expected).abs().max().item<double>() > 1e-2);
        models::setMapChanges(*locked, changesOf(keys, torch::kCPU));
        QVERIFY(torch::allclose(locked->forward(x), expected, 1e-5, 1e-5));
        const auto folded = locked->copy();
        folded->fold();
        QVERIFY(torch::allclose(folded->forward(x), expected, 1e-4, 1e-4));
        models::setMapChanges(*locked, changesOf(mapKeys(m_other, spec, kShapes), torch::kCPU));
        QVERIFY((locked->forward(x) - expected).abs().max().item<double>() > 1e-2);
        models::setMapChanges(*locked, {});
        QVERIFY((locked->forward(x) - expected).abs().max().item<double>() > 1e-2);
    }

    void savedWeightsDoNotHoldTheKey()
    {
        const auto network = smallDetector();
        const auto before = network->persistent();
        models::setMapChanges(
            *network, changesOf(mapKeys(m_key, specOf({"c3"}, Transform::Both), kShapes), torch::kCPU));
        const auto after = network->persistent();
        QCOMPARE(after.size(), before.size());
        for (std::size_t i = 0; i < after.size(); ++i)
            QCOMPARE(after[i].first, before[i].first);
    }

    void partsOfAKeyAreRightWhereTheySay()
    {
        for (const Transform transform : {Transform::Permute, Transform::Both, Transform::Shuffle}) {
            const LockSpec spec = specOf({"c3"}, transform);
            const MapKeys right = mapKeys(m_key, spec, kShapes), wrong = mapKeys(m_other, spec, kShapes);
            const auto order = [&](const MapKeys& keys) {
                const MapKey& key = keys.at("c3");
                return key.cells.defined() ? key.cells : key.sources;
            };
            const auto n = static_cast<double>(order(right).size(0));
            torch::Tensor before = torch::zeros({order(right).size(0)}, torch::kBool);
            for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
                const MapKeys partly = partlyRight(right, wrong, share, m_other);
                const torch::Tensor same = order(partly).eq(order(right));
                QCOMPARE(same.sum().item<double>(), share * n);
                QVERIFY(torch::equal(std::get<0>(order(partly).sort()), torch::arange(order(right).size(0))));
                QVERIFY(
                    same.logical_or(before.logical_not()).all().item<bool>()); // what was known stays known
                before = same;
            }
            QVERIFY(torch::equal(partlyRight(right, wrong, 1, m_other).at("c3").signs, right.at("c3").signs));
        }
    }

    void keySpacesAreCounted()
    {
        const auto bits = [](Transform transform, double share = 1) {
            return keySpaceBits(specOf({"c2"}, transform, share), kShapes);
        };
        QVERIFY(std::abs(bits(Transform::Permute) - std::log2(40320)) < 1e-9);
        QVERIFY(std::abs(bits(Transform::Flip) - std::log2(70)) < 1e-9); // 8 choose 4
        QVERIFY(std::abs(bits(Transform::Both) - std::log2(40320.0 * 70)) < 1e-9);
        // Of 8, those that move at most 4: 1 + 28 pairs + 56 * 2 + 70 * 9.
        QVERIFY(std::abs(bits(Transform::Permute, 0.5) - std::log2(771)) < 1e-9);
        QVERIFY(std::abs(bits(Transform::Shuffle) - std::lgamma(17) / std::log(2.0)) < 1e-9);
        // The specification's figure for 512 channels.
        QCOMPARE(std::floor(keySpaceBits(specOf({"c1"}, Transform::Permute), {{"c1", {512, 8, 8}}})), 3875.0);
        QCOMPARE(keySpaceBits(specOf({"c2", "c3"}, Transform::Permute), kShapes),
                 bits(Transform::Permute) + keySpaceBits(specOf({"c3"}, Transform::Permute), kShapes));
    }

    /// The guess from stored means is right where the means are exact: without padding's part, a consumer
    /// that takes one pixel.
    void storedMeansGiveThePermutationAway()
    {
        const torch::Tensor map = torch::rand({4, 12, 4, 4}, at::detail::createCPUGenerator(8)) *
                                  torch::linspace(1, 3, 12).view({1, 12, 1, 1});
        const torch::Tensor weight = torch::randn({16, 12, 1, 1}, at::detail::createCPUGenerator(9));
        const MapKey key = mapKeys(m_key, specOf({"c3"}, Transform::Permute), kShapes).at("c3");
        const torch::Tensor taken = map.index_select(1, key.sources);
        const torch::Tensor mean = weight.flatten(1).mm(taken.mean({0, 2, 3}).view({12, 1})).flatten();
        QVERIFY(torch::equal(sourcesByMeans(map, weight, mean), key.sources));
        // Norms tell it where they follow the channels' strength.
        const torch::Tensor strong =
            taken.square().mean({0, 2, 3}).view({1, 12, 1, 1}).expand({16, 12, 1, 1});
        QVERIFY(torch::equal(sourcesByNorms(map, strong), key.sources));
    }

    void wrongUseIsASentence()
    {
        const auto sentence = [](const auto& call) {
            try {
                call();
            } catch (const Error& error) {
                return QString::fromStdString(error.what());
            }
            return QString();
        };
        QCOMPARE(sentence([] { mapsNamed("c2+c9", kShapes); }),
                 "layers: the detector has no map 'c9'. Choose among c1 to c4, or several as c2+c3.");
        QCOMPARE(sentence([] { mapsNamed("c2+c2", kShapes); }),
                 "layers: map c2 stands twice in 'c2+c2'. Name each map once.");
        QCOMPARE(
            sentence([&] {
                LockSpec spec = specOf({"c3"}, Transform::Shuffle);
                spec.block = 3;
                mapKeys(m_key, spec, kShapes);
            }),
            "map_block: map c3 of 4 x 4 pixels does not fill blocks of 3. Choose a block that divides its "
            "sides.");
        QVERIFY(sentence([&] {
                    lockExisting(*smallDetector(),
                                 mapKeys(m_key, specOf({"c3"}, Transform::Shuffle), kShapes));
                }).startsWith("c3: shuffled pixels of a map cannot be taken up"));
        QVERIFY(sentence([] {
                    models::setMapChanges(*smallDetector(), {{"block9", {}}});
                }).contains("no map 'block9'"));
    }
};

QTEST_GUILESS_MAIN(TestLockKeys)
#include "tst_lock_keys.moc"
