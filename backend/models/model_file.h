#pragma once

#include "backend/models/files/safetensors.h"
#include "backend/models/model.h"

#include <filesystem>

namespace assay::models {

/// Copies @p tensors into the network of the same names, converted to its types, and drops each as soon as it
/// is copied: a file that they are mapped from never lies in memory as a whole.
/// @param where the file, for messages.
/// @throws Error that lists every missing, unexpected and mis-shaped tensor in one sentence; the network is
///         then unchanged.
void loadWeights(Network& network, NamedTensors tensors, const std::string& where);

/// Loads X.safetensors with its card X.json; @p file may name either, or X without an ending.
/// @throws Error when a file is missing or malformed, the hash differs from the card's, or weights do not
/// fit.
std::shared_ptr<const Model> loadModel(const std::filesystem::path& file, torch::Device device);

/// Writes FOLDER/NAME.safetensors and FOLDER/NAME.json; @returns the card with parameters and hash filled in.
ModelCard saveModel(const std::filesystem::path& folder, const Network& network, ModelCard card);

/// SHA-256 of a file's bytes, hex. @throws Error when it cannot be read.
std::string fileSha256(const std::filesystem::path& file);

} // namespace assay::models
