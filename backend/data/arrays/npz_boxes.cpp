#include "backend/data/arrays/npz_boxes.h"

#include "backend/data/arrays/class_names.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::data {

using arrays::ArrayBundle;

namespace {

constexpr const char* kBoxes = "boxes";
constexpr std::int64_t kBoxNumbers = 6;
constexpr double kFurthest = 1e6; ///< pixels
constexpr std::uint64_t kMaxBoxBytes = std::uint64_t(1) << 30;

/// @param before images of the parts before. @throws Error naming the first row that is none.
void addBoxes(const torch::Tensor& rows, std::int64_t before, std::int64_t count, std::size_t classes,
              const std::string& where, std::vector<Box>& boxes)
{
    const torch::Tensor plain = rows.to(torch::kFloat64).contiguous();
    const auto isIndex = [](double value, double end) {
        return value >= 0 && value < end && value == std::floor(value);
    };
    for (std::int64_t i = 0; i < plain.size(0); ++i) {
        const double* v = plain.data_ptr<double>() + i * kBoxNumbers;
        const bool places = std::abs(v[1]) < kFurthest && std::abs(v[2]) < kFurthest && v[3] >= 0 &&
                            v[3] < kFurthest && v[4] >= 0 && v[4] < kFurthest;
        if (!places || !isIndex(v[0], static_cast<double>(count)) ||
            !isIndex(v[5], static_cast<double>(classes)))
            throw Error("row " + std::to_string(i) +
                            " is no box: sample, left, top, width, height and category",
                        where);
        boxes.push_back({.sample = before + static_cast<std::int64_t>(v[0]),
                         .x = static_cast<float>(v[1]),
                         .y = static_cast<float>(v[2]),
                         .width = static_cast<float>(v[3]),
                         .height = static_cast<float>(v[4]),
                         .category = static_cast<std::int32_t>(v[5])});
    }
}

/// Names for categories 0 .. highest, where the file has none.
std::vector<std::string> numberedClasses(const std::vector<torch::Tensor>& rows)
{
    std::vector<std::string> names;
    for (const torch::Tensor& part : rows) {
        const double highest = part.size(0) > 0 ? part.select(1, kBoxNumbers - 1).max().item<double>() : -1;
        while (static_cast<double>(names.size()) <= highest &&
               names.size() < static_cast<std::size_t>(kMaxClasses))
            names.push_back(std::to_string(names.size()));
    }
    return names;
}

} // namespace

void readNpzBoxes(const ArrayBundle& bundle, const NpzPlan& plan, const std::string& where,
                  SampleTable& table)
{
    const std::string first = plan.isDivided() ? "train_boxes" : kBoxes;
    std::vector<std::string> keys;
    std::vector<torch::Tensor> rows;
    for (std::size_t i = 0; i < plan.parts.size(); ++i) {
        keys.push_back(plan.keyFor(i, first));
        if (keys.back().empty() || !bundle.has(keys.back()))
            return;
        const auto header = bundle.header(keys.back());
        if (header.isText() || header.shape.size() != 2 || header.shape[1] != kBoxNumbers)
            return;
        rows.push_back(bundle.array(keys.back(), kMaxBoxBytes).values);
    }
    table.boxClasses = bundle.has(kNpzBoxClasses) && bundle.header(kNpzBoxClasses).isText()
                           ? bundle.array(kNpzBoxClasses, kMaxBoxBytes).texts
                           : numberedClasses(rows);
    std::int64_t before = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::string array = where + ", array '" + keys[i] + "'";
        addBoxes(rows[i], before, plan.parts[i].count, table.boxClasses.size(), array, table.boxes);
        before += plan.parts[i].count;
    }
    std::ranges::stable_sort(table.boxes, {}, &Box::sample);
}

} // namespace assay::data
