#include "backend/metrics/principal_components.h"

#include "backend/protocol/error.h"

#include <ATen/ops/linalg_svd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <string>
#include <tuple>

namespace assay::metrics {

torch::Tensor PrincipalComponents::project(const torch::Tensor& x) const
{
    return (x.detach().to(torch::kCPU, torch::kFloat64) - mean).mm(axes.t());
}

PrincipalComponents principalComponents(const torch::Tensor& x, std::int64_t count)
{
    if (x.dim() != 2 || x.size(0) < 2 || x.size(1) < 1)
        throw Error("principal components need two rows and one column at least, not " +
                    std::to_string(x.dim() > 0 ? x.size(0) : 0) + " rows");
    const torch::NoGradGuard off;
    const torch::Tensor rows = x.detach().to(torch::kCPU, torch::kFloat64);
    if (!rows.isfinite().all().item<bool>())
        throw Error("principal components of values that are not finite");
    PrincipalComponents found;
    found.mean = rows.mean(0);
    const auto [u, singular, axes] = at::linalg_svd(rows - found.mean, false);
    const std::int64_t kept = std::min(count, axes.size(0));
    const torch::Tensor variances = singular.square() / static_cast<double>(rows.size(0) - 1);
    const torch::Tensor total = variances.sum();
    found.variance = variances.narrow(0, 0, kept).clone();
    found.share = total.item<double>() > 0 ? found.variance / total : torch::zeros_like(found.variance);
    found.axes = axes.narrow(0, 0, kept).clone();
    const torch::Tensor largest = found.axes.abs().argmax(1, true);
    found.axes *= torch::where(found.axes.gather(1, largest) < 0, -1.0, 1.0);
    return found;
}

} // namespace assay::metrics
