#pragma once

#include "backend/models/formats/model_format.h"
#include "backend/models/formats/normalisation.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace assay::models {

/// A network from outside as the probe sees it: on the CPU, without anything of an InputSpec applied.
struct ProbeTarget
{
    /// Output [N,K] for x float32 [N,C,H,W]; throws anything for sizes the network does not take.
    TensorFunction run;
    /// Of a detector: how many classes it knows, by its output of any shape; throws anything when the output
    /// is none of its. Empty of a classifier.
    std::function<std::int64_t(const torch::Tensor& output)> classesOf;
    /// In the order of use as far as known; the first of four dimensions counts as the first convolution.
    NamedTensors weights;
    /// What reaches the first convolution or fully connected layer for x: shows whether the network
    /// normalises itself. May be empty; may throw.
    TensorFunction firstLayerInput;
    /// The first batch normalisation fed by the first convolution, where there is one: its input for x and
    /// the statistics it learned. Shows what the pixels looked like in training. May be empty.
    TensorFunction firstNormInput;
    torch::Tensor runningMean; ///< [O]
    torch::Tensor runningVar;
    /// Fixed by the file, where the format says so (ONNX, TF.js); 0: free or unknown.
    std::int64_t channels = 0;
    std::int64_t height = 0;
    std::int64_t width = 0;
    std::int64_t batch = 0;
};

/// What was found out by running a network; see docs/models.md, "The input contract".
struct InputContract
{
    InputSpec input;             ///< with the corrections applied
    bool sizeFree = false;       ///< several sizes are taken; `input` holds the usual one of them
    std::int64_t classes = 0;    ///< K
    bool detects = false;        ///< whether the target said how many classes
    std::int64_t batch = 0;      ///< images the network insists on at a time; 0: any number
    bool random = false;         ///< the same images give different outputs
    bool batchDependent = false; ///< an image's output depends on the others of its batch
    bool probabilities = false;  ///< rows are probabilities: take their logarithm as logits
    std::optional<NormalisationCandidate> inside; ///< what the network does to its input itself
    std::vector<std::string> asks;                ///< fields of ModelCorrections that must be given
    protocol::Findings findings;
    /// "input": {"channels": .., "height": .., "size": "free"|"fixed", "inside": .., "fits": [..]}, to show.
    Json details = Json::object();
};

/// Finds out what @p target expects and returns, with a few dozen small forward passes. Deterministic for a
/// deterministic network. Never throws for what the network does: what cannot be found is asked for.
/// @throws Error for corrections that contradict each other (see InputAdapter).
InputContract probeInput(const ProbeTarget& target, const ModelCorrections& corrections);

/// Puts the contract into @p import: the card's input, class names (the corrected ones, else "0", "1", ...),
/// options "probabilities" and "batch" where they differ from the usual, asks, findings and details.
void applyContract(const InputContract& contract, const ModelCorrections& corrections, ModelImport& import);

} // namespace assay::models
