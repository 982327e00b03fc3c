#pragma once

#include "backend/models/formats/input_probe.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace assay::models {

/// Images that a network was found to take.
struct FoundInput
{
    std::int64_t channels = 0;
    std::int64_t height = 0;
    std::int64_t width = 0;
    std::int64_t batch = 0; ///< images at a time: 0 for any number
    bool sizeFree = false;
};

struct InputSearch
{
    std::optional<FoundInput> found;
    std::string failure; ///< what the last attempt said
};

/// Tries images of usual channels and sizes on @p target, or those that the file or the corrections name. A
/// network that takes several sizes is given 224 when its first layer or its 1000 classes are those of
/// ImageNet's networks, else the smallest usual size. Bounded to about 60 attempts and to @p longest,
/// after which none is begun.
InputSearch searchInput(const ProbeTarget& target, const ModelCorrections& corrections,
                        std::chrono::milliseconds longest = std::chrono::seconds(30));

/// Random pixels in [0,1] from a fixed seed.
torch::Tensor randomImages(std::int64_t count, std::int64_t channels, std::int64_t height, std::int64_t width,
                           std::uint64_t seed = 1);

} // namespace assay::models
