#include "backend/training/detector_targets.h"

#include "backend/models/architectures/grid_detector.h"

#include <torch/types.h>

#include <cmath>
#include <map>
#include <tuple>

namespace assay::training {

namespace {

constexpr float kCellSide = models::kGridStride;
constexpr auto kBoxUnit = static_cast<float>(models::kGridUnit);

/// A cell of one class on one image: row, column.
struct Cell
{
    std::int64_t row = 0;
    std::int64_t column = 0;
    bool operator<(const Cell& other) const
    {
        return std::tie(row, column) < std::tie(other.row, other.column);
    }
};

float area(const data::Box& box)
{
    return box.width * box.height;
}

/// The boxes of one image and class that the network is asked for, one a cell, in the boxes' order.
std::vector<std::pair<Cell, const data::Box*>> chosenBoxes(const std::vector<data::Box>& boxes,
                                                           std::int64_t category, std::int64_t rows,
                                                           std::int64_t columns)
{
    std::vector<std::pair<Cell, const data::Box*>> chosen;
    std::map<Cell, std::size_t> places;
    for (const data::Box& box : boxes) {
        if (box.category != category || !(area(box) > 0))
            continue;
        const Cell cell = {static_cast<std::int64_t>(std::floor((box.y + box.height / 2) / kCellSide)),
                           static_cast<std::int64_t>(std::floor((box.x + box.width / 2) / kCellSide))};
        if (cell.row < 0 || cell.row >= rows || cell.column < 0 || cell.column >= columns)
            continue;
        const auto [place, free] = places.emplace(cell, chosen.size());
        if (free)
            chosen.emplace_back(cell, &box);
        else if (area(box) < area(*chosen[place->second].second))
            chosen[place->second].second = &box;
    }
    return chosen;
}

} // namespace

BoxLists boxesByImage(const data::SampleTable& samples, std::int64_t count)
{
    BoxLists lists(static_cast<std::size_t>(count));
    for (const data::Box& box : samples.boxes) {
        if (box.sample >= 0 && box.sample < count)
            lists[static_cast<std::size_t>(box.sample)].push_back(box);
    }
    return lists;
}

GridTargets gridTargets(const BoxLists& boxes, std::int64_t classes, std::int64_t rows, std::int64_t columns)
{
    const auto images = static_cast<std::int64_t>(boxes.size());
    GridTargets targets{.object = torch::zeros({images, classes, rows, columns}), .places = {}, .boxes = {}};
    std::vector<std::int64_t> places;
    std::vector<float> numbers;
    for (std::int64_t image = 0; image < images; ++image) {
        for (std::int64_t category = 0; category < classes; ++category) {
            for (const auto& [cell, box] :
                 chosenBoxes(boxes[static_cast<std::size_t>(image)], category, rows, columns)) {
                places.insert(places.end(), {image, category, cell.row, cell.column});
                const float cells = 1 / kCellSide;
                numbers.insert(numbers.end(),
                               {(box->x + box->width / 2) * cells - (static_cast<float>(cell.column) + 0.5f),
                                (box->y + box->height / 2) * cells - (static_cast<float>(cell.row) + 0.5f),
                                std::log(box->width / kBoxUnit), std::log(box->height / kBoxUnit)});
            }
        }
    }
    targets.places = torch::tensor(places, torch::kInt64).view({-1, 4});
    targets.boxes = torch::tensor(numbers, torch::kFloat32).view({-1, 4});
    const auto p = targets.places.unbind(1);
    targets.object.index_put_({p[0], p[1], p[2], p[3]}, 1.0f);
    return targets;
}

void mirror(torch::Tensor& images, BoxLists& boxes, const torch::Tensor& mirrored)
{
    const auto width = static_cast<float>(images.size(3));
    const torch::Tensor ids = mirrored.nonzero().flatten();
    if (ids.numel() == 0)
        return;
    images.index_copy_(0, ids, images.index_select(0, ids).flip(3));
    for (std::int64_t i = 0; i < ids.size(0); ++i) {
        for (data::Box& box : boxes[static_cast<std::size_t>(ids[i].item<std::int64_t>())])
            box.x = width - box.x - box.width;
    }
}

} // namespace assay::training
