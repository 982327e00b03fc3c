#include "plugins/transfer/grid_parts.h"

#include <torch/types.h>

#include <algorithm>
#include <cstring>

namespace assay::transfer {

namespace {

constexpr std::int64_t kMostPixelBytes = 32 << 20; // half of the protocol's longest frame
constexpr std::int64_t kVariants = 3;

std::int64_t shownChannels(std::int64_t channels)
{
    return channels >= 3 ? 3 : 1;
}

torch::Tensor toBytes(const torch::Tensor& image)
{
    return (image * 255).round_().clamp_(0, 255).to(torch::kUInt8);
}

} // namespace

std::size_t imagesThatFit(std::int64_t channels, std::int64_t height, std::int64_t width)
{
    const std::int64_t bytes = shownChannels(channels) * height * width * kVariants;
    return static_cast<std::size_t>(kMostPixelBytes / std::max<std::int64_t>(1, bytes));
}

void fillTriples(protocol::ImageGrid& grid, const torch::Tensor& ids, const torch::Tensor& clean,
                 const torch::Tensor& altered, std::string alteredName)
{
    const std::int64_t channels = shownChannels(clean.size(1));
    grid.variants = {"clean", "perturbation ×10", std::move(alteredName)};
    grid.height = static_cast<std::uint32_t>(clean.size(2));
    grid.width = static_cast<std::uint32_t>(clean.size(3));
    grid.channels = static_cast<std::uint32_t>(channels);
    const torch::Tensor y = altered.to(torch::kFloat32), x = clean.to(torch::kFloat32) / 255;
    const torch::Tensor planes =
        torch::stack({clean, toBytes((y - x) * 10 + 0.5), toBytes(y)}, 1); // [n,3,C,H,W]
    const torch::Tensor bytes = planes.narrow(2, 0, channels).permute({0, 1, 3, 4, 2}).contiguous();
    grid.pixels.resize(static_cast<std::size_t>(bytes.numel()));
    std::memcpy(grid.pixels.data(), bytes.data_ptr<std::uint8_t>(), grid.pixels.size());
    const torch::Tensor flat = ids.contiguous();
    grid.ids.assign(flat.data_ptr<std::int64_t>(), flat.data_ptr<std::int64_t>() + flat.numel());
}

protocol::ImageAttribute classAttribute(std::string name, std::string title,
                                        const std::vector<std::string>& classes, const torch::Tensor& values)
{
    protocol::ImageAttribute attribute{.name = std::move(name), .title = std::move(title), .values = classes};
    const torch::Tensor flat = values.contiguous();
    const auto* data = flat.data_ptr<std::int64_t>();
    attribute.codes.assign(data, data + flat.numel());
    return attribute;
}

} // namespace assay::transfer
