#include "backend/metrics/image_similarity.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <limits>

namespace assay::metrics {

namespace {

constexpr std::int64_t kSsimWindow = 11;
constexpr double kSsimDeviation = 1.5;
constexpr double kSsimC1 = 0.01 * 0.01;
constexpr double kSsimC2 = 0.03 * 0.03;

/// [side - window + 1, side]: the window at each of its places, a product being many times faster than a
/// convolution of one channel in float64.
torch::Tensor ssimWindows(std::int64_t side, const torch::Tensor& like)
{
    const std::int64_t length = std::min(side, kSsimWindow);
    const torch::Tensor steps =
        (torch::arange(length, torch::kFloat64) - static_cast<double>(length - 1) / 2) / kSsimDeviation;
    torch::Tensor weights = (-0.5 * steps.square()).exp();
    weights = weights / weights.sum();
    torch::Tensor windows = torch::zeros({side - length + 1, side}, torch::kFloat64);
    for (std::int64_t place = 0; place < windows.size(0); ++place)
        windows[place].narrow(0, place, length).copy_(weights);
    return windows.to(like.device());
}

} // namespace

torch::Tensor psnr(const torch::Tensor& a, const torch::Tensor& b)
{
    return -10 * (a.to(torch::kFloat64) - b.to(torch::kFloat64)).square().flatten(1).mean(1).log10();
}

double meanPsnr(const torch::Tensor& psnr)
{
    const torch::Tensor differing = psnr.masked_select(psnr.isfinite());
    return differing.numel() == 0 ? std::numeric_limits<double>::quiet_NaN()
                                  : differing.mean().item<double>();
}

torch::Tensor ssim(const torch::Tensor& a, const torch::Tensor& b)
{
    const torch::NoGradGuard off;
    const torch::Tensor x = a.to(torch::kFloat64), y = b.to(torch::kFloat64);
    const torch::Tensor down = ssimWindows(a.size(2), x), across = ssimWindows(a.size(3), x).t();
    const auto local = [&](const torch::Tensor& v) { return down.matmul(v).matmul(across); };
    const torch::Tensor mx = local(x), my = local(y);
    const torch::Tensor vx = local(x * x) - mx * mx, vy = local(y * y) - my * my,
                        cxy = local(x * y) - mx * my;
    const torch::Tensor map = ((2 * mx * my + kSsimC1) * (2 * cxy + kSsimC2)) /
                              ((mx * mx + my * my + kSsimC1) * (vx + vy + kSsimC2));
    return map.flatten(1).mean(1);
}

} // namespace assay::metrics
