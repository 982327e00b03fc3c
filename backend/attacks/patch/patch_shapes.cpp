#include "backend/attacks/patch/patch_training.h"
#include "backend/attacks/random_streams.h"
#include "backend/protocol/error.h"

#include <algorithm>

namespace assay::attacks {

namespace {

constexpr std::uint64_t kRandomPatchStream = 41;

} // namespace

const std::vector<std::string>& patchShapeNames()
{
    static const std::vector<std::string> names = {"square", "circle"};
    return names;
}

torch::Tensor patchMask(const std::string& shape, std::int64_t height, std::int64_t width)
{
    if (shape == "square")
        return torch::ones({1, height, width});
    if (shape != "circle")
        throw Error("there is no patch shape '" + shape + "'; known are square, circle");
    // Of each pixel the centre decides.
    const torch::Tensor across = (torch::arange(width, torch::kFloat64) + 0.5) / double(width) - 0.5;
    const torch::Tensor down = (torch::arange(height, torch::kFloat64) + 0.5) / double(height) - 0.5;
    return (across.square().unsqueeze(0) + down.square().unsqueeze(1))
        .le(0.25)
        .to(torch::kFloat32)
        .unsqueeze(0);
}

torch::Tensor randomPatch(std::int64_t channels, std::int64_t height, std::int64_t width, std::uint64_t seed)
{
    const RandomStreams streams(seed, kRandomPatchStream);
    return streams.uniform(torch::empty({1, channels, height, width}), torch::zeros({1}, torch::kInt64))
        .squeeze(0);
}

} // namespace assay::attacks
