#include "backend/attacks/random_streams.h"

#include "backend/arrays/counter_random.h"
#include "backend/attacks/image_kernels.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <functional>
#include <numeric>
#include <vector>

namespace assay::attacks {

namespace {

using arrays::kDroppedBits;
using arrays::kGolden;
using arrays::kMixA;
using arrays::kMixB;
using arrays::mixed;
using arrays::unitFloat;

constexpr double kTwoPi = 6.283185307179586;
constexpr double kEighth = 0.125;
constexpr int kWordDropped = 32;
constexpr int kUnitBits = 64 - kDroppedBits;
constexpr int kHalfDropped = 32 - kUnitBits; ///< of the lower half of the bits

std::int64_t asSigned(std::uint64_t bits)
{
    return static_cast<std::int64_t>(bits);
}

/// Logical shift of int64: torch's own keeps the sign.
torch::Tensor shiftedRight(const torch::Tensor& z, int bits)
{
    return z.__rshift__(bits).bitwise_and_(asSigned(~std::uint64_t(0) >> bits));
}

/// mixed() on int64, whose products wrap like unsigned ones.
torch::Tensor mixed(torch::Tensor z)
{
    z = z.bitwise_xor(shiftedRight(z, 30)).mul_(asSigned(kMixA));
    z = z.bitwise_xor(shiftedRight(z, 27)).mul_(asSigned(kMixB));
    return z.bitwise_xor(shiftedRight(z, 31));
}

std::vector<std::int64_t> drawnShape(const torch::Tensor& like, std::int64_t rows)
{
    std::vector<std::int64_t> shape = like.sizes().vec();
    shape.front() = rows;
    return shape;
}

std::int64_t rowWidth(const std::vector<std::int64_t>& shape)
{
    return std::accumulate(shape.begin() + 1, shape.end(), std::int64_t(1), std::multiplies<>());
}

/// In [0,1), of 24 bits each.
torch::Tensor unitFloats(const torch::Tensor& bits)
{
    return bits.to(torch::kFloat32).mul_(arrays::kRandomUnit);
}

} // namespace

RandomStreams::RandomStreams(std::uint64_t seed, std::uint64_t purpose)
    : m_key(mixed(mixed(seed + kGolden) + purpose * kGolden))
{}

std::uint64_t RandomStreams::start(std::uint64_t sample, std::int64_t iteration) const
{
    return mixed(mixed(m_key + sample * kGolden) + static_cast<std::uint64_t>(iteration) * kGolden);
}

void RandomStreams::uniform(float* out, std::int64_t count, std::int64_t sample, std::int64_t iteration) const
{
    imageKernels().uniform(start(static_cast<std::uint64_t>(sample), iteration), 0, 1, out, count);
}

void RandomStreams::cube(float* out, std::int64_t count, std::int64_t sample, std::int64_t iteration) const
{
    imageKernels().uniform(start(static_cast<std::uint64_t>(sample), iteration), -1, 2, out, count);
}

void RandomStreams::normal(float* out, std::int64_t count, std::int64_t sample, std::int64_t iteration) const
{
    imageKernels().normal(start(static_cast<std::uint64_t>(sample), iteration), out, count);
}

torch::Tensor RandomStreams::filled(Fill fill, const torch::Tensor& like, const torch::Tensor& samples,
                                    std::int64_t iteration) const
{
    const std::int64_t rows = samples.size(0);
    torch::Tensor result = torch::empty(drawnShape(like, rows), torch::kFloat32);
    const std::int64_t width = rows > 0 ? result.numel() / rows : 0;
    const torch::Tensor ids = samples.contiguous();
    const auto* id = ids.data_ptr<std::int64_t>();
    auto* out = result.data_ptr<float>();
    for (std::int64_t i = 0; i < rows; ++i)
        (this->*fill)(out + i * width, width, id[i], iteration);
    return result;
}

torch::Tensor RandomStreams::uniform(const torch::Tensor& like, const torch::Tensor& samples,
                                     std::int64_t iteration) const
{
    if (samples.is_cpu())
        return filled(&RandomStreams::uniform, like, samples, iteration);
    return uniformByOperators(like, samples, torch::full_like(samples, iteration));
}

torch::Tensor RandomStreams::normal(const torch::Tensor& like, const torch::Tensor& samples,
                                    std::int64_t iteration) const
{
    if (samples.is_cpu())
        return filled(&RandomStreams::normal, like, samples, iteration);
    return normalByOperators(like, samples, torch::full_like(samples, iteration));
}

torch::Tensor RandomStreams::bits(const torch::Tensor& samples, const torch::Tensor& iterations,
                                  std::int64_t draws) const
{
    const torch::Tensor keys = mixed(samples.mul(asSigned(kGolden)).add_(asSigned(m_key)));
    const torch::Tensor starts = mixed(keys.add_(iterations.mul(asSigned(kGolden)))).unsqueeze(1);
    const torch::Tensor offsets = torch::arange(1, draws + 1, samples.options()).mul_(asSigned(kGolden));
    return mixed(starts + offsets);
}

torch::Tensor RandomStreams::uniformByOperators(const torch::Tensor& like, const torch::Tensor& samples,
                                                const torch::Tensor& iterations) const
{
    const torch::NoGradGuard off;
    const std::vector<std::int64_t> shape = drawnShape(like, samples.size(0));
    return unitFloats(shiftedRight(bits(samples, iterations, rowWidth(shape)), kDroppedBits)).view(shape);
}

torch::Tensor RandomStreams::normalByOperators(const torch::Tensor& like, const torch::Tensor& samples,
                                               const torch::Tensor& iterations) const
{
    const torch::NoGradGuard off;
    const std::vector<std::int64_t> shape = drawnShape(like, samples.size(0));
    const std::int64_t width = rowWidth(shape);
    const std::int64_t half = (width + 1) / 2;
    const std::int64_t fours = (half + 1) / 2;
    const torch::Tensor drawn = bits(samples, iterations, 2 * fours).view({samples.size(0), fours, 2, 1});
    const torch::Tensor lower = shiftedRight(drawn, kHalfDropped).bitwise_and_((1 << kUnitBits) - 1);
    const torch::Tensor both = unitFloats(torch::cat({lower, shiftedRight(drawn, kDroppedBits)}, 3));
    // 1 - u lies in (0,1]: its logarithm is finite.
    const torch::Tensor radius = both.select(2, 0).neg().add_(1).log_().mul_(-2).sqrt_().flatten(1);
    const torch::Tensor angle = both.select(2, 1).sub(kEighth).mul_(kTwoPi).flatten(1);
    const auto part = [&](const torch::Tensor& turned, std::int64_t count) {
        return turned.mul(radius).narrow(1, 0, count);
    };
    return torch::cat({part(angle.cos(), half), part(angle.sin(), width - half)}, 1).view(shape);
}

double RandomStreams::shared(std::int64_t iteration, std::int64_t position) const
{
    const std::uint64_t counter = start(static_cast<std::uint64_t>(kShared), iteration);
    return unitFloat(mixed(counter + static_cast<std::uint64_t>(position + 1) * kGolden));
}

std::uint32_t RandomStreams::word(std::int64_t sample, std::int64_t iteration) const
{
    const std::uint64_t counter = start(static_cast<std::uint64_t>(sample), iteration);
    return static_cast<std::uint32_t>(mixed(counter + kGolden) >> kWordDropped);
}

torch::Tensor RandomStreams::wordByOperators(const torch::Tensor& samples,
                                             const torch::Tensor& iterations) const
{
    return shiftedRight(bits(samples, iterations, 1), kWordDropped).squeeze(1);
}

} // namespace assay::attacks
