#pragma once

#include "backend/data/dataset.h"
#include "backend/data/recipes/source_package.h"
#include "backend/protocol/json.h"

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay::data {

/// What a recipe draws: the whole set before it is divided.
struct DrawnSet
{
    torch::Tensor images;             ///< uint8 [N,C,H,W], C 1 or 3
    torch::Tensor labels;             ///< int64 [N]
    std::vector<std::uint8_t> inTest; ///< [N]: 1 where the image belongs to the test split
    SampleTable samples;              ///< names, captions and categorical attributes, [N] each; boxes
};

/// Something a detector found: left, top, width and height in pixels.
struct ScoredBox
{
    float x = 0;
    float y = 0;
    float width = 0;
    float height = 0;
    float score = 0; ///< 0 .. 1
    bool operator==(const ScoredBox&) const = default;
};

/// The persons in one image, float32 [1,3,H,W] in [0,1].
using FindPersons = std::function<std::vector<ScoredBox>(const torch::Tensor& image)>;

struct BuildHooks
{
    std::function<void(double done, double total, std::string_view stage)> progress;
    std::function<void()> checkpoint; ///< may throw Cancelled
    /// Opens a detector that comes in a recipe's package. Sets know nothing of models: whoever knows both
    /// gives it, for recipes whose labels need one.
    std::function<FindPersons(const std::filesystem::path& graph)> openPersonFinder = {};
};

/// Where a recipe finds its inputs.
struct BuildFolders
{
    std::map<std::string, std::filesystem::path> packages; ///< by package name, unpacked
    std::filesystem::path resources;                       ///< of the program: scripts that draw
    std::filesystem::path work;                            ///< empty, for the recipe's own use
};

/// A data set that is built from pinned packages, always with the same images, labels and split for one
/// version of the drawing libraries.
struct DataRecipe
{
    DatasetInfo info; ///< counts are what a build must give
    std::vector<SourcePackage> packages;
    double downloadMb = 0;
    DrawnSet (*draw)(const BuildFolders& folders, const BuildHooks& hooks);
    /// Of the manifest: what belongs to the test split.
    std::string splitRule = "20 % of the keys (concepts, faces, digits), by SHA-256, are the test split";
};

/// All recipes, by name.
const std::vector<DataRecipe>& dataRecipes();

/// @throws Error naming the known ones.
const DataRecipe& dataRecipe(const std::string& name);

struct GetOptions
{
    std::filesystem::path root;      ///< ROOT/NAME is made; defaults see userDataRoot()
    std::filesystem::path resources; ///< of the program
    PackageStore store;
    BuildHooks hooks;
};

/// Per-user folder of built sets: XDG data home /assay/data. One of DatasetCatalogue::defaultSearchRoots().
std::filesystem::path userDataRoot();
/// Per-user folder of downloaded packages: XDG cache home /assay/packages.
std::filesystem::path packageCache();

/// Fetches, unpacks, draws, checks the counts and writes ROOT/NAME (data.npz, card.json, manifest.json) in
/// one move: a set is there wholly or not at all. An existing one is replaced.
/// @returns ROOT/NAME. @throws Error, also when the counts differ from the recipe's; Cancelled.
std::filesystem::path getData(const DataRecipe& recipe, const GetOptions& options);

/// Stable division by a text (a concept, a seed): 20 % of all texts belong to the test split.
bool drawnForTest(const std::string& key);

} // namespace assay::data
