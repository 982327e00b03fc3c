#include "plugins/encryption/recon_features.h"

#include <torch/utils.h>

#include <array>

namespace assay::encryption {

namespace {

constexpr double kLargestByte = 255;
constexpr double kLargestFfx = 999; ///< of a scheme's three decimal digits

torch::Tensor folded(const torch::Tensor& x)
{
    return torch::minimum(x, 1 - x);
}

/// [n,C,H,W] to [n,blocks,C,block*block].
torch::Tensor blocksOf(const torch::Tensor& x, std::int64_t block)
{
    const std::int64_t n = x.size(0), c = x.size(1), down = x.size(2) / block, across = x.size(3) / block;
    return x.reshape({n, c, down, block, across, block})
        .permute({0, 2, 4, 1, 3, 5})
        .reshape({n, down * across, c, block * block});
}

/// Mean and deviation of each block and channel: [n,blocks,2C].
torch::Tensor statistics(const torch::Tensor& blocks)
{
    return torch::cat({blocks.mean(3), blocks.std(3, false)}, 2);
}

/// @param tones the values and channels as they are.
torch::Tensor sortedStatistics(const torch::Tensor& x, std::int64_t block, bool tones)
{
    const torch::Tensor blocks =
        tones ? blocksOf(x, block)
              : std::get<0>(blocksOf(folded(x), block).sort(2)); // channels of each pixel
    const torch::Tensor each = std::get<0>(statistics(blocks).sort(1));
    const torch::Tensor intensity = blocks.mean(2); // [n,blocks,block*block]
    const torch::Tensor profile = std::get<0>(intensity.sort(2)).mean(1);
    const torch::Tensor deviations = std::get<0>(intensity.std(2, false).sort(1));
    return torch::cat({each.flatten(1), profile, deviations}, 1);
}

} // namespace

const char* reconFeatureTitle(ReconFeature feature)
{
    static constexpr std::array<const char*, 6> kTitles = {"raw pixels",
                                                           "folded pixels",
                                                           "statistics of the blocks in order",
                                                           "statistics of the folded blocks in order",
                                                           "sorted statistics of the blocks in their tones",
                                                           "sorted statistics of the blocks"};
    return kTitles[static_cast<std::size_t>(feature)];
}

const std::vector<ReconFeature>& reconKeylessFeatures()
{
    static const std::vector<ReconFeature> kFeatures = {ReconFeature::Folded, ReconFeature::BlockStats,
                                                        ReconFeature::FoldedStats, ReconFeature::SortedTones,
                                                        ReconFeature::SortedStats};
    return kFeatures;
}

const std::vector<ReconFeature>& reconStatistics()
{
    static const std::vector<ReconFeature> kFeatures = {ReconFeature::BlockStats, ReconFeature::FoldedStats,
                                                        ReconFeature::SortedTones, ReconFeature::SortedStats};
    return kFeatures;
}

torch::Tensor reconFeatures(ReconFeature feature, const torch::Tensor& x, std::int64_t block)
{
    const torch::NoGradGuard off;
    switch (feature) {
    case ReconFeature::Raw:
        return x.flatten(1);
    case ReconFeature::Folded:
        return folded(x).flatten(1);
    case ReconFeature::BlockStats:
        return statistics(blocksOf(x, block)).flatten(1);
    case ReconFeature::FoldedStats:
        return statistics(blocksOf(folded(x), block)).flatten(1);
    case ReconFeature::SortedTones:
        return sortedStatistics(x, block, true);
    case ReconFeature::SortedStats:
        break;
    }
    return sortedStatistics(x, block, false);
}

torch::Tensor reconUnit(const torch::Tensor& encrypted)
{
    const double largest = encrypted.scalar_type() == torch::kUInt8 ? kLargestByte : kLargestFfx;
    return encrypted.to(torch::kFloat32).div_(largest);
}

} // namespace assay::encryption
