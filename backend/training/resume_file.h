#pragma once

#include "backend/models/files/safetensors.h"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::training {

/// All that a training needs to go on after an epoch as if it had not stopped.
struct TrainState
{
    int epoch = 0;                       ///< epochs done
    int epochs = 0;                      ///< of all
    std::string spec;                    ///< the whole specification as JSON
    std::string setHash;                 ///< of the images and labels
    models::NamedTensors weights;        ///< batch-norm statistics included
    std::vector<torch::Tensor> momentum; ///< or moments: whatever the optimiser remembers
    torch::Tensor generator;             ///< state of the generator of batch order and augmentation
};

/// Writes a safetensors file of weights ("w.NAME"), momentum ("m.INDEX") and generator, with the rest as
/// metadata.
void writeResume(const std::filesystem::path& file, const TrainState& state);

/// Reads @p file into @p state, which holds the training that wants to go on: its spec, set hash and the
/// storage of weights and momentum, which are overwritten in place.
/// @throws Error when the file is malformed or belongs to a training with another spec, set or network.
void readResume(const std::filesystem::path& file, TrainState& state);

/// SHA-256 over shapes, images and labels, hex.
std::string setHash(const torch::Tensor& images, const torch::Tensor& labels);

} // namespace assay::training
