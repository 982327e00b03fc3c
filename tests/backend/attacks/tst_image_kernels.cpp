#include "backend/attacks/image_kernels.h"
#include "backend/attacks/steps.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/types.h>

#include <algorithm>
#include <cmath>

using namespace assay::attacks;

namespace {

/// Fewer numbers than a vector holds, one more, and so many that sums are made in several blocks.
constexpr std::int64_t kCounts[] = {1, 3, 16, 17, 100, 3001};
constexpr float kStep = 0.03F;

torch::Tensor normalNumbers(at::IntArrayRef shape, std::uint64_t seed)
{
    return torch::empty(shape).normal_(0, 1, at::detail::createCPUGenerator(seed));
}

/// In [0,1], some at the walls.
torch::Tensor pixelsWithWalls(at::IntArrayRef shape, std::uint64_t seed)
{
    return (normalNumbers(shape, seed) * 0.4 + 0.5).clamp(0, 1);
}

float* numbersOf(const torch::Tensor& tensor)
{
    return tensor.data_ptr<float>();
}

double largestApart(const torch::Tensor& a, const torch::Tensor& b)
{
    return (a - b).abs().amax().item<double>();
}

} // namespace

/// What is computed in one pass over the pixels is what tensor operators compute, on every instruction set
/// that this processor runs.
class TestImageKernels : public QObject
{
    Q_OBJECT

private:
    template <class Check>
    void forAll(Check check)
    {
        for (const ImageKernels* set : runnableImageKernels())
            for (const std::int64_t count : kCounts)
                QVERIFY2(check(*set, count), qPrintable(QString("%1, %2").arg(set->name).arg(count)));
    }

private Q_SLOTS:
    void signSteps()
    {
        forAll([](const ImageKernels& set, std::int64_t count) {
            const torch::Tensor low = pixelsWithWalls({count}, 1) - 0.1;
            const torch::Tensor high = low + 0.15;
            torch::Tensor gradient = normalNumbers({count}, 2);
            gradient[0] = 0;
            gradient[count / 2] = NAN;
            torch::Tensor position = low + 0.07;
            const torch::Tensor wanted = (position + kStep * gradient.sign()).clamp(low, high);
            set.signStep(numbersOf(position), numbersOf(gradient), numbersOf(low), numbersOf(high), kStep,
                         count);
            return torch::equal(position, wanted);
        });
    }

    /// Steps of APGD with momentum: the digits of the operators, whatever the compiler contracts.
    void carriesOn()
    {
        forAll([](const ImageKernels& set, std::int64_t count) {
            const torch::Tensor centre = pixelsWithWalls({count}, 1);
            const torch::Tensor low = (centre - 0.1).clamp_min(0), high = (centre + 0.1).clamp_max(1);
            const torch::Tensor position = (centre + 0.1 * normalNumbers({count}, 2)).clamp(low, high);
            const torch::Tensor previous = (centre + 0.1 * normalNumbers({count}, 3)).clamp(low, high);
            torch::Tensor gradient = normalNumbers({count}, 4);
            gradient[0] = 0;
            gradient[count / 2] = NAN;
            torch::Tensor climbed = previous.clone();
            set.climb(numbersOf(position), numbersOf(gradient), numbersOf(centre), 0.1F, kStep,
                      numbersOf(climbed), count);
            const torch::Tensor ahead = (position + kStep * gradient.sign()).clamp(low, high);
            const torch::Tensor carried =
                ((ahead - position).mul(0.75) + position).add(position - previous, 0.25);
            return torch::equal(climbed, carried.clamp(low, high));
        });
    }

    void addsAndSquares()
    {
        forAll([](const ImageKernels& set, std::int64_t count) {
            torch::Tensor position = pixelsWithWalls({count}, 1);
            const torch::Tensor direction = normalNumbers({count}, 2);
            const torch::Tensor wanted = position + kStep * direction;
            set.add(numbersOf(position), numbersOf(direction), kStep, count);
            const auto exact = [](const torch::Tensor& of) {
                return of.to(torch::kFloat64).square().sum().item<double>();
            };
            const double alone = exact(direction);
            const double apart = exact(direction - position);
            return largestApart(position, wanted) < 1e-6 &&
                   std::abs(set.squares(numbersOf(direction), nullptr, count) - alone) < 1e-6 * alone &&
                   std::abs(set.squares(numbersOf(direction), numbersOf(position), count) - apart) <
                       1e-6 * apart;
        });
    }

    void scalesWithinTheBox()
    {
        forAll([](const ImageKernels& set, std::int64_t count) {
            const torch::Tensor centre = pixelsWithWalls({count}, 1);
            const torch::Tensor position = centre + normalNumbers({count}, 2);
            torch::Tensor out = torch::empty({count});
            set.scale(numbersOf(position), numbersOf(centre), 0.7F, numbersOf(out), count);
            return largestApart(out, (centre + 0.7 * (position - centre)).clamp(0, 1)) < 1e-6;
        });
    }

