#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

namespace assay::models {
class Model;
}

namespace assay::calibration {

/// The name under which a network's output is a layer like its taps.
inline constexpr const char* kLogitsLayer = "logits";

/// What layers of a network make of images, as points whose neighbours can be searched.
struct LayerFeatures
{
    std::vector<std::string> layers; ///< names, in the order they are computed
    std::vector<torch::Tensor>
        vectors;          ///< one per layer: float32 [N,D] of unit length, on the model's device
    torch::Tensor logits; ///< float32 [N,K], as the model gives them
};

/// One vector per image, of unit length: a map [N,C,H,W] is averaged over its pixels, tokens [N,T,D] over the
/// tokens, [N,D] stays; then v / (|v| + 1e-10), so that a vector of zeros stays one.
/// @param value float32. @throws Error for other numbers of dimensions.
torch::Tensor unitVectors(const torch::Tensor& value);

/// The layers that densities are measured at unless told otherwise: the model's taps, then the logits.
std::vector<std::string> densityLayers(const models::Model& model);

/// One forward pass over @p x, float32 [N,C,H,W] in [0,1] on any device, in chunks over worker threads.
/// Memory: the vectors, and the maps of one chunk of images per thread.
/// @param layers taps of the model and kLogitsLayer, in any order, none twice.
/// @throws Error for a model without a network, no images, unknown layers, or values that are not finite.
LayerFeatures layerFeatures(const models::Model& model, const torch::Tensor& x,
                            const std::vector<std::string>& layers);

} // namespace assay::calibration
