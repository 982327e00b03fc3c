#include "plugins/encryption/neura_attacks.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Functions.h>
#include <QTest>
#include <torch/types.h>

#include <cmath>

using namespace assay;
using namespace assay::encryption;

/// Attacks on small random encoders of which everything is known here.
class TestNeuraAttacks : public QObject
{
    Q_OBJECT

    at::Generator m_generator = at::detail::createCPUGenerator(6);

    struct Side
    {
        torch::Tensor x, z;
    };
    /// Images with neighbours that resemble each other, and their encodings in order.
    Side sideOf(const NeuraSpec& spec, std::int64_t images)
    {
        const torch::Tensor coarse = at::rand({images, 3, 4, 4}, m_generator);
        const torch::Tensor pixels =
            at::upsample_bilinear2d(coarse, {8, 8}, false).mul(255).to(torch::kUInt8);
        const NeuraEncoder encoder(spec, SecretKey::fromBytes("vision"), m_own, torch::kCPU);
        return {encoder.normalised(pixels), encoder.ordered(pixels)};
    }
    torch::Tensor m_own;

private Q_SLOTS:
    void initTestCase()
    {
        m_own = at::upsample_bilinear2d(at::rand({50, 3, 4, 4}, m_generator), {8, 8}, false)
                    .mul(255)
                    .to(torch::kUInt8);
    }

    void errorOfTheMeanIsOne()
    {
        const torch::Tensor z = at::randn({40, 4, 6}, m_generator);
        QVERIFY(std::abs(normalisedError(z.mean(0).expand_as(z), z) - 1) < 1e-6);
        QVERIFY(normalisedError(z, z) == 0);
        // Half of what varies: a quarter of its square.
        QVERIFY(std::abs(normalisedError((z + z.mean(0)) / 2, z) - 0.25) < 1e-6);
    }

    void regressionBreaksTheLinearEncoder()
    {
        const NeuraSpec linear{.patch = 4, .width = 12, .depth = -1},
            deep{.patch = 4, .width = 12, .depth = 2};
        const Side known = sideOf(linear, 60), fresh = sideOf(linear, 30);
        const NeuraRegression fit = regressionAttack(4, known.x, known.z);
        QVERIFY(normalisedError(fit.encode(fresh.x, 4), fresh.z) < 1e-6);
        const Side knownDeep = sideOf(deep, 60), freshDeep = sideOf(deep, 30);
        const double error = normalisedError(
            regressionAttack(4, knownDeep.x, knownDeep.z).encode(freshDeep.x, 4), freshDeep.z);
        QVERIFY2(error > 0.05, qPrintable(QString::number(error)));
    }

    void imitationLearns_data()
    {
        QTest::addColumn<int>("depth");
        QTest::newRow("linear") << -1;
        QTest::newRow("depth 1") << 1;
    }
    void imitationLearns()
    {
        QFETCH(int, depth);
        const NeuraSpec spec{.patch = 4, .width = 12, .depth = depth};
        const Side known = sideOf(spec, 120), fresh = sideOf(spec, 40);
        NeuraAttackSpec attack{.learningRate = 0.01};
        std::int64_t steps = 0;
        const auto errorAfter = [&](int epochs) {
            attack.epochs = epochs;
            const NeuraStudent student =
                plaintextAttack(spec, known.x, known.z, attack, [&](std::int64_t, std::int64_t) { ++steps; });
            return normalisedError(student.encode(fresh.x), fresh.z);
        };
        const double few = errorAfter(1), many = errorAfter(60);
        QCOMPARE(steps, std::int64_t(61 * (120 / attack.batch)));
        QVERIFY2(many < few / 2 && many < 0.5, qPrintable(QString("%1 %2").arg(few).arg(many)));
        QCOMPARE(errorAfter(1), few); // the same seed, the same digits
    }

    void mmdByHand()
    {
        const torch::Tensor a = at::randn({7, 3}, m_generator), b = at::randn({5, 3}, m_generator) + 0.5;
        const auto kernel = [](const torch::Tensor& p, const torch::Tensor& q) {
            double sum = 0;
            for (const double scale : {1e-6, 1e-5, 1e-4, 1e-3, .01, .1, 1., 5., 10., 15., 20., 25., 30., 35.,
                                       100., 1e3, 1e4, 1e5, 1e6})
                sum += std::exp(-(p - q).square().sum().item<double>() / (2 * scale));
            return sum;
        };
        const auto mean = [&](const torch::Tensor& p, const torch::Tensor& q) {
            double sum = 0;
            for (std::int64_t i = 0; i < p.size(0); ++i)
                for (std::int64_t j = 0; j < q.size(0); ++j)
                    sum += kernel(p[i], q[j]);
            return sum / static_cast<double>(p.size(0) * q.size(0));
        };
        const double expected = mean(a, a) + mean(b, b) - 2 * mean(a, b);
        QVERIFY(std::abs(squaredMmd(a, b).item<double>() - expected) < 1e-4);
        QVERIFY(std::abs(squaredMmd(a, a).item<double>()) < 1e-5);
    }

    void distributionsAreMatched()
    {
        const NeuraSpec spec{.patch = 4, .width = 12, .depth = 1};
        const Side published = sideOf(spec, 100), own = sideOf(spec, 100);
        const torch::Tensor means = published.z.mean(1);
        const auto discrepancy = [&](int epochs) {
            const NeuraStudent student =
                mmdAttack(spec, own.x, means, {.epochs = epochs, .batch = 50, .learningRate = 0.02}, {});
            return squaredMmd(student.encode(own.x).mean(1), means).item<double>();
        };
        const double few = discrepancy(1), many = discrepancy(40);
        QVERIFY2(many < 0.7 * few, qPrintable(QString("%1 %2").arg(few).arg(many)));
    }

    void whoIsNearest()
    {
        // Candidate 1 lies nearer to encoding 0 than its own.
        const torch::Tensor published = torch::tensor({{0., 0.}, {4., 0.}, {0., 9.}});
        const torch::Tensor guess = torch::tensor({{1., 0.}, {-.5, 0.}, {0., 8.}});
        const Reidentified who = reidentify(guess, published, 2);
        QVERIFY(torch::equal(who.nearest, torch::tensor({{1, 0}, {0, 1}, {2, 1}}, torch::kInt64)));
        QVERIFY(torch::equal(who.rank, torch::tensor({1, 1, 0}, torch::kInt64)));
    }
};

QTEST_GUILESS_MAIN(TestNeuraAttacks)
#include "tst_neura_attacks.moc"
