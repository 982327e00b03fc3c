#pragma once

#include "backend/models/generative/attribute_reader.h"
#include "backend/models/generative/generative_card.h"
#include "backend/models/generative/latent_diffusion.h"
#include "backend/models/generative/style_autoencoder.h"

#include <filesystem>
#include <memory>

namespace assay::models {

/// A latent diffusion with the network whose embedding it is told.
struct ToldDiffusion
{
    std::shared_ptr<LatentDiffusion> diffusion;
    std::shared_ptr<AttributeReader> reader;
};

/// Writes FOLDER/NAME.safetensors and FOLDER/NAME.json. @returns the card with options, parameters and hash
/// filled in. @throws Error when a file cannot be written.
GenerativeCard saveGenerative(const std::filesystem::path& folder, const StyleAutoencoder& network,
                              GenerativeCard card);
GenerativeCard saveGenerative(const std::filesystem::path& folder, const ToldDiffusion& networks,
                              GenerativeCard card);

/// Loads what the card of @p folder describes, frozen, in eval mode.
/// @throws Error when the card is of the other kind, its hash is not the file's, or weights do not fit.
std::shared_ptr<StyleAutoencoder> openAutoencoder(const std::filesystem::path& folder,
                                                  const GenerativeCard& card, torch::Device device);
ToldDiffusion openDiffusion(const std::filesystem::path& folder, const GenerativeCard& card,
                            torch::Device device);

} // namespace assay::models