    void shrinksWithinTheRoom()
    {
        forAll([](const ImageKernels& set, std::int64_t count) {
            const torch::Tensor centre = pixelsWithWalls({count}, 1);
            torch::Tensor position = centre + 0.5 * normalNumbers({count}, 2);
            const torch::Tensor way = position - centre;
            const torch::Tensor room = torch::where(way.gt(0), 1 - centre, centre);
            const torch::Tensor moved = torch::min((way.abs() - 0.2).clamp_min(0), room);
            const BoxedSum sum = set.boxedSum(numbersOf(position), numbersOf(centre), 0.2F, count);
            const double exact = moved.to(torch::kFloat64).sum().item<double>();
            const auto shrinking = moved.gt(0).logical_and_(moved.lt(room)).sum().item<std::int64_t>();
            set.boxedMove(numbersOf(position), numbersOf(centre), 0.2F, count);
            const bool still = position.eq(centre).logical_or(moved.gt(0)).all().item<bool>();
            return std::abs(sum.sum - exact) <= 1e-6 * exact + 1e-7 && sum.shrinking == shrinking &&
                   sum.largest == way.abs().amax().item<float>() && still &&
                   largestApart(position, centre + way.sign() * moved) < 1e-6;
        });
    }

    void movesAlongAndWithin()
    {
        forAll([](const ImageKernels& set, std::int64_t count) {
            const torch::Tensor centre = pixelsWithWalls({count}, 1);
            torch::Tensor direction = normalNumbers({count}, 2);
            const torch::Tensor moved = (centre + 0.3 * direction).clamp(0, 1);
            torch::Tensor out = torch::empty({count});
            set.within(numbersOf(direction), numbersOf(centre), 0.2F, numbersOf(out), count);
            const bool same =
                torch::equal(out, torch::min(torch::max(direction, centre - 0.2F), centre + 0.2F));
            set.along(numbersOf(centre), numbersOf(direction), 0.3F, numbersOf(direction), count);
            return same && largestApart(direction, moved) < 1e-6;
        });
    }

    void gathersInAnyParts()
    {
        forAll([](const ImageKernels& set, std::int64_t count) {
            const torch::Tensor centre = pixelsWithWalls({count}, 1);
            const torch::Tensor images = pixelsWithWalls({5, count}, 2);
            const torch::Tensor weights = torch::tensor({1.0F, -1.0F, -1.0F, 1.0F, 0.5F});
            const auto gathered = [&](std::int64_t part) {
                const torch::Tensor both = torch::ones({2, count});
                for (std::int64_t first = 0; first < 5; first += part)
                    set.gather(numbersOf(images) + first * count, numbersOf(centre),
                               numbersOf(weights) + first, std::min(part, 5 - first), numbersOf(both),
                               numbersOf(both) + count, count);
                return both;
            };
            const torch::Tensor ways = images - centre;
            const torch::Tensor wanted =
                1 + torch::stack({ways.sum(0), (ways * weights.unsqueeze(1)).sum(0)});
            return largestApart(gathered(5), wanted) < 1e-5 && torch::equal(gathered(2), gathered(5));
        });
    }

    /// Every instruction set draws the same: uniform numbers to the last digit.
    void drawsAlike()
    {
        const ImageKernels& plain = *runnableImageKernels().back();
        forAll([&](const ImageKernels& set, std::int64_t count) {
            const torch::Tensor numbers = torch::zeros({4, count + 1}); // nothing beyond the last
            const auto row = [&](std::int64_t i) { return numbersOf(numbers) + i * (count + 1); };
            set.uniform(5, -1, 2, row(0), count);
            plain.uniform(5, -1, 2, row(1), count);
            set.normal(~std::uint64_t(0), row(2), count);
            plain.normal(~std::uint64_t(0), row(3), count);
            return torch::equal(numbers[0], numbers[1]) && largestApart(numbers[2], numbers[3]) < 2e-6 &&
                   !numbers.select(1, count).any().item<bool>() &&
                   numbers.narrow(1, 0, count).ne(0).all().item<bool>();
        });
    }

    /// A step in one pass is advance() and project(): to the last digit for L-inf.
    void stepsAreThoseOfTheOperators()
    {
        for (const auto& [norm, eps, most] :
             {std::tuple{Norm::Linf, 0.1, 0.0}, {Norm::L2, 0.6, 1e-6}, {Norm::L1, 3.0, 0.0}}) {
            const torch::Tensor centre = pixelsWithWalls({5, 3, 7, 9}, 3);
            const Ball ball(centre, norm, eps);
            torch::Tensor found = centre.clone();
            torch::Tensor wanted = centre.clone();
            for (int i = 0; i < 6; ++i) {
                const torch::Tensor gradient = normalNumbers(centre.sizes(), 10 + i);
                gradient[1].zero_(); // no direction
                ball.step(found, gradient, eps / 3, 0.05);
                ball.advance(wanted, gradient, eps / 3, 0.05);
                ball.project(wanted);
                QVERIFY(largestApart(found, wanted) <= most);
            }
            QVERIFY(largestApart(found, centre) > 0.01);
            QVERIFY(torch::equal(found[1], centre[1]) || norm == Norm::L2);
            // A part of the batch, and a layout that is not the plain one.
            const torch::Tensor gradient = normalNumbers(centre.sizes(), 4);
            torch::Tensor whole = found.clone();
            torch::Tensor part = found.narrow(0, 2, 2).clone();
            torch::Tensor last = found.contiguous(torch::MemoryFormat::ChannelsLast).clone();
            ball.step(whole, gradient, eps / 3);
            ball.narrow(2, 2).step(part, gradient.narrow(0, 2, 2), eps / 3);
            ball.step(last, gradient, eps / 3);
            QVERIFY(torch::equal(part, whole.narrow(0, 2, 2)));
            QVERIFY(largestApart(last, whole) <= most);
        }
    }
};

QTEST_GUILESS_MAIN(TestImageKernels)
#include "tst_image_kernels.moc"
