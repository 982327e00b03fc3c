#pragma once

#include "backend/data/dataset.h"
#include "backend/protocol/json.h"

#include <cstdint>
#include <vector>

namespace assay::engine {

/// The answer to data.table (docs/protocol.md): the head, and the columns as bytes one after another.
struct DataTable
{
    Json head;
    std::vector<std::uint8_t> bytes;
};

/// All that is known of the samples of a split besides their pixels; no image is decoded.
DataTable dataTable(const data::Dataset& dataset, data::Split split);

} // namespace assay::engine
