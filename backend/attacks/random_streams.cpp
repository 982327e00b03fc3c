#include "backend/attacks/random_streams.h"

#include "backend/arrays/counter_random.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

namespace assay::attacks {

namespace {

using arrays::kDroppedBits;
using arrays::kGolden;
using arrays::kMixA;
using arrays::kMixB;
using arrays::mixed;
using arrays::unitFloat;

constexpr double kTwoPi = 6.283185307179586;

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

} // namespace

RandomStreams::RandomStreams(std::uint64_t seed, std::uint64_t purpose)
    : m_key(mixed(mixed(seed + kGolden) + purpose * kGolden))
{}

std::uint64_t RandomStreams::start(std::uint64_t sample, std::int64_t iteration) const
{
    return mixed(mixed(m_key + sample * kGolden) + static_cast<std::uint64_t>(iteration) * kGolden);
}

torch::Tensor RandomStreams::uniform(const torch::Tensor& like, const torch::Tensor& samples,
                                     std::int64_t iteration) const
{
    if (!samples.is_cpu())
        return uniformByOperators(like, samples, iteration);
    const std::int64_t rows = samples.size(0);
    torch::Tensor result = torch::empty(drawnShape(like, rows), torch::kFloat32);
    const std::int64_t width = rows > 0 ? result.numel() / rows : 0;
    const torch::Tensor ids = samples.contiguous();
    const auto* id = ids.data_ptr<std::int64_t>();
    float* out = result.data_ptr<float>();
    for (std::int64_t i = 0; i < rows; ++i) {
        std::uint64_t counter = start(static_cast<std::uint64_t>(id[i]), iteration);
        for (std::int64_t j = 0; j < width; ++j)
            *out++ = unitFloat(mixed(counter += kGolden));
    }
    return result;
}

torch::Tensor RandomStreams::uniformByOperators(const torch::Tensor& like, const torch::Tensor& samples,
                                                std::int64_t iteration) const
{
    const torch::NoGradGuard off;
    const std::int64_t rows = samples.size(0);
    const std::vector<std::int64_t> shape = drawnShape(like, rows);
    std::int64_t width = 1;
    for (std::size_t d = 1; d < shape.size(); ++d)
        width *= shape[d];
    const torch::Tensor keys = mixed(samples.mul(asSigned(kGolden)).add_(asSigned(m_key)));
    const torch::Tensor starts =
        mixed(keys.add(asSigned(static_cast<std::uint64_t>(iteration) * kGolden))).unsqueeze(1);
    const torch::Tensor offsets = torch::arange(1, width + 1, samples.options()).mul_(asSigned(kGolden));
    return shiftedRight(mixed(starts + offsets), kDroppedBits)
        .to(torch::kFloat32)
        .mul_(arrays::kRandomUnit)
        .view(shape);
}

torch::Tensor RandomStreams::normal(const torch::Tensor& like, const torch::Tensor& samples,
                                    std::int64_t iteration) const
{
    const torch::NoGradGuard off;
    const torch::Tensor radius = uniform(like, samples, iteration);
    const torch::Tensor angle = RandomStreams(mixed(m_key + kGolden)).uniform(like, samples, iteration);
    // 1 - u lies in (0,1]: its logarithm is finite.
    return radius.neg_().add_(1).log_().mul_(-2).sqrt_().mul_(angle.mul_(kTwoPi).cos_());
}

double RandomStreams::shared(std::int64_t iteration, std::int64_t position) const
{
    // No sample has this number.
    const std::uint64_t counter = start(~std::uint64_t(0), iteration);
    return unitFloat(mixed(counter + static_cast<std::uint64_t>(position + 1) * kGolden));
}

} // namespace assay::attacks
