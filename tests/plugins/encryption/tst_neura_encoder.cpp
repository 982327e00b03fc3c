#include "backend/protocol/error.h"
#include "plugins/encryption/neura_encoder.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <QTest>
#include <torch/types.h>

#include <cmath>

using namespace assay;
using namespace assay::encryption;

namespace {

torch::Tensor drawnImages(std::int64_t n, std::int64_t channels)
{
    return torch::empty({n, channels, 8, 12}, torch::kUInt8)
        .random_(0, 256, at::detail::createCPUGenerator(4));
}

NeuraSpec smallNeura()
{
    return {.patch = 4, .width = 12, .depth = 2};
}

const SecretKey& neuraKey()
{
    static const SecretKey key = SecretKey::fromBytes("vision");
    return key;
}

double largest(const torch::Tensor& difference)
{
    return difference.abs().max().item<double>();
}

} // namespace

/// NeuraCrypt's encoder against one put together here from convolutions, as its authors' code has it.
class TestNeuraEncoder : public QObject
{
    Q_OBJECT

    const torch::Tensor m_images = drawnImages(20, 3);
    const torch::Tensor m_ids = torch::arange(20);

private Q_SLOTS:
    void formulaByConvolutions_data()
    {
        QTest::addColumn<int>("depth");
        QTest::addColumn<bool>("separate");
        QTest::addColumn<bool>("rotate");
        QTest::newRow("linear") << -1 << false << false;
        QTest::newRow("depth 0") << 0 << false << false;
        QTest::newRow("depth 2") << 2 << false << false;
        QTest::newRow("separate channels") << 2 << true << false;
        QTest::newRow("rotated") << 1 << true << true;
    }
    void formulaByConvolutions()
    {
        QFETCH(int, depth);
        QFETCH(bool, separate);
        QFETCH(bool, rotate);
        const torch::NoGradGuard off;
        NeuraSpec spec = smallNeura();
        spec.depth = depth;
        spec.separate = separate;
        spec.rotate = rotate;
        at::Generator generator = at::detail::createCPUGenerator(9);
        const NeuraWeights weights = drawNeuraWeights(spec, 3, 8, 12, [&](const std::string&) {
            return [&] { return at::rand({}, generator, torch::kFloat64).item<double>(); };
        });
        const torch::Tensor x = at::randn({5, 3, 8, 12}, generator);
        const torch::Tensor z = neuraForward(
            weights, spec, x, [](std::size_t, const torch::Tensor& rows) { return normalisedByBatch(rows); });

        torch::Tensor in = x;
        if (rotate)
            in = at::conv2d(x, weights.rotation.view({3, 3, 1, 1}));
        std::vector<torch::Tensor> parts;
        for (const auto& branch : weights.branches) {
            const std::int64_t out = branch.embedding.bias.size(0);
            torch::Tensor h =
                at::conv2d(in.narrow(1, branch.first, branch.count),
                           branch.embedding.weight.view({out, branch.count, 4, 4}), branch.embedding.bias, 4);
            if (depth >= 0)
                h = h.relu();
            for (const auto& inner : branch.inner)
                h = at::batch_norm(at::conv2d(h, inner.weight.view({out, out, 1, 1}), inner.bias), {}, {}, {},
                                   {},
                                   /*training=*/true, 0.1, 1e-5, false)
                        .relu();
            parts.push_back(h);
        }
        torch::Tensor h = at::cat(parts, 1).flatten(2).transpose(1, 2) + weights.positions;
        if (depth >= 0)
            h = h.relu();
        h = at::linear(h, weights.mix.weight, weights.mix.bias);
        QCOMPARE(z.sizes(), (torch::IntArrayRef{5, 6, 12}));
        QVERIFY2(largest(z - h) < 1e-5, qPrintable(QString::number(largest(z - h))));
    }

    /// Bounds of the default initialisation, 1 / sqrt(fan in), are filled; a rotation is one.
    void weightsAreOfTheirDistributions()
    {
        NeuraSpec spec{.width = 96, .depth = 1, .separate = true, .rotate = true};
        at::Generator generator = at::detail::createCPUGenerator(2);
        const NeuraWeights weights = drawNeuraWeights(spec, 3, 28, 28, [&](const std::string&) {
            return [&] { return at::rand({}, generator, torch::kFloat64).item<double>(); };
        });
        QCOMPARE(weights.branches.size(), std::size_t(3));
        const torch::Tensor& embedding = weights.branches[1].embedding.weight;
        QCOMPARE(embedding.sizes(), (torch::IntArrayRef{32, 16}));
        QVERIFY(largest(embedding) <= 0.25 && largest(embedding) > 0.24);
        QVERIFY(std::abs(weights.branches[2].inner[0].weight.std().item<double>() - 1 / std::sqrt(3 * 32.0)) <
                0.005); // of a uniform distribution
        QCOMPARE(weights.positions.sizes(), (torch::IntArrayRef{49, 96}));
        QVERIFY(std::abs(weights.positions.std().item<double>() - 1) < 0.05);
        QVERIFY(std::abs(weights.positions.mean().item<double>()) < 0.05);
        QVERIFY(largest(weights.rotation.mm(weights.rotation.t()) - torch::eye(3)) < 1e-5);
    }

