#include "plugins/patches/pod_scenes.h"

#include <ATen/Functions.h>

#include <algorithm>

namespace assay::patches::pod {

data::Box boxOf(const PastedPatch& label)
{
    data::Box box;
    box.sample = label.image;
    box.category = kPatch;
    box.x = label.x;
    box.y = label.y;
    box.width = label.width;
    box.height = label.height;
    return box;
}

torch::Tensor Scenes::images() const
{
    return pixels.to(torch::kFloat32).div_(255);
}

Scenes Scenes::first(std::int64_t count) const
{
    count = std::min(count, size());
    return {ids.narrow(0, 0, count), pixels.narrow(0, 0, count),
            BoxLists(objects.begin(), objects.begin() + count)};
}

Scenes scenesOf(const data::Dataset& dataset, data::Split split, const torch::Tensor& ids,
                std::int32_t category)
{
    const BoxLists all = training::boxesByImage(dataset.samples(split), dataset.size(split));
    Scenes scenes{ids, dataset.pixelsOf(split, ids), {}};
    const auto id = ids.accessor<std::int64_t, 1>();
    for (std::int64_t i = 0; i < ids.size(0); ++i) {
        auto& boxes = scenes.objects.emplace_back();
        for (data::Box box : all[static_cast<std::size_t>(id[i])]) {
            if (box.category != category)
                continue;
            box.sample = i;
            box.category = kObject;
            boxes.push_back(box);
        }
    }
    return scenes;
}

attacks::PatchBoxes paddedBoxes(const BoxLists& boxes)
{
    std::size_t most = 1;
    for (const auto& list : boxes)
        most = std::max(most, list.size());
    const torch::Tensor padded =
        torch::zeros({static_cast<std::int64_t>(boxes.size()), static_cast<std::int64_t>(most), 4});
    auto at = padded.accessor<float, 3>();
    for (std::size_t i = 0; i < boxes.size(); ++i)
        for (std::size_t k = 0; k < boxes[i].size(); ++k) {
            const data::Box& box = boxes[i][k];
            const float values[] = {box.x, box.y, box.width, box.height};
            for (std::int64_t v = 0; v < 4; ++v)
                at[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(k)][v] = values[v];
        }
    return padded;
}

torch::Tensor findingScores(const models::Candidates& candidates, const torch::Tensor& boxes,
                            std::int64_t category)
{
    torch::Tensor near;
    {
        const torch::NoGradGuard off;
        const torch::Tensor found = candidates.boxes.detach().unsqueeze(1); // [n,1,A,4]
        const torch::Tensor size = boxes.narrow(2, 2, 2).unsqueeze(2);      // [n,k,1,2]
        const torch::Tensor low = boxes.narrow(2, 0, 2).unsqueeze(2), high = low + size;
        const torch::Tensor both =
            (torch::minimum(found.narrow(3, 2, 2), high) - torch::maximum(found.narrow(3, 0, 2), low))
                .clamp_min(0)
                .prod(3);
        const torch::Tensor own = (found.narrow(3, 2, 2) - found.narrow(3, 0, 2)).clamp_min(0).prod(3);
        near = (both >= 0.5 * (own + size.prod(3) - both)).logical_and(both > 0); // [n,k,A]
    }
    const torch::Tensor scores = candidates.scores.select(2, category).unsqueeze(1);
    return (scores * near).amax(2);
}

} // namespace assay::patches::pod
