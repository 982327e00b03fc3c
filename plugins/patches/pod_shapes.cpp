#include "plugins/patches/pod_shapes.h"

#include "backend/models/parallel.h"
#include "plugins/patches/pod_draws.h"

#include <ATen/Functions.h>
#include <torch/autograd.h>

#include <algorithm>
#include <cmath>
#include <mutex>

namespace assay::patches::pod {

namespace {

/// Where the pixels of an image lie in each box's grid: [n,k,H,W,2] in [-1,1], outside elsewhere.
torch::Tensor gridsOf(const torch::Tensor& boxes, std::int64_t height, std::int64_t width)
{
    const auto along = [&](std::int64_t side, std::int64_t from) {
        const torch::Tensor centres = torch::arange(side, boxes.options()) + 0.5;
        const torch::Tensor low = boxes.select(2, from).unsqueeze(2);
        const torch::Tensor length = boxes.select(2, from + 2).unsqueeze(2);
        // Boxes that are not used have no length: everything lies outside of them.
        return torch::where(length > 0, (centres - low) / length.clamp_min(1e-6) * 2 - 1,
                            torch::full_like(length, 5));
    };
    const std::int64_t n = boxes.size(0), k = boxes.size(1);
    const torch::Tensor x = along(width, 0).unsqueeze(2).expand({n, k, height, width});
    const torch::Tensor y = along(height, 1).unsqueeze(3).expand({n, k, height, width});
    return torch::stack({x, y}, 4);
}

/// Shares of cells, which sum to about the budget: [n,k,R,C] of values in [0,1].
torch::Tensor masksOf(const torch::Tensor& learned, const ShapeAttack& how)
{
    const torch::Tensor square = learned.square();
    const double cells = how.budget * how.start * static_cast<double>(how.rows * how.columns);
    return (square / square.sum({2, 3}, true).clamp_min(1e-9) * cells).clamp_max(1);
}

/// How much each pixel is covered, [n,1,H,W].
torch::Tensor coverOf(const torch::Tensor& masks, const torch::Tensor& grids, bool smooth)
{
    const std::int64_t n = masks.size(0), k = masks.size(1);
    const torch::Tensor grid = grids.flatten(0, 1);
    const torch::Tensor inside = (grid.abs() <= 1).all(3).unsqueeze(1);
    torch::Tensor cover =
        at::grid_sampler(masks.flatten(0, 1).unsqueeze(1), grid, smooth ? 0 : 1, 1, false) * inside;
    cover = cover.reshape({n, k, grids.size(2), grids.size(3)});
    return 1 - (1 - cover).prod(1, true);
}

torch::Tensor regularity(const torch::Tensor& masks, const ShapeAttack& how)
{
    const torch::Tensor covered = masks.sum({2, 3}).clamp_min(1e-6);
    const torch::Tensor around = at::avg_pool2d(masks, {3, 3}, {1, 1}, {1, 1});
    return how.sparsityWeight * (masks * (1 - masks)).sum({2, 3}) / covered +
           how.aggregationWeight * (masks * (1 - around)).sum({2, 3}) / covered;
}

/// The covered cells in the end, 0 or 1.
torch::Tensor binaryOf(const torch::Tensor& masks, const ShapeAttack& how)
{
    const auto most = std::max<std::int64_t>(1, std::llround(how.budget * double(how.rows * how.columns)));
    const torch::Tensor flat = masks.flatten(2);
    const auto [values, cells] = flat.topk(most, 2);
    return torch::zeros_like(flat)
        .scatter(2, cells, (values > how.threshold).to(flat.scalar_type()))
        .reshape_as(masks);
}

torch::Tensor startOf(std::int64_t first, std::int64_t count, std::int64_t boxes, const ShapeAttack& how)
{
    const torch::Tensor start = torch::empty({count, boxes, how.rows, how.columns});
    for (std::int64_t i = 0; i < count; ++i) {
        Draws draws(Draws(how.seed + 1000003 * static_cast<std::uint64_t>(first + i)).bits());
        float* values = start[i].data_ptr<float>();
        for (std::int64_t v = 0; v < start[i].numel(); ++v)
            values[v] = static_cast<float>(draws.between(0.4, 0.6));
    }
    return start;
}

/// How often the masks are made binary and tried while they are learned.
constexpr int kTrialEvery = 5;

/// The best binary masks so far, object by object.
struct BestMasks
{
    torch::Tensor masks;  ///< [n,k,R,C]
    torch::Tensor scores; ///< [n,k]: of finding the object nevertheless

