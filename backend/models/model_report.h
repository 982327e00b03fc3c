#pragma once

#include "backend/models/model.h"
#include "backend/protocol/finding.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace assay::models {

/// A layer, or a group of layers, of the architecture tree.
struct LayerReport
{
    std::string path; ///< "features.0"; groups end where their layers' names begin to differ
    std::string kind; ///< "Convolution 3 x 3", "Fully connected", "Batch normalisation", ..., "Group"
    std::int64_t parameters = 0;
    std::optional<std::int64_t> macs; ///< per image; unknown where no operator could be told to be its own
    std::vector<std::int64_t> output; ///< shape for one image; empty when unknown
};

struct ParameterReport
{
    static constexpr std::size_t kBins = 32;
    std::string name;
    std::vector<std::int64_t> shape;
    double mean = 0; ///< of the finite values, as all that follow
    double stddev = 0;
    double min = 0;
    double max = 0;
    std::array<std::int64_t, kBins> counts{}; ///< equal bins from min to max, the last one closed
    std::int64_t notFinite = 0;
};

/// What the model inspector shows.
struct ModelReport
{
    std::vector<LayerReport> tree; ///< groups before what is in them
    std::vector<ParameterReport> parameters;
    std::vector<std::string> taps;
    std::vector<std::int64_t> output; ///< logits of one image
    std::int64_t parameterCount = 0;  ///< weights and buffers
    std::optional<std::int64_t> macs; ///< per image; none for predictions only
    protocol::Findings findings;
};

/// Runs one black image through the network and reads its weights. Operators are matched with layers by the
/// shapes of their weights, in order, since the network that runs has its normalisation folded.
ModelReport reportOf(const Model& model);

/// Images a second of the network on its device: whole batches for about @p duration, after one that warms
/// up. On the CPU all worker threads take part, as in studies.
double imagesPerSecond(const Model& model, std::chrono::milliseconds duration);

} // namespace assay::models
