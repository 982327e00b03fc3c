#include "plugins/backdoor/robust_variations.h"

#include "backend/data/corruptions/sample_random.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

namespace assay::backdoor {

namespace {

constexpr double kMostTurn = std::numbers::pi / 12;
constexpr double kMostZoom = 0.2;  ///< of the side that is cropped away
constexpr double kMostShift = 0.1; ///< of the side, to either direction
constexpr double kMostNoise = 0.1;
constexpr double kMostSoftening = 0.06; ///< of the shorter side
constexpr double kMostBlur = 0.1;       ///< of the shorter side
constexpr double kBlurReach = 3;        ///< deviations that the kernel reaches
constexpr std::int64_t kVariedAtOnce = 500;

std::int64_t shorterSide(const torch::Tensor& x)
{
    return std::min(x.size(2), x.size(3));
}

class StrongAugmentation final : public RobustVariation
{
public:
    explicit StrongAugmentation(std::uint64_t seed)
        : m_seed(seed)
    {}

    std::string title() const override { return "strong augmentation (rotation, crop, shift, blur, noise)"; }

    torch::Tensor vary(const torch::Tensor& x, double strength, const torch::Tensor& ids) const override
    {
        if (x.size(0) == 0)
            return x;
        const torch::Tensor grid = torch::affine_grid_generator(
            placesOf(strength, ids).to(x.device()), {x.size(0), x.size(1), x.size(2), x.size(3)}, false);
        constexpr std::int64_t kBilinear = 0, kZeros = 0;
        const torch::Tensor moved =
            gaussianBlur(torch::grid_sampler(x, grid, kBilinear, kZeros, false),
                         strength * kMostSoftening * static_cast<double>(shorterSide(x)));
        const torch::Tensor noise = normalById(m_seed, "augment.noise", ids, x[0].numel());
        return (moved + strength * kMostNoise * noise.view(x.sizes()).to(x.device())).clamp(0, 1);
    }

    Json key() const override { return {{"what", "augment"}, {"method", 1}, {"seed", m_seed}}; }

private:
    /// [n,2,3]: where each image's pixels are taken from.
    torch::Tensor placesOf(double strength, const torch::Tensor& ids) const
    {
        const torch::Tensor places = torch::empty({ids.size(0), 2, 3});
        auto at = places.accessor<float, 3>();
        const auto id = ids.accessor<std::int64_t, 1>();
        for (std::int64_t i = 0; i < ids.size(0); ++i) {
            data::SampleRandom random(m_seed, "augment.place", static_cast<std::uint64_t>(id[i]));
            const double turn = strength * random.uniform(-kMostTurn, kMostTurn);
            const double zoom = 1 - strength * random.uniform(0, kMostZoom);
            const double across = 2 * strength * random.uniform(-kMostShift, kMostShift);
            const double down = 2 * strength * random.uniform(-kMostShift, kMostShift);
            at[i][0][0] = static_cast<float>(zoom * std::cos(turn));
            at[i][0][1] = static_cast<float>(-zoom * std::sin(turn));
            at[i][0][2] = static_cast<float>(across);
            at[i][1][0] = static_cast<float>(zoom * std::sin(turn));
            at[i][1][1] = static_cast<float>(zoom * std::cos(turn));
            at[i][1][2] = static_cast<float>(down);
        }
        return places;
    }

    std::uint64_t m_seed;
};

class PlainBlur final : public RobustVariation
{
public:
    std::string title() const override { return "Gaussian blur"; }
    torch::Tensor vary(const torch::Tensor& x, double strength, const torch::Tensor&) const override
    {
        return gaussianBlur(x, strength * kMostBlur * static_cast<double>(shorterSide(x)));
    }
    Json key() const override { return {{"what", "blur"}, {"method", 1}}; }
};

} // namespace

std::unique_ptr<const RobustVariation> strongAugmentation(std::uint64_t seed)
{
    return std::make_unique<StrongAugmentation>(seed);
}

std::unique_ptr<const RobustVariation> plainBlur()
{
    return std::make_unique<PlainBlur>();
}

torch::Tensor gaussianBlur(const torch::Tensor& x, double deviation)
{
    if (deviation <= 0 || x.size(0) == 0)
        return x;
    const auto reach = static_cast<std::int64_t>(std::ceil(kBlurReach * deviation));
    const torch::Tensor steps = torch::arange(-reach, reach + 1, torch::kFloat32) / deviation;
    torch::Tensor kernel = (-0.5 * steps.square()).exp();
    kernel = (kernel / kernel.sum()).to(x.device());
    // Every channel by itself: they stand in the batch.
    torch::Tensor h = x.reshape({x.size(0) * x.size(1), 1, x.size(2), x.size(3)});
    h = torch::conv2d(torch::replication_pad2d(h, {reach, reach, 0, 0}), kernel.view({1, 1, 1, -1}));
    h = torch::conv2d(torch::replication_pad2d(h, {0, 0, reach, reach}), kernel.view({1, 1, -1, 1}));
    return h.view(x.sizes());
}

torch::Tensor normalById(std::uint64_t seed, const char* purpose, const torch::Tensor& ids, std::int64_t per)
{
    const torch::Tensor numbers = torch::empty({ids.size(0), per});
    const auto id = ids.accessor<std::int64_t, 1>();
    for (std::int64_t i = 0; i < ids.size(0); ++i) {
        data::SampleRandom random(seed, purpose, static_cast<std::uint64_t>(id[i]));
        random.fillNormal(std::span(numbers.data_ptr<float>() + i * per, static_cast<std::size_t>(per)));
    }
    return numbers;
}

torch::Tensor colourTransfer(const torch::Tensor& v, const torch::Tensor& x)
{
    const auto mean = [](const torch::Tensor& image) { return image.mean({2, 3}, true); };
    const auto deviation = [](const torch::Tensor& image) { return image.var({2, 3}, false, true).sqrt(); };
    const torch::Tensor own = deviation(v);
    // Below a 8-bit step there is nothing but rounding to stretch.
    const torch::Tensor gain = torch::where(own > 0.5 / 255, deviation(x) / own, torch::zeros_like(own));
    return ((v - mean(v)) * gain + mean(x)).clamp(0, 1);
}

torch::Tensor variationBytes(const RobustVariation& variation, const torch::Tensor& bytes, double strength,
                             const torch::Tensor& ids, bool colours, torch::Device device,
                             const std::function<void(std::int64_t done)>& checkpoint)
{
    const torch::NoGradGuard off;
    const torch::Tensor all = torch::empty_like(bytes);
    for (std::int64_t first = 0; first < bytes.size(0); first += kVariedAtOnce) {
        if (checkpoint)
            checkpoint(first);
        const std::int64_t count = std::min(kVariedAtOnce, bytes.size(0) - first);
        const torch::Tensor x = bytes.narrow(0, first, count).to(device).to(torch::kFloat32).div_(255.0);
        torch::Tensor v = variation.vary(x, strength, ids.narrow(0, first, count));
        if (colours)
            v = colourTransfer(v, x);
        all.narrow(0, first, count).copy_((v * 255).round().clamp(0, 255).to(torch::kUInt8));
    }
    return all;
}

} // namespace assay::backdoor