    void theKeyIsTheEncoding()
    {
        const NeuraEncoder one(smallNeura(), neuraKey(), m_images, torch::kCPU);
        const NeuraEncoder again(smallNeura(), neuraKey(), m_images, torch::kCPU);
        const torch::Tensor z = one.encode(m_images, m_ids);
        QVERIFY(torch::equal(z, again.encode(m_images, m_ids)));
        const NeuraEncoder other(smallNeura(), neuraKey().withBitFlipped(0), m_images, torch::kCPU);
        QVERIFY(largest(z.mean(1) - other.encode(m_images, m_ids).mean(1)) > 0.1);
    }

    void threadsChangeNothingThatMatters()
    {
        const int threads = at::get_num_threads();
        const NeuraSpec spec{.width = 96, .depth = 4};
        std::vector<torch::Tensor> encodings;
        for (const int count : {1, 2, 4}) {
            at::set_num_threads(count);
            encodings.push_back(
                NeuraEncoder(spec, neuraKey(), m_images, torch::kCPU).encode(m_images, m_ids));
        }
        at::set_num_threads(threads);
        QVERIFY(largest(encodings[1] - encodings[0]) <= 1e-5);
        QVERIFY(largest(encodings[2] - encodings[0]) <= 1e-5);
    }

    /// With frozen statistics an image's encoding is its own; normalised by batch it depends on its
    /// neighbours.
    void anEncodingDoesNotDependOnItsBatch()
    {
        NeuraSpec spec = smallNeura();
        const NeuraEncoder frozen(spec, neuraKey(), m_images, torch::kCPU);
        const torch::Tensor all = frozen.ordered(m_images);
        QVERIFY(largest(frozen.ordered(m_images.narrow(0, 3, 4)) - all.narrow(0, 3, 4)) < 1e-5);
        // Floats of [0,1] are the same images.
        QVERIFY(torch::equal(frozen.ordered(m_images.to(torch::kFloat32).div(255)), all));
        spec.perBatch = true;
        const NeuraEncoder loose(spec, neuraKey(), m_images, torch::kCPU);
        QVERIFY(largest(loose.ordered(m_images.narrow(0, 3, 4)) - loose.ordered(m_images).narrow(0, 3, 4)) >
                1e-2);
        // On the images that the statistics were measured on they are those of the batch.
        QVERIFY(largest(loose.ordered(m_images) - all) < 1e-4);
    }

    void shufflingMovesPatchesOnly()
    {
        NeuraSpec spec = smallNeura();
        const NeuraEncoder encoder(spec, neuraKey(), m_images, torch::kCPU);
        const torch::Tensor ordered = encoder.ordered(m_images), shuffled = encoder.encode(m_images, m_ids);
        int moved = 0;
        for (std::int64_t i = 0; i < 20; ++i) {
            moved += !torch::equal(shuffled[i], ordered[i]);
            // Every row is a row of the ordered encoding, each once.
            const torch::Tensor same =
                (shuffled[i].unsqueeze(1) - ordered[i].unsqueeze(0)).abs().sum(2).eq(0);
            QVERIFY(same.sum(0).eq(1).all().item<bool>() && same.sum(1).eq(1).all().item<bool>());
        }
        QVERIFY(moved >= 18); // one of 720 orders moves nothing
        // The order goes with the number of the image.
        QVERIFY(
            torch::equal(encoder.encode(m_images.narrow(0, 3, 1), m_ids.narrow(0, 3, 1))[0].mean(0) * 0 + 1,
                         torch::ones({12})));
        const torch::Tensor same = m_images.narrow(0, 0, 1).expand({20, -1, -1, -1});
        const torch::Tensor orders = encoder.encode(same, m_ids);
        QVERIFY(largest(orders[0] - orders[1]) + largest(orders[0] - orders[2]) > 0.01);
        spec.shuffle = false;
        const NeuraEncoder inOrder(spec, neuraKey(), m_images, torch::kCPU);
        QVERIFY(torch::equal(inOrder.encode(m_images, m_ids), ordered));
    }

    void mistakesAreSentences()
    {
        const auto sentence = [&](const NeuraSpec& spec) {
            try {
                NeuraEncoder(spec, neuraKey(), m_images, torch::kCPU);
            } catch (const Error& error) {
                return QString::fromStdString(error.what());
            }
            return QString();
        };
        NeuraSpec spec = smallNeura();
        spec.patch = 5;
        QCOMPARE(
            sentence(spec),
            "NeuraCrypt: patches of 5 pixels do not fill images of 8 x 12. Choose a side that divides both.");
        spec = smallNeura();
        spec.separate = true;
        spec.width = 13;
        QCOMPARE(sentence(spec),
                 "NeuraCrypt: width is 13; with a network for each channel it must be a multiple "
                 "of 3.");
        spec.depth = 65;
        QCOMPARE(sentence(spec), "NeuraCrypt: depth is 65; it must be from -1 to 64.");
    }
};

QTEST_GUILESS_MAIN(TestNeuraEncoder)
#include "tst_neura_encoder.moc"
