#include "backend/models/initialise.h"

#include "backend/models/layers.h"

#include <torch/torch.h>

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

std::vector<std::pair<std::string, torch::Tensor>> persistentTensors(const Network& network)
{
    std::vector<std::pair<std::string, torch::Tensor>> result;
    const torch::NoGradGuard off;
    // Module by module, so that a layer's statistics follow its weights.
    for (const auto& module : network.named_modules({}, true)) {
        const std::string prefix = module.key().empty() ? std::string() : module.key() + ".";
        for (const auto& item : module.value()->named_parameters(false))
            result.emplace_back(prefix + item.key(), item.value().detach());
        for (const auto& item : module.value()->named_buffers(false)) {
            const bool constant = item.key().starts_with(kInputPrefix) || item.key() == "num_batches_tracked";
            if (!constant && item.value().defined())
                result.emplace_back(prefix + item.key(), item.value().detach());
        }
    }
    return result;
}

std::int64_t parameterCount(const Network& network)
{
    std::int64_t count = 0;
    for (const torch::Tensor& parameter : network.parameters())
        count += parameter.numel();
    return count;
}

std::shared_ptr<Network> deepCopy(const Network& network)
{
    std::shared_ptr<Network> copy = network.another();
    if (!copy)
        return nullptr;
    const auto from = persistentTensors(network);
    if (!from.empty())
        copy->to(from.front().second.device());
    const torch::NoGradGuard off;
    auto to = persistentTensors(*copy);
    TORCH_CHECK(from.size() == to.size(), "another() made a network of another structure");
    for (std::size_t i = 0; i < to.size(); ++i)
        to[i].second.copy_(from[i].second);
    copy->eval();
    for (torch::Tensor& parameter : copy->parameters())
        parameter.requires_grad_(false);
    return copy;
}

} // namespace assay::models
