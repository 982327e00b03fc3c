#pragma once

#include "backend/data/dataset.h"
#include "backend/engine/inputs.h"
#include "backend/protocol/json.h"

#include <cstdint>
#include <string>
#include <vector>

namespace assay::engine {

/// The answer to data.sample (docs/protocol.md).
struct SampleView
{
    Json head;
    std::vector<std::uint8_t> pixels; ///< uint8 [C,H,W] at the image's own size
};

/// Predictions shown of each model, most probable first.
inline constexpr std::int64_t kTopPredictions = 5;

/// One sample with all that is known of it, and what each model makes of it. A model that cannot be asked (it
/// is unknown, expects other images, has predictions only, fails) says why and does not spoil the rest.
/// @throws Error when there is no such sample, or its file is broken.
SampleView sampleView(Inputs& inputs, const data::Dataset& dataset, data::Split split, std::int64_t id,
                      const std::vector<std::string>& models);

} // namespace assay::engine
