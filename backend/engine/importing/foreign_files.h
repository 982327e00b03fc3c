#pragma once

#include "backend/data/formats/data_format.h"
#include "backend/models/formats/model_format.h"

#include <filesystem>
#include <memory>
#include <string>

namespace assay::engine {

/// What recognises a file or folder; nothing is set when nothing does.
struct Recognised
{
    const models::ModelFormat* model = nullptr;
    const data::DataFormat* data = nullptr;
    bool attack = false; ///< TorchScript with a `step`
    /// Why a script can be taken for nothing: it could be two things, or has no method that is asked for.
    std::string problem;
};

/// Models are asked first, and TorchScript is told apart by its methods. @throws Error when there is no such
/// file or it cannot be read.
Recognised recognise(const std::filesystem::path& location);

/// The model of a card whose weights are elsewhere; no hash is compared.
/// @throws Error when the file is malformed, or its outputs are not the card's classes.
std::shared_ptr<const models::Model> openModel(const models::ModelCard& card, torch::Device device);

/// Whether a study's model parameter names a file of another program, not a card or a model of ours.
bool isForeignModel(const std::string& nameOrPath);

/// The card of a foreign file as it would be imported without corrections.
/// @throws Error when nothing recognises it, something must be asked (naming the command that answers it), or
/// a finding is a problem.
models::ModelCard foreignModelCard(const std::filesystem::path& file);

} // namespace assay::engine
