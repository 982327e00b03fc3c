#pragma once

#include "backend/data/catalogue.h"
#include "backend/models/generative/generative_card.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace assay::training {

/// How a generative network of the zoo is made. With the data set it determines the weights to the last digit
/// on one machine and library version.
struct GenerativeRecipe
{
    std::string name; ///< "faces-generator"
    std::string title;
    std::string summary;
    models::GenerativeKind kind = models::GenerativeKind::StyleAutoencoder;
    std::string dataset;
    std::int64_t images = 0; ///< of the training split, drawn with the seed; at most as many as there are
    int epochs = 0;
    std::uint64_t seed = 0;
    // Of a generator.
    std::int64_t side = 32;
    double beta = 0.05; ///< see generatorLoss()
    // Of a diffusion.
    std::string generator;  ///< recipe of the generator whose latents it draws; trained before
    int readerEpochs = 0;   ///< of the network whose embedding it is told
    std::int64_t block = 4; ///< side of the blocks by which that one's images are roughened
};

Json toJson(const GenerativeRecipe& recipe);

/// All recipes, generators before their diffusions.
const std::vector<GenerativeRecipe>& generativeRecipes();
/// nullptr for an unknown name.
const GenerativeRecipe* generativeRecipe(const std::string& name);

/// @param done and @p total rows of all epochs of the stage named. May throw to stop.
using GenerativeProgress =
    std::function<void(const std::string& stage, std::int64_t done, std::int64_t total)>;

/// Trains by recipe, measures on the test split, and writes NAME.safetensors and NAME.json to @p folder. A
/// generator's card holds under "measured" the mean squared error, PSNR (dB) and SSIM of its reconstructions,
/// and the error of the mean image. A diffusion's holds Frechet distances in its own reader's features, of
/// 2000 images it draws untold (`fd`), of as many that are each told a test image's embedding (`fd_told`,
/// guidance 1), of 2000 random latents (`fd_latents`) and of training images (`fd_train`) to those of the
/// test split; and the mean cosine between the embedding that it is told and that of the image it draws
/// (`told`, guidance 1), beside that of another test image (`told_other`).
/// @throws Error for an unknown name, a missing set, and a diffusion whose generator is not in the folder.
models::GenerativeCard trainGenerative(const std::string& name, const std::filesystem::path& folder,
                                       const data::DatasetCatalogue& catalogue,
                                       const GenerativeProgress& progress);

/// What verifyGenerative found.
struct GenerativeCheck
{
    std::string name;
    bool measured = false;       ///< false: the data set is not installed, or was drawn otherwise
    Json found = Json::object(); ///< what was measured
    std::string problem;         ///< empty when hash, weights and numbers are as the card says
    bool ok() const { return problem.empty(); }
};

/// Checks the hash of every generative network of @p folder and measures it again; numbers must lie within
/// 2 % or 0.01 of the card's. @param progress called after each; may throw to stop.
std::vector<GenerativeCheck> verifyGenerative(const std::filesystem::path& folder,
                                              const data::DatasetCatalogue& catalogue,
                                              const std::function<void(const GenerativeCheck&)>& progress);

} // namespace assay::training
