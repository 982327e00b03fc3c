#pragma once

#include "backend/data/formats/data_format.h"

namespace assay::data {

/// IDX files in a folder (or one of them): MNIST's four, or pairs NAME-images-idx3-ubyte and
/// NAME-labels-idx1-ubyte, compressed or not, whose names say "train" or "test" ("t10k"). A single pair is
/// divided by the fixed rule of split_rule.h. Class names stand in classes.txt, one a line. No options.
extern const DataFormat kIdxFormat;

} // namespace assay::data
