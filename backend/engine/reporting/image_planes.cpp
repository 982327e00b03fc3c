#include "backend/engine/reporting/image_planes.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace assay::reporting {

namespace {

constexpr std::int64_t kMostPlaneBytes = 32 << 20; // half of the protocol's longest frame

std::int64_t channelsShown(std::int64_t channels)
{
    return channels >= 3 ? 3 : 1;
}

} // namespace

std::size_t imagesThatFit(std::int64_t channels, std::int64_t height, std::int64_t width, std::size_t planes)
{
    const std::int64_t bytes = channelsShown(channels) * height * width * static_cast<std::int64_t>(planes);
    return static_cast<std::size_t>(kMostPlaneBytes / std::max<std::int64_t>(1, bytes));
}

void fillPlanes(protocol::ImageGrid& grid, const torch::Tensor& ids, const std::vector<ImagePlane>& planes)
{
    const torch::Tensor& first = planes.front().images;
    const std::int64_t channels = channelsShown(first.size(1));
    grid.height = static_cast<std::uint32_t>(first.size(2));
    grid.width = static_cast<std::uint32_t>(first.size(3));
    grid.channels = static_cast<std::uint32_t>(channels);
    std::vector<torch::Tensor> shown;
    grid.variants.clear();
    for (const ImagePlane& plane : planes) {
        grid.variants.push_back(plane.name);
        shown.push_back((plane.images.narrow(1, 0, channels).to(torch::kFloat32) * 255)
                            .round_()
                            .clamp_(0, 255)
                            .to(torch::kUInt8));
    }
    const torch::Tensor bytes = torch::stack(shown, 1).permute({0, 1, 3, 4, 2}).contiguous();
    grid.pixels.resize(static_cast<std::size_t>(bytes.numel()));
    std::memcpy(grid.pixels.data(), bytes.data_ptr<std::uint8_t>(), grid.pixels.size());
    const torch::Tensor flat = ids.contiguous();
    grid.ids.assign(flat.data_ptr<std::int64_t>(), flat.data_ptr<std::int64_t>() + flat.numel());
}

torch::Tensor amplifiedDifference(const torch::Tensor& altered, const torch::Tensor& clean)
{
    return (altered.to(torch::kFloat32) - clean.to(torch::kFloat32)) * 10 + 0.5;
}

torch::Tensor asColour(const torch::Tensor& images)
{
    const torch::Tensor shown = images.narrow(1, 0, channelsShown(images.size(1))).to(torch::kFloat32);
    return shown.expand({shown.size(0), 3, shown.size(2), shown.size(3)});
}

torch::Tensor saliencyOverlay(const torch::Tensor& images, const torch::Tensor& maps)
{
    constexpr double kMostCovered = 0.8;
    const torch::Tensor grey = asColour(images).mean(1, true);
    const torch::Tensor covered = maps.to(torch::kFloat32).unsqueeze(1) * (kMostCovered / 255);
    const torch::Tensor orange = torch::tensor({0.93F, 0.45F, 0.0F}).view({1, 3, 1, 1});
    return grey * (1 - covered) + orange * covered;
}

protocol::ImageAttribute classesOf(std::string name, std::string title,
                                   const std::vector<std::string>& classes, const torch::Tensor& values)
{
    protocol::ImageAttribute attribute{.name = std::move(name), .title = std::move(title), .values = classes};
    const torch::Tensor flat = values.contiguous();
    const auto* data = flat.data_ptr<std::int64_t>();
    attribute.codes.assign(data, data + flat.numel());
    return attribute;
}

std::string likelyClasses(const torch::Tensor& probabilities, const std::vector<std::string>& classes,
                          std::int64_t most)
{
    const auto [values, order] =
        probabilities.to(torch::kFloat64).topk(std::min(most, probabilities.size(0)));
    std::string text;
    for (std::int64_t i = 0; i < values.numel(); ++i) {
        const auto percent = std::lround(100 * values[i].item<double>());
        text += (text.empty() ? "" : ", ") +
                classes[static_cast<std::size_t>(order[i].item<std::int64_t>())] + ' ' +
                std::to_string(percent) + " %";
    }
    return text;
}

std::vector<std::int64_t> idsWhere(const torch::Tensor& ids, const torch::Tensor& mask)
{
    const torch::Tensor chosen = ids.masked_select(mask);
    const auto* data = chosen.data_ptr<std::int64_t>();
    return {data, data + chosen.numel()};
}

} // namespace assay::reporting
