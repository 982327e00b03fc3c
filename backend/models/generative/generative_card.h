#pragma once

#include "backend/protocol/json.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace assay::models {

/// What a generative network of the zoo is.
enum class GenerativeKind {
    StyleAutoencoder, ///< encoder, mapping network and style-based generator
    LatentDiffusion   ///< over its latents, with the reader whose embedding it is told
};

/// The card beside a generative network of the zoo. It answers no question about an image and is thus no
/// Model: what asks for a classifier or a detector is never offered one.
struct GenerativeCard
{
    std::string name;
    std::string title;
    std::string summary;
    GenerativeKind kind = GenerativeKind::StyleAutoencoder;
    Json options = Json::object(); ///< sizes: what is needed to build it again
    std::string dataset;
    std::string datasetHash;        ///< of the set that it learned on
    Json recipe = Json::object();   ///< all that `zoo train` needs to make it again
    Json measured = Json::object(); ///< name to number: how good it is
    std::int64_t parameters = 0;
    std::string sha256; ///< of NAME.safetensors
};

Json toJson(const GenerativeCard& card);
/// @throws Error naming the field that is missing or of a wrong type.
GenerativeCard generativeCardFromJson(const Json& json, const std::string& where);
/// @throws Error when the file is absent, too large, or no card.
GenerativeCard readGenerativeCard(const std::filesystem::path& file);

/// Folder of a zoo in which its generative networks lie, apart from the models.
std::filesystem::path generativeFolder(const std::filesystem::path& zoo);

/// The cards of a folder, by name; it may be absent. @param problems gets a sentence for each that cannot be
/// read.
std::vector<GenerativeCard> generativeCards(const std::filesystem::path& folder,
                                            std::vector<std::string>* problems = nullptr);

} // namespace assay::models
