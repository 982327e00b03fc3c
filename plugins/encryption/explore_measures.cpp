#include "plugins/encryption/explore_measures.h"

#include "backend/imaging/image_codec.h"

#include <ATen/Functions.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <limits>

namespace assay::encryption {

namespace {

constexpr std::int64_t kExploreTilesASide = 8;
constexpr double kLeastNorm = 1e-8;

double correlationOf(const torch::Tensor& a, const torch::Tensor& b)
{
    const torch::Tensor x = a.flatten().to(torch::kFloat64), y = b.flatten().to(torch::kFloat64);
    const torch::Tensor dx = x - x.mean(), dy = y - y.mean();
    const double norm = (dx.square().sum() * dy.square().sum()).sqrt().item<double>();
    return norm > 0 ? (dx * dy).sum().item<double>() / norm : std::numeric_limits<double>::quiet_NaN();
}

/// As the network wants them: its channels and size.
torch::Tensor fittedToNetwork(const models::InputSpec& input, const torch::Tensor& images)
{
    torch::Tensor x = images;
    if (input.channels == 1 && x.size(1) != 1)
        x = x.mean(1, true);
    else if (input.channels == 3 && x.size(1) == 1)
        x = x.expand({-1, 3, -1, -1});
    if (x.size(2) != input.height || x.size(3) != input.width)
        x = at::upsample_bilinear2d(x, {input.height, input.width}, false);
    return x.contiguous();
}

std::vector<torch::Tensor> unitTaps(const models::Model& model, const torch::Tensor& images)
{
    const torch::NoGradGuard off;
    std::vector<torch::Tensor> taps;
    model.logits(fittedToNetwork(model.card().input, images).to(model.device()),
                 [&](const std::string&, const torch::Tensor& value) {
                     if (value.dim() == 4)
                         taps.push_back(value / (value.norm(2, 1, true) + kLeastNorm));
                 });
    return taps;
}

} // namespace

torch::Tensor tinted(const torch::Tensor& images, std::int64_t multiple, const at::Generator& generator)
{
    const auto up = [&](std::int64_t side) { return (side + multiple - 1) / multiple * multiple; };
    const std::int64_t height = up(images.size(2)), width = up(images.size(3));
    torch::Tensor frame = torch::zeros({images.size(0), 1, height, width});
    frame.narrow(2, (height - images.size(2)) / 2, images.size(2))
        .narrow(3, (width - images.size(3)) / 2, images.size(3))
        .copy_(images.to(torch::kFloat32) / 255);
    // A dark colour behind, since things stand before black, and a pure hue in front: of red, green and blue
    // one is full and one missing.
    const torch::Tensor back = torch::rand({images.size(0), 3, 1, 1}, generator) / 2;
    const torch::Tensor hue = torch::rand({images.size(0), 1, 1, 1}, generator) * 6;
    const torch::Tensor turned = (hue + torch::tensor({0.0f, 4.0f, 2.0f}).view({1, 3, 1, 1})).remainder(6);
    const torch::Tensor front = ((turned - 3).abs() - 1).clamp(0, 1);
    return ((back + (front - back) * frame) * 255).round().to(torch::kUInt8);
}

std::array<double, 3> neighbourCorrelation(const torch::Tensor& images)
{
    const std::int64_t height = images.size(2), width = images.size(3);
    const auto part = [&](std::int64_t row, std::int64_t column, std::int64_t down, std::int64_t right) {
        return images.narrow(2, row, height - down).narrow(3, column, width - right);
    };
    return {correlationOf(part(0, 0, 0, 1), part(0, 1, 0, 1)),
            correlationOf(part(0, 0, 1, 0), part(1, 0, 1, 0)),
            correlationOf(part(0, 0, 1, 1), part(1, 1, 1, 1))};
}

double meanEntropy(const torch::Tensor& images)
{
    double sum = 0;
    for (std::int64_t i = 0; i < images.size(0); ++i) {
        const torch::Tensor share =
            torch::bincount(images[i].flatten(), {}, 256).to(torch::kFloat64) / images[i].numel();
        const torch::Tensor some = share.masked_select(share.gt(0));
        sum -= (some * some.log2()).sum().item<double>();
    }
    return sum / static_cast<double>(images.size(0));
}

torch::Tensor channelHistograms(const torch::Tensor& images, std::int64_t bins)
{
    std::vector<torch::Tensor> all;
    for (std::int64_t c = 0; c < images.size(1); ++c) {
        const torch::Tensor values = images.select(1, c).flatten();
        all.push_back(torch::bincount(values, {}, 256).to(torch::kFloat64).view({bins, -1}).sum(1) /
                      values.numel());
    }
    return torch::stack(all);
}

torch::Tensor mosaic(const torch::Tensor& images)
{
    const std::int64_t channels = images.size(1), height = images.size(2), width = images.size(3);
    torch::Tensor tiles =
        torch::zeros({kExploreTilesASide * kExploreTilesASide, channels, height, width}, images.options());
    const std::int64_t count = std::min(tiles.size(0), images.size(0));
    tiles.narrow(0, 0, count).copy_(images.narrow(0, 0, count));
    return tiles.view({kExploreTilesASide, kExploreTilesASide, channels, height, width})
        .permute({2, 0, 3, 1, 4})
        .reshape({channels, kExploreTilesASide * height, kExploreTilesASide * width});
}

std::vector<double> jpegBytes(const torch::Tensor& picture, const std::vector<int>& qualities)
{
    std::vector<double> bytes;
    for (const int quality : qualities)
        bytes.push_back(static_cast<double>(imaging::encodeJpeg(picture, quality).size()));
    return bytes;
}

NetworkDistance::NetworkDistance(std::shared_ptr<const models::Model> model, const torch::Tensor& images)
    : m_model(std::move(model))
    , m_taps(unitTaps(*m_model, images))
{}

double NetworkDistance::to(const torch::Tensor& others) const
{
    const std::vector<torch::Tensor> taps = unitTaps(*m_model, others);
    double sum = 0;
    for (std::size_t i = 0; i < taps.size(); ++i)
        sum += (taps[i] - m_taps[i]).square().sum(1).mean().item<double>();
    return sum / static_cast<double>(std::max<std::size_t>(taps.size(), 1));
}

} // namespace assay::encryption
