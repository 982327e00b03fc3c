#include "backend/models/onnx/kernel_tools.h"
#include "backend/models/onnx/kernels.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace assay::models::onnx {

namespace {

struct Box
{
    float top, left, bottom, right;
    float area() const { return (bottom - top) * (right - left); }
};

/// Corners come in either order; the other layout is the centre, width and height.
Box boxAt(const float* numbers, bool centred)
{
    if (centred)
        return {numbers[1] - numbers[3] / 2, numbers[0] - numbers[2] / 2, numbers[1] + numbers[3] / 2,
                numbers[0] + numbers[2] / 2};
    return {std::min(numbers[0], numbers[2]), std::min(numbers[1], numbers[3]),
            std::max(numbers[0], numbers[2]), std::max(numbers[1], numbers[3])};
}

float overlap(const Box& a, const Box& b)
{
    const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
    const float width = std::min(a.right, b.right) - std::max(a.left, b.left);
    if (height <= 0 || width <= 0)
        return 0;
    const float both = height * width;
    return both / (a.area() + b.area() - both);
}

struct Suppression
{
    std::int64_t most = 0;
    float overlapAbove = 0;
    float scoreAbove = 0;
    bool hasScore = false;
};

/// Indices of the boxes that stay, best first.
Sizes keptBoxes(const std::vector<Box>& boxes, const float* scores, const Suppression& how)
{
    Sizes order;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        if (!how.hasScore || scores[i] > how.scoreAbove)
            order.push_back(static_cast<std::int64_t>(i));
    }
    // A NaN has no order; it counts as the lowest score.
    const auto key = [&](std::int64_t i) { return scores[i] == scores[i] ? scores[i] : -INFINITY; };
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return key(a) > key(b); });
    Sizes kept;
    for (const std::int64_t i : order) {
        if (static_cast<std::int64_t>(kept.size()) >= how.most)
            break;
        if (std::none_of(kept.begin(), kept.end(), [&](std::int64_t k) {
                return overlap(boxes[std::size_t(k)], boxes[std::size_t(i)]) > how.overlapAbove;
            }))
            kept.push_back(i);
    }
    return kept;
}

constexpr std::int64_t kMostBoxes = 1 << 17;

/// Rows of batch, class and box for boxes [B,N,4] and scores [B,C,N]. Computed on the host; what is chosen
/// has no gradient, what it chooses from has.
torch::Tensor suppress(const Call& call, bool centred)
{
    const torch::Tensor boxes = call.input(0).detach().to(torch::kCPU, torch::kFloat32).contiguous();
    const torch::Tensor scores = call.input(1).detach().to(torch::kCPU, torch::kFloat32).contiguous();
    if (boxes.dim() != 3 || boxes.size(2) != 4 || scores.dim() != 3 || scores.size(0) != boxes.size(0) ||
        scores.size(2) != boxes.size(1) || boxes.size(1) > kMostBoxes)
        throw Error("boxes and scores do not fit each other");
    const auto number = [&](std::size_t i) {
        return call.has(i) && call.input(i).numel() == 1 ? call.reals(i).front() : 0;
    };
    const std::int64_t count = boxes.size(1);
    const Suppression how{.most = static_cast<std::int64_t>(std::clamp(number(2), 0.0, double(count))),
                          .overlapAbove = static_cast<float>(number(3)),
                          .scoreAbove = static_cast<float>(number(4)),
                          .hasScore = call.has(4)};
    Sizes rows;
    for (std::int64_t b = 0; b < boxes.size(0); ++b) {
        std::vector<Box> candidates;
        for (std::int64_t i = 0; i < count; ++i)
            candidates.push_back(boxAt(boxes.data_ptr<float>() + (b * count + i) * 4, centred));
        for (std::int64_t c = 0; c < scores.size(1); ++c) {
            const float* own = scores.data_ptr<float>() + (b * scores.size(1) + c) * count;
            for (const std::int64_t i : keptBoxes(candidates, own, how))
                rows.insert(rows.end(), {b, c, i});
        }
    }
    const auto chosen = static_cast<std::int64_t>(rows.size() / 3);
    return torch::tensor(rows, torch::kInt64).reshape({chosen, 3}).to(call.input(0).device());
}

Kernel nonMaxSuppression(const Site& site)
{
    const bool centred = site.attributes().integer("center_point_box", 0) != 0;
    return one([centred](const Call& call) { return suppress(call, centred); });
}

} // namespace

void addDetection(KernelTable& table)
{
    table.add("NonMaxSuppression", {.make = nonMaxSuppression,
                                    .minInputs = 2,
                                    .maxInputs = 5,
                                    .hostInputs = 0b11100,
                                    .realResult = false,
                                    .since = 10});
}

} // namespace assay::models::onnx
