#pragma once

#include "backend/data/dataset.h"
#include "backend/models/model.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace assay::engine {

/// How often a model was right on images of a test split.
struct MeasuredAccuracy
{
    std::int64_t right = 0;
    std::int64_t count = 0;
    double seconds = 0; ///< it took
    double fraction() const
    {
        return count > 0 ? static_cast<double>(right) / static_cast<double>(count) : 0;
    }
};

/// An import waits for no more than this many images, and no longer than this.
inline constexpr std::int64_t kAccuracyImages = 2000;
inline constexpr std::chrono::seconds kAccuracyTime{20};

/// Why @p card's model cannot be asked about images of @p info: sizes or classes that differ. Empty: it can.
std::string mismatch(const models::ModelCard& card, const data::DatasetInfo& info);

/// Ids of at most @p most images of the test split, drawn without regard to their order in the files (which
/// are often sorted by class); the same ones each time.
torch::Tensor drawnTestIds(const data::Dataset& dataset, std::int64_t most);

/// Accuracy on drawnTestIds(), in chunks, until @p limit has passed; the count says how many were asked. Of a
/// model of predictions only: on the labels that came with them, count 0 without any.
MeasuredAccuracy measureAccuracy(const models::Model& model, std::shared_ptr<const data::Dataset> dataset,
                                 std::int64_t most = kAccuracyImages,
                                 std::chrono::milliseconds limit = kAccuracyTime);

} // namespace assay::engine
