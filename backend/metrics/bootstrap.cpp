#include "backend/metrics/bootstrap.h"

#include "backend/metrics/draws.h"
#include "backend/metrics/statistics.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace assay::metrics {

namespace {

/// Numbers that a block of resamples may count at once: 16 MB of float64.
constexpr std::int64_t kBlockNumbers = 2 << 20;

} // namespace

torch::Tensor resampledMeans(const torch::Tensor& values, const BootstrapSpec& spec)
{
    if (values.dim() != 2)
        throw Error("a bootstrap needs values of samples x statistics");
    if (spec.resamples < 1 || spec.resamples > 1000000)
        throw Error("a bootstrap of " + std::to_string(spec.resamples) +
                    " resamples is asked for; it must be 1 to 1000000");
    const std::int64_t n = values.size(0), columns = values.size(1), total = spec.resamples;
    const torch::TensorOptions numbers(torch::kFloat64);
    torch::Tensor means = torch::full({total, columns}, std::numeric_limits<double>::quiet_NaN(), numbers);
    if (n == 0)
        return means;
    const torch::Tensor plain = values.detach().to(torch::kFloat64).contiguous();
    Draws draws(spec.seed);
    const std::int64_t block = std::clamp<std::int64_t>(kBlockNumbers / n, 1, total);
    // How often each sample was drawn, as a matrix: the means of all statistics are then one product.
    for (std::int64_t first = 0; first < total; first += block) {
        const std::int64_t rows = std::min(block, total - first);
        torch::Tensor counts = torch::zeros({rows, n}, numbers);
        for (std::int64_t row = 0; row < rows; ++row) {
            double* count = counts.data_ptr<double>() + row * n;
            for (std::int64_t i = 0; i < n; ++i)
                count[draws.below(n)] += 1;
        }
        means.narrow(0, first, rows).copy_(counts.matmul(plain).div_(static_cast<double>(n)));
    }
    return means;
}

Interval percentileInterval(const torch::Tensor& statistics, double level)
{
    if (!(level > 0 && level < 1))
        throw Error("an interval of level " + std::to_string(level) +
                    " is asked for; it must be between 0 and 1");
    const torch::Tensor flat = statistics.to(torch::kFloat64).flatten();
    const torch::Tensor finite = flat.masked_select(flat.isfinite()).contiguous();
    const std::span<const double> values(finite.data_ptr<double>(), static_cast<std::size_t>(finite.numel()));
    return {quantile(values, (1 - level) / 2), quantile(values, (1 + level) / 2)};
}

} // namespace assay::metrics
