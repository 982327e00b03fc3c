#include "backend/models/architectures/layers.h"
#include "backend/models/model.h"

#include <torch/types.h>
#include <torch/utils.h>

namespace assay::models {

NamedTensors Network::persistent() const
{
    NamedTensors result;
    const torch::NoGradGuard off;
    // Module by module, so that a layer's statistics follow its weights.
    for (const auto& module : named_modules({}, true)) {
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

std::shared_ptr<Network> Network::copy() const
{
    std::shared_ptr<Network> made = another();
    if (!made)
        return nullptr;
    // Copied where they are: initial weights that are sent to the device would only be overwritten there.
    const torch::NoGradGuard off;
    const auto take = [](std::vector<torch::Tensor> to, const std::vector<torch::Tensor>& from) {
        TORCH_CHECK(from.size() == to.size(), "another() made a network of another structure");
        for (std::size_t i = 0; i < to.size(); ++i) {
            TORCH_CHECK(from[i].defined() == to[i].defined(),
                        "another() made a network of another structure");
            if (from[i].defined()) // a layer may lack what its kind can have
                to[i].set_data(from[i].detach().clone());
        }
    };
    take(made->parameters(), parameters());
    take(made->buffers(), buffers());
    if (const NamedTensors all = persistent(); !all.empty())
        made->to(all.front().second.device());
    made->eval();
    for (torch::Tensor& parameter : made->parameters())
        parameter.requires_grad_(false);
    return made;
}

} // namespace assay::models
