#pragma once

#include "backend/data/formats/data_format.h"

namespace assay::data {

// The formats of picture files, for dataFormats(). Each has its own source file in backend/data/formats.

/// "folder": a folder a class, below train/ and test/ when they are there.
const DataFormat& folderFormat();
/// "manifest": a CSV file with a path and a label a row.
const DataFormat& manifestFormat();
/// "coco": boxes of objects in COCO's JSON.
const DataFormat& cocoFormat();

} // namespace assay::data
