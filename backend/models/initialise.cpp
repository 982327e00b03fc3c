#include "backend/models/initialise.h"

#include "backend/models/architectures/layers.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

namespace assay::models {

namespace {

bool endsWith(const std::string& text, const char* ending)
{
    return text.ends_with(ending);
}

/// Drawn on the CPU, so that the same seed gives the same weights on every device.
void kaimingUniform(torch::Tensor& weight, const at::Generator& generator)
{
    const std::int64_t fanIn = weight.numel() / weight.size(0);
    const double bound = std::sqrt(6.0 / static_cast<double>(fanIn));
    torch::Tensor drawn = torch::empty(weight.sizes(), torch::kFloat32);
    drawn.uniform_(-bound, bound, generator);
    weight.copy_(drawn);
}

} // namespace

void initialise(Network& network, at::Generator generator)
{
    const torch::NoGradGuard off;
    for (auto& item : network.named_parameters()) {
        torch::Tensor& value = item.value();
        if (value.dim() >= 2)
            kaimingUniform(value, generator);
        else
            value.fill_(endsWith(item.key(), "weight") ? 1 : 0); // one-dimensional weights are batch norm's
    }
    for (auto& item : network.named_buffers()) {
        if (endsWith(item.key(), "running_mean") || endsWith(item.key(), "num_batches_tracked"))
            item.value().zero_();
        else if (endsWith(item.key(), "running_var"))
            item.value().fill_(1);
    }
}

std::int64_t parameterCount(const Network& network)
{
    std::int64_t count = 0;
    for (const torch::Tensor& parameter : network.parameters())
        count += parameter.numel();
    return count;
}

} // namespace assay::models
