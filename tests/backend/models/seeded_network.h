#pragma once

#include "backend/models/architectures/architectures.h"
#include "backend/models/initialise.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <memory>
#include <string>

namespace assay::test {

/// Weights from a seed, and batch-norm statistics that are not the identity, so that folding has work to do.
inline std::shared_ptr<models::Network> seededNetwork(const std::string& name, const models::InputSpec& input,
                                                      const Json& options = Json::object(),
                                                      std::int64_t classes = 10)
{
    const auto network = models::makeNetwork(name, options, input, classes);
    auto generator = at::detail::createCPUGenerator(11);
    models::initialise(*network, generator);
    const torch::NoGradGuard off;
    for (auto& [key, tensor] : network->persistent()) {
        if (tensor.dim() == 1 && !key.ends_with("running_mean"))
            tensor.uniform_(0.5, 1.5, generator);
        else if (tensor.dim() == 1)
            tensor.normal_(0, 0.3, generator);
    }
    network->eval();
    return network;
}

} // namespace assay::test