    void offer(const torch::Tensor& tried, const torch::Tensor& found)
    {
        if (!masks.defined()) {
            masks = tried;
            scores = found;
            return;
        }
        const torch::Tensor better = found < scores;
        masks = torch::where(better.unsqueeze(2).unsqueeze(3), tried, masks);
        scores = torch::minimum(scores, found);
    }
};

/// Learned and made binary: [n,k,R,C].
torch::Tensor learnMasks(const models::Detector& detector, const torch::Tensor& images,
                         const torch::Tensor& boxes, torch::Tensor learned, std::int64_t category,
                         const ShapeAttack& how, const std::function<void()>& stepped)
{
    const torch::Tensor grids = gridsOf(boxes, images.size(2), images.size(3));
    const auto found = [&](const torch::Tensor& masks, bool smooth) {
        const torch::Tensor cover = coverOf(masks, grids, smooth);
        return findingScores(detector.candidates(images * (1 - cover) + how.value * cover), boxes, category);
    };
    torch::Tensor momentum = torch::zeros_like(learned);
    BestMasks best;
    for (int step = 0; step <= how.steps; ++step) {
        stepped();
        if (step % kTrialEvery == 0 || step == how.steps) {
            const torch::NoGradGuard off;
            const torch::Tensor tried = binaryOf(masksOf(learned, how), how);
            best.offer(tried, found(tried, false));
        }
        if (step == how.steps)
            break;
        learned = learned.detach().requires_grad_(true);
        const torch::Tensor masks = masksOf(learned, how);
        const torch::Tensor loss = how.attackWeight * found(masks, true).sum() + regularity(masks, how).sum();
        const torch::Tensor gradient = torch::autograd::grad({loss}, {learned})[0];
        const torch::NoGradGuard off;
        momentum = how.decay * momentum + gradient / gradient.abs().sum({2, 3}, true).clamp_min(1e-12);
        learned = (learned.detach() - how.rate * momentum.sign()).clamp(0, 1);
    }
    return best.masks;
}

/// What encloses the covered cells of a mask [R,C] over the box; nothing when no cell is.
void addEnclosing(std::vector<data::Box>& boxes, const torch::Tensor& mask, const data::Box& object)
{
    const torch::Tensor cells = mask.nonzero();
    if (cells.size(0) == 0)
        return;
    const torch::Tensor low = std::get<0>(cells.min(0)), high = std::get<0>(cells.max(0)) + 1;
    const auto at = [](const torch::Tensor& corner, std::int64_t i) {
        return static_cast<float>(corner[i].item<std::int64_t>());
    };
    const float cellHeight = object.height / static_cast<float>(mask.size(0));
    const float cellWidth = object.width / static_cast<float>(mask.size(1));
    data::Box box = object;
    box.category = kPatch;
    box.x = object.x + at(low, 1) * cellWidth;
    box.y = object.y + at(low, 0) * cellHeight;
    box.width = (at(high, 1) - at(low, 1)) * cellWidth;
    box.height = (at(high, 0) - at(low, 0)) * cellHeight;
    boxes.push_back(box);
}

} // namespace

Attacked attackWithShapes(const models::Detector& detector, const torch::Tensor& images,
                          const BoxLists& objects, std::int32_t category, const ShapeAttack& how,
                          const SearchCalls& calls)
{
    const torch::Tensor boxes = paddedBoxes(objects);
    const torch::Tensor masks = torch::zeros({images.size(0), boxes.size(1), how.rows, how.columns});
    Attacked attacked{images.clone(), BoxLists(objects.size())};
    std::mutex mutex; // guards calls.progress and done
    std::int64_t done = 0;
    const std::int64_t total = images.size(0) * (how.steps + 1);
    const torch::Device device = detector.device();
    models::forEachChunk(
        images.size(0), models::chunkImages(images, device), device,
        [&](std::int64_t first, std::int64_t count) {
            const auto stepped = [&] {
                if (calls.checkpoint)
                    calls.checkpoint();
                const std::lock_guard lock(mutex);
                done += count;
                if (calls.progress)
                    calls.progress(done, total);
            };
            const torch::Tensor x = images.narrow(0, first, count).to(device);
            const torch::Tensor where = boxes.narrow(0, first, count).to(device);
            const torch::Tensor start = startOf(first, count, boxes.size(1), how).to(device);
            const torch::Tensor learned = learnMasks(detector, x, where, start, category, how, stepped);
            masks.narrow(0, first, count).copy_(learned);
            const torch::Tensor cover = coverOf(learned, gridsOf(where, x.size(2), x.size(3)), false);
            attacked.images.narrow(0, first, count).copy_(x * (1 - cover) + how.value * cover);
        });
    for (std::size_t i = 0; i < objects.size(); ++i)
        for (std::size_t k = 0; k < objects[i].size(); ++k)
            addEnclosing(attacked.patches[i],
                         masks[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(k)], objects[i][k]);
    return attacked;
}

} // namespace assay::patches::pod
