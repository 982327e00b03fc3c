#include "backend/attacks/queries.h"
#include "backend/attacks/random_streams.h"
#include "backend/attacks/transforms.h"
#include "linear_model.h"

#include <QTest>
#include <torch/types.h>

#include <cmath>
#include <set>

using namespace assay;
using namespace assay::attacks;
using namespace assay::test;

namespace {

double average(const torch::Tensor& t)
{
    return t.to(torch::kFloat64).mean().item<double>();
}

} // namespace

class TestRandomStreams : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aDrawDependsOnItsSampleAlone()
    {
        const RandomStreams streams(7, 1);
        const torch::Tensor like = torch::empty({1, 2, 3, 4});
        const torch::Tensor all = streams.uniform(like, torch::arange(10), 5);
        QCOMPARE(all.sizes().vec(), (std::vector<std::int64_t>{10, 2, 3, 4}));
        const torch::Tensor some = streams.uniform(like, torch::tensor({8, 3}, torch::kInt64), 5);
        QVERIFY(torch::equal(some[0], all[8]) && torch::equal(some[1], all[3]));
        QVERIFY(!torch::equal(streams.uniform(like, torch::arange(10), 6), all));
        QVERIFY(!torch::equal(RandomStreams(8, 1).uniform(like, torch::arange(10), 5), all));
        QVERIFY(!torch::equal(RandomStreams(7, 2).uniform(like, torch::arange(10), 5), all));
    }

    void operatorsGiveTheSameNumbers()
    {
        const RandomStreams streams(0xfedcba9876543210u, 3);
        const torch::Tensor like = torch::empty({1, 1, 7, 9});
        const torch::Tensor samples = torch::tensor({0, 5, 1000000007, -3}, torch::kInt64);
        for (const std::int64_t iteration : {0, 1, 999})
            QVERIFY(torch::equal(
                streams.uniform(like, samples, iteration),
                streams.uniformByOperators(like, samples, torch::full_like(samples, iteration))));
    }

    /// Of even and odd width. A pair's angle is rounded, so that its numbers agree to a share of its length.
    void operatorsGiveTheSameNormals()
    {
        const RandomStreams streams(0xfedcba9876543210u, 3);
        const torch::Tensor samples = torch::tensor({0, 5, 1000000007, -3}, torch::kInt64);
        for (const std::int64_t width : {1, 2, 3, 62, 63, 64, 65, 784}) {
            const torch::Tensor like = torch::empty({1, width});
            const torch::Tensor rows = streams.normal(like, samples, 999);
            const torch::Tensor wanted =
                streams.normalByOperators(like, samples, torch::full_like(samples, 999));
            const std::int64_t half = (width + 1) / 2;
            // Of an odd row's last pair only one number is seen: taken for the longest.
            const torch::Tensor second = torch::full({4, half}, 5.8F);
            second.narrow(1, 0, width - half).copy_(wanted.narrow(1, half, width - half));
            const torch::Tensor length = wanted.narrow(1, 0, half).hypot(second);
            const torch::Tensor lengths = torch::cat({length, length.narrow(1, 0, width - half)}, 1);
            const torch::Tensor apart = (rows - wanted).abs();
            QVERIFY2(apart.le(1e-6 * lengths).all().item<bool>(),
                     qPrintable(QString("%1: %2").arg(width).arg(apart.max().item<double>())));
            // A row of its own iteration, and the numbers of one row at a time.
            const torch::Tensor own =
                streams.normalByOperators(like, samples, torch::tensor({7, 999, 8, 9}, torch::kInt64));
            QVERIFY(torch::equal(own[1], wanted[1]) && !torch::equal(own[0], wanted[0]));
            torch::Tensor alone = torch::empty({width});
            streams.normal(alone.data_ptr<float>(), width, 1000000007, 999);
            QVERIFY(torch::equal(alone, rows[2]));
        }
    }

    void uniformIsUniform()
    {
        const torch::Tensor u = RandomStreams(1, 1).uniform(torch::empty({1, 100}), torch::arange(2000));
        QVERIFY(u.min().item<float>() >= 0 && u.max().item<float>() < 1);
        const torch::Tensor counts = torch::bincount((u * 20).to(torch::kInt64).flatten(), {}, 20);
        // Chi-squared of 19 degrees of freedom: 43.8 is its 99.9th percentile.
        const double chi = (counts.to(torch::kFloat64) - 10000).pow(2).div(10000).sum().item<double>();
        QVERIFY2(chi < 43.8, qPrintable(QString::number(chi)));
        // Neighbours in position, sample and iteration do not follow each other: 4 standard errors.
        const auto correlation = [](const torch::Tensor& a, const torch::Tensor& b) {
            return std::abs(average((a - 0.5) * (b - 0.5)) * 12) * std::sqrt(double(a.numel()));
        };
        QVERIFY(correlation(u.narrow(1, 0, 99), u.narrow(1, 1, 99)) < 4);
        QVERIFY(correlation(u.narrow(0, 0, 1999), u.narrow(0, 1, 1999)) < 4);
        const torch::Tensor next =
            RandomStreams(1, 1).uniform(torch::empty({1, 100}), torch::arange(2000), 1);
        QVERIFY(correlation(u, next) < 4);
    }

    void normalIsNormal()
    {
        const torch::Tensor z = RandomStreams(1, 1).normal(torch::empty({1, 100}), torch::arange(2000));
        const double error = 1 / std::sqrt(200000.0);
        QVERIFY(std::abs(average(z)) < 4 * error);
        QVERIFY(std::abs(average(z.pow(2)) - 1) < 4 * std::sqrt(2.0) * error);
        QVERIFY(std::abs(average(z.pow(4)) - 3) < 4 * std::sqrt(96.0) * error);
        QVERIFY(std::abs(average(z.abs().lt(1)) - 0.6827) < 4 * 0.4654 * error);
        QVERIFY(z.isfinite().all().item<bool>());
        // Skewness, the tails beyond 3, and Kolmogorov-Smirnov: 1.95 is its 99.9th percentile.
        QVERIFY(std::abs(average(z.pow(3))) < 4 * std::sqrt(15.0) * error);
        QVERIFY(std::abs(average(z.abs().gt(3)) - 0.0026998) < 4 * 0.0519 * error);
        const torch::Tensor sorted = std::get<0>(z.flatten().to(torch::kFloat64).sort());
        const torch::Tensor cumulated = 0.5 * (1 + (sorted / std::sqrt(2.0)).erf());
        const torch::Tensor steps = torch::arange(0, 200000, torch::kFloat64) / 200000;
        const double apart =
            torch::max((cumulated - steps).amax(), (steps + 1 / 200000.0 - cumulated).amax()).item<double>();
        QVERIFY2(apart * std::sqrt(200000.0) < 1.95, qPrintable(QString::number(apart)));
        // Cosine and sine of a pair, the pairs of one hash, neighbours and squares do not follow each other.
        const auto correlation = [&](const torch::Tensor& a, const torch::Tensor& b) {
            return std::abs(average(a * b)) * std::sqrt(double(a.numel()));
        };
        const torch::Tensor first = z.narrow(1, 0, 50), second = z.narrow(1, 50, 50);
        QVERIFY(correlation(first, second) < 4);
        QVERIFY(correlation(first.square() - 1, second.square() - 1) < 4 * 2);
        QVERIFY(correlation(z.narrow(1, 0, 99), z.narrow(1, 1, 99)) < 4);
        QVERIFY(correlation(z.narrow(1, 0, 99).square() - 1, z.narrow(1, 1, 99).square() - 1) < 4 * 2);
        QVERIFY(correlation(z.narrow(0, 0, 1999), z.narrow(0, 1, 1999)) < 4);
        QVERIFY(correlation(z, RandomStreams(1, 1).normal(torch::empty({1, 100}), torch::arange(2000), 1)) <
                4);
    }

    void wordsAreTheUpperBits()
    {
        const RandomStreams streams(9, 4);
        const torch::Tensor samples = torch::tensor({0, 5, 5, 1000000007}, torch::kInt64);
        const torch::Tensor iterations = torch::tensor({0, 3, 4, 999}, torch::kInt64);
        const torch::Tensor words = streams.wordByOperators(samples, iterations);
        for (std::int64_t i = 0; i < 4; ++i) {
            const auto sample = samples[i].item<std::int64_t>(),
                       iteration = iterations[i].item<std::int64_t>();
            const std::uint32_t word = streams.word(sample, iteration);
            QCOMPARE(words[i].item<std::int64_t>(), std::int64_t(word));
            float first = 0;
            streams.uniform(&first, 1, sample, iteration);
            QCOMPARE(std::uint32_t(first * (1 << 24)), word >> 8);
        }
    }

    void sharedDrawsAreUniform()
    {
        const RandomStreams streams(3, 2);
        double sum = 0;
        std::set<double> seen;
        for (int i = 0; i < 2000; ++i) {
            const double u = streams.shared(i / 4, i % 4);
            QVERIFY(u >= 0 && u < 1);
            seen.insert(u);
            sum += u;
        }
        QVERIFY(seen.size() > 1990);
        QVERIFY(std::abs(sum / 2000 - 0.5) < 4 * std::sqrt(1.0 / 12 / 2000));
    }

    /// Half of the iterations resize, and one draw is for the whole batch.
    void diversityResizesHalfOfTheTime()
    {
        const RandomStreams streams(4, kTransformStream);
        const torch::Tensor samples = torch::arange(2);
        const InputDiversity diversity;
        const torch::Tensor image = someImages(1, 28);
        const torch::Tensor twice = torch::cat({image, image});
        int resized = 0;
        for (std::int64_t i = 0; i < 400; ++i) {
            const torch::Tensor out =
                diversity.apply(twice, 0, {.streams = streams, .iteration = i, .samples = samples});
            QCOMPARE(out.sizes(), twice.sizes());
            QVERIFY(torch::equal(out[0], out[1]));
            resized += !torch::equal(out, twice);
        }
        QVERIFY(std::abs(resized - 200) < 4 * 10);
        // Never, always, and an image too small to be enlarged.
        const TransformDraw draw{.streams = streams, .iteration = 0, .samples = samples};
        QVERIFY(torch::equal(InputDiversity(1.1, 0).apply(twice, 0, draw), twice));
        QVERIFY(!torch::equal(InputDiversity(1.1, 1).apply(twice, 0, draw), twice));
        const torch::Tensor tiny = someImages(2, 6);
        QVERIFY(torch::equal(InputDiversity(1.1, 1).apply(tiny, 0, draw), tiny));
    }

    void smoothingKeepsEachChannelApart()
    {
        torch::Tensor gradient = torch::zeros({2, 3, 70, 9});
        gradient[1][2][35][4] = 1;
        const torch::Tensor out = GaussianSmoothing(3).apply(gradient);
        QVERIFY(std::abs(out.sum().item<double>() - 1) < 1e-6);
        QVERIFY(std::abs(out[1][2].sum().item<double>() - 1) < 1e-6);
        const double edge = std::exp(-4.5), whole = 1 + 2 * edge; // u = -3, 0, 3
        QVERIFY(std::abs(out[1][2][35][4].item<double>() - 1 / (whole * whole)) < 1e-6);
        QVERIFY(std::abs(out[1][2][34][4].item<double>() - edge / (whole * whole)) < 1e-6);
        QVERIFY(torch::equal(GaussianSmoothing(1).apply(gradient), gradient));
    }

    void queriesAreCountedBySample()
    {
        const auto model = seededModel("mlp", 3);
        Queries queries([&](const torch::Tensor& x) { return model->logits(x); }, 5);
        const torch::Tensor x = someImages(3);
        const torch::Tensor rows = torch::tensor({4, 0, 2}, torch::kInt64);
        const torch::Tensor z = queries.logits(x, rows);
        QVERIFY(torch::allclose(z, model->logits(x), 0, 1e-5));
        // Rows of a group that begins at the second sample.
        queries.logits(x.narrow(0, 0, 2), torch::tensor({3, 0}, torch::kInt64), 1);
        QVERIFY(torch::equal(queries.counts(), torch::tensor({1, 1, 1, 0, 2}, torch::kInt64)));
        QCOMPARE(queries.total(), 5);
    }
};

QTEST_GUILESS_MAIN(TestRandomStreams)
#include "tst_random_streams.moc"
