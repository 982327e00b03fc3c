#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>

namespace assay::models {

/// Makes images from styles: W+ to image. Frozen; safe from any thread. Gradients pass to the styles.
class Generator
{
public:
    virtual ~Generator() = default;

    /// @param w float32 [n,styles(),styleSize()] on device(). @returns float32 [n,3,side,side] in [0,1]
    /// there.
    virtual torch::Tensor image(const torch::Tensor& w) const = 0;
    virtual std::int64_t styles() const = 0;
    virtual std::int64_t styleSize() const = 0;
    virtual std::int64_t side() const = 0;
    /// Mean of the styles over images of its domain: float32 [styles(),styleSize()] on device().
    virtual const torch::Tensor& centre() const = 0;
    virtual torch::Device device() const = 0;
    /// Tells it from any other: for keys of caches.
    virtual std::string hash() const = 0;
};

} // namespace assay::models
