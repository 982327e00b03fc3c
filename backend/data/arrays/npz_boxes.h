#pragma once

#include "backend/data/arrays/npz_plan.h"
#include "backend/data/dataset.h"

#include <string>

namespace assay::data {

/// The array of names of boxes.
inline constexpr const char* kNpzBoxClasses = "box_classes";

/// Boxes and their classes into @p table, from the array "boxes" [M,6] of a file that is not divided, else
/// from "train_boxes", "test_boxes", ... which every part must have: sample (of its part), left, top, width,
/// height in pixels, category. Without the array "box_classes" categories are named "0", "1", ... A file
/// without boxes leaves @p table as it is. @throws Error naming the first row that is no box.
void readNpzBoxes(const arrays::ArrayBundle& bundle, const NpzPlan& plan, const std::string& where,
                  SampleTable& table);

} // namespace assay::data
