#pragma once

#include "backend/protocol/json.h"

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace assay::backdoor {

/// Makes of an image another one of the same content, in which a trigger is to be lost. The method's own way
/// is a diffusion model conditioned on the image; what stands in for it here are strong ways without one.
/// Immutable, safe from any thread.
class RobustVariation
{
public:
    virtual ~RobustVariation() = default;
    /// "strong augmentation": for captions.
    virtual std::string title() const = 0;
    /// Whether the strength means anything; if not there is one set of variations only.
    virtual bool graded() const { return true; }
    /// One variation of each image, float32 [n,C,H,W] in [0,1] on the device of @p x. What an image becomes
    /// depends on its pixels, the strength and its number, whatever stands beside it; its draws are the same
    /// at all strengths, so that a picture under a moving slider keeps them.
    /// @param x float32 [n,C,H,W] in [0,1]. @param strength 0 (as little as possible) .. 1.
    /// @param ids int64 [n] on the CPU: numbers of the images in their data set.
    virtual torch::Tensor vary(const torch::Tensor& x, double strength, const torch::Tensor& ids) const = 0;
    /// All that the result depends on besides the arguments of vary().
    virtual Json key() const = 0;
};

/// Rotation by up to 15 degrees, a crop (zoom by up to 1 / 0.8), a shift by up to 0.1 of the image to either
/// side, Gaussian blur of a deviation of 0.06 of the shorter side, and Gaussian noise of 0.1, all at
/// strength 1 and in proportion below. What lies outside is black.
std::unique_ptr<const RobustVariation> strongAugmentation(std::uint64_t seed);

/// Gaussian blur alone, of a deviation of 0.1 of the shorter side at strength 1 (2.8 pixels of 28).
std::unique_ptr<const RobustVariation> plainBlur();

/// Gaussian blur with the edges repeated. @param x float32 [n,C,H,W]. @param deviation in pixels; 0: x
/// itself.
torch::Tensor gaussianBlur(const torch::Tensor& x, double deviation);

/// Standard normal numbers, float32 [n, per] on the CPU: row i's depend on seed, purpose and ids[i] alone.
torch::Tensor normalById(std::uint64_t seed, const char* purpose, const torch::Tensor& ids, std::int64_t per);

/// The colours of each image of @p x given to its variation @p v: mean and deviation (n in the denominator)
/// of each channel over its pixels. A channel of @p v without variance gets the mean alone. Clipped to [0,1].
torch::Tensor colourTransfer(const torch::Tensor& v, const torch::Tensor& x);

/// Variations of bytes, as bytes: uint8 [N,C,H,W] on the CPU, rounded as a kept picture is. In batches on
/// @p device, with @p checkpoint before each.
torch::Tensor variationBytes(const RobustVariation& variation, const torch::Tensor& bytes, double strength,
                             const torch::Tensor& ids, bool colours, torch::Device device,
                             const std::function<void(std::int64_t done)>& checkpoint);

} // namespace assay::backdoor
