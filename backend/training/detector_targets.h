#pragma once

#include "backend/data/dataset.h"

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace assay::training {

/// Boxes of every image of a batch or split; Box::sample says nothing here.
using BoxLists = std::vector<std::vector<data::Box>>;

/// The boxes of a split, one list an image. @param count images in it.
BoxLists boxesByImage(const data::SampleTable& samples, std::int64_t count);

/// What a grid detector should answer (see grid_detector.h).
struct GridTargets
{
    torch::Tensor object; ///< float32 [N,K,h,w]: 1 in the cell that holds the centre of a box of that class
    torch::Tensor places; ///< int64 [P,4]: image, class, row, column of those cells
    torch::Tensor boxes;  ///< float32 [P,4]: dx, dy, log(width / unit), log(height / unit) there
};

/// @param boxes categories in 0 .. classes-1; others are left out, as are boxes without area and those whose
/// centre lies outside the grid. Of two boxes of one class in one cell the smaller stays: it is the one that
/// the other hides less of. Cells in the order of images and boxes.
GridTargets gridTargets(const BoxLists& boxes, std::int64_t classes, std::int64_t rows, std::int64_t columns);

/// Mirrors images left-right in place, boxes with them. @param images [N,C,H,W]. @param mirrored bool [N].
void mirror(torch::Tensor& images, BoxLists& boxes, const torch::Tensor& mirrored);

} // namespace assay::training
