#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace assay::models {

/// Rows top .. bottom - 1 and columns left .. right - 1 of an image.
struct Region
{
    std::int64_t top = 0;
    std::int64_t left = 0;
    std::int64_t bottom = 0;
    std::int64_t right = 0;

    bool empty() const { return top >= bottom || left >= right; }
    bool operator==(const Region&) const = default;
};

/// Answers about images that change a region at a time: what the network makes of an image is kept, and only
/// what depends on the region is computed again. For the CPU, and for one thread. Images are float32
/// [n,C,H,W] in [0,1], and are not held on to. Works in inference mode and out of it.
class LocalChanges
{
public:
    virtual ~LocalChanges() = default;

    /// Takes the images as they are, which comes first. @returns their logits [n,K].
    virtual torch::Tensor begin(const torch::Tensor& x) = 0;
    /// @param x the images, changed inside of @p regions (one each, within the image) and nowhere else.
    /// @returns their logits [n,K]: those of Model::logits(), or within rounding of them, and the same in
    /// whatever company. settle() comes next.
    virtual torch::Tensor ask(const torch::Tensor& x, const std::vector<Region>& regions) = 0;
    /// Images with @p accepted, bool [n], stay as ask() was told; the others become again what they were.
    virtual void settle(const torch::Tensor& accepted) = 0;
    /// Only the images @p rows, int64, go on, in this order. Between settle() and ask().
    virtual void keep(const torch::Tensor& rows) = 0;
};

} // namespace assay::models
