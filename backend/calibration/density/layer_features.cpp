#include "backend/calibration/density/layer_features.h"

#include "backend/models/model.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <map>

namespace assay::calibration {

namespace {

constexpr double kNormFloor = 1e-10;

/// The vectors of one chunk of images, by layer.
using Chunk = std::map<std::string, torch::Tensor>;

void requireLayers(const std::vector<std::string>& known, const std::vector<std::string>& layers)
{
    if (layers.empty())
        throw Error("no layers are chosen to take features from", "layers", "Choose at least one.");
    for (const std::string& layer : layers) {
        if (!std::ranges::count(known, layer)) {
            std::string names;
            for (const std::string& name : known)
                names += (names.empty() ? "" : ", ") + name;
            throw Error("the model has no layer '" + layer + "'", "layers", "Choose from " + names + ".");
        }
        if (std::ranges::count(layers, layer) > 1)
            throw Error("the layer '" + layer + "' is named twice", "layers", "Name it once.");
    }
}

Chunk chunkOf(const models::Model& model, const torch::Tensor& x, const std::vector<std::string>& layers,
              torch::Tensor& logits)
{
    const torch::NoGradGuard off;
    Chunk chunk;
    const models::TapSink sink = [&](const std::string& name, const torch::Tensor& value) {
        if (std::ranges::count(layers, name))
            chunk[name] = unitVectors(value);
    };
    logits = model.logits(x, sink);
    if (std::ranges::count(layers, kLogitsLayer))
        chunk[kLogitsLayer] = unitVectors(logits);
    return chunk;
}

} // namespace

torch::Tensor unitVectors(const torch::Tensor& value)
{
    torch::Tensor v = value;
    if (value.dim() == 4)
        v = value.mean({2, 3});
    else if (value.dim() == 3)
        v = value.mean(1);
    else if (value.dim() != 2)
        throw Error("a layer with " + std::to_string(value.dim()) +
                        " dimensions gives no feature vectors; it must have 2, 3 or 4",
                    "layers", "Choose another layer.");
    return v / (v.norm(2, {1}, true) + kNormFloor);
}

std::vector<std::string> densityLayers(const models::Model& model)
{
    std::vector<std::string> layers = model.taps();
    layers.emplace_back(kLogitsLayer);
    return layers;
}

LayerFeatures layerFeatures(const models::Model& model, const torch::Tensor& x,
                            const std::vector<std::string>& layers)
{
    model.requireNetwork("measuring densities needs the network's layers");
    requireLayers(densityLayers(model), layers);
    if (x.size(0) == 0)
        throw Error("there are no images to take features of");
    const std::int64_t step = models::chunkImages(x, model.device());
    std::vector<Chunk> chunks(static_cast<std::size_t>((x.size(0) + step - 1) / step));
    std::vector<torch::Tensor> logits(chunks.size());
    models::forEachChunk(x.size(0), step, model.device(), [&](std::int64_t first, std::int64_t count) {
        const auto at = static_cast<std::size_t>(first / step);
        chunks[at] = chunkOf(model, x.narrow(0, first, count).to(model.device()), layers, logits[at]);
    });
    LayerFeatures features{.layers = layers, .logits = torch::cat(logits).detach()};
    for (const std::string& layer : layers) {
        std::vector<torch::Tensor> parts;
        for (const Chunk& chunk : chunks)
            parts.push_back(chunk.at(layer));
        features.vectors.push_back(torch::cat(parts).detach());
        if (!features.vectors.back().isfinite().all().item<bool>())
            throw Error("the layer '" + layer + "' gives values that are not finite", model.name());
    }
    return features;
}

} // namespace assay::calibration
