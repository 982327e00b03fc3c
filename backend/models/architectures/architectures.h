#pragma once

#include "backend/models/model.h"

#include <memory>
#include <string>
#include <vector>

namespace assay::models {

/// Makes a network of the named architecture. Its weights are as LibTorch's constructors leave them and thus
/// arbitrary: load them, or call initialise() with a generator.
/// @param options keys the architecture knows (see its header); absent keys take defaults.
/// @throws Error for an unknown architecture (naming the known ones), an unknown option, a value out of
/// range,
///         or an input too small for the network.
std::shared_ptr<Network> makeNetwork(const std::string& architecture, const Json& options,
                                     const InputSpec& input, std::int64_t classes);

/// Keys of the architectures of classifiers, in alphabetical order; docs/models.md lists them.
const std::vector<std::string>& architectureNames();
/// Those of detectors, likewise. A model of one has task Detection.
const std::vector<std::string>& detectorArchitectureNames();

} // namespace assay::models
