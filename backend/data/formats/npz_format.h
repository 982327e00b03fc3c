#pragma once

#include "backend/data/formats/data_format.h"

namespace assay::data {

/// Arrays of images and labels: a NPZ archive or a folder of .npy files. Options: see docs/data.md, "NPZ".
extern const DataFormat kNpzFormat;

} // namespace assay::data
