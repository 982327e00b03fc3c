#include "plugins/encryption/lock_estimate.h"

#include <torch/linalg.h>
#include <torch/types.h>
#include <torch/utils.h>

namespace assay::encryption::lock {

namespace {

/// The channel of rank r among @p ofChannels goes to the input of rank r among @p wanted.
torch::Tensor byRank(const torch::Tensor& ofChannels, const torch::Tensor& wanted)
{
    const torch::Tensor channels = ofChannels.cpu().argsort();
    return torch::empty_like(channels).index_put_({wanted.cpu().argsort()}, channels);
}

/// Of a kernel's rows (or columns) the part of a map's rows for which they lie inside it, float64 [kernel].
torch::Tensor partInside(std::int64_t kernel, std::int64_t side)
{
    const torch::Tensor offset = torch::arange(kernel, torch::kFloat64) - static_cast<double>(kernel / 2);
    return 1 - offset.abs() / static_cast<double>(side);
}

} // namespace

torch::Tensor mapOf(models::Network& network, const std::string& map, const torch::Tensor& images)
{
    const torch::NoGradGuard off;
    torch::Tensor result;
    const models::TapSink sink = [&](const std::string& name, const torch::Tensor& value) {
        if (name == "block" + map.substr(1))
            result = value;
    };
    network.forward(images, &sink);
    return result;
}

torch::Tensor sourcesByNorms(const torch::Tensor& map, const torch::Tensor& consumer)
{
    return byRank(map.square().mean({0, 2, 3}), consumer.square().sum({0, 2, 3}));
}

torch::Tensor sourcesByMeans(const torch::Tensor& map, const torch::Tensor& consumer,
                             const torch::Tensor& mean)
{
    // Padding takes the products of a kernel's outer rows and columns away at the border.
    const torch::Tensor inside = partInside(consumer.size(2), map.size(2)).view({-1, 1}) *
                                 partInside(consumer.size(3), map.size(3)).view({1, -1});
    const torch::Tensor sums = (consumer.to(torch::kFloat64).cpu() * inside).sum({2, 3}); // [o,c]
    // A ridge keeps what is badly determined small.
    const torch::Tensor gram = sums.t().mm(sums);
    const double ridge = 1e-3 * gram.diagonal().mean().item<double>();
    const torch::Tensor means = torch::linalg::solve(gram + ridge * torch::eye(gram.size(0), torch::kFloat64),
                                                     sums.t().mv(mean.to(torch::kFloat64).cpu()), true);
    return byRank(map.mean({0, 2, 3}), means);
}

} // namespace assay::encryption::lock
