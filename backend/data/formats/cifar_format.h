#pragma once

#include "backend/data/formats/data_format.h"

namespace assay::data {

/// The binary versions of CIFAR-10 and CIFAR-100 (Krizhevsky 2009): a folder of data_batch_1.bin to
/// data_batch_5.bin and test_batch.bin, or of train.bin and test.bin; or the folder above it. Records of one
/// (two: coarse, fine) label bytes and 3072 pixels, red, green and blue plane of 32 x 32. The superclass of
/// CIFAR-100 is the attribute "coarse". No options.
extern const DataFormat kCifarFormat;

} // namespace assay::data
