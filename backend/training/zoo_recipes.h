#pragma once

#include "backend/data/catalogue.h"
#include "backend/models/model.h"
#include "backend/poisoning/poison.h"
#include "backend/training/detector_trainer.h"
#include "backend/training/trainer.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace assay::training {

/// How a model of the zoo is made.
struct ZooRecipe
{
    std::string name; ///< "fashion-cnn"
    std::string title;
    std::string summary; ///< one sentence: what it is for
    std::string dataset = "fashion-mnist";
    std::vector<double> mean;   ///< per channel, of the training pixels in [0,1]
    std::vector<double> stddev; ///< likewise
    /// Values of the attribute "domain" to train and to measure accuracy on; empty: all images.
    std::vector<std::string> domains;
    std::string architecture;
    Json options = Json::object();
    TrainSpec train; ///< of a classifier
    /// Set for a detector, which learns the data set's boxes: how it is trained.
    std::optional<DetectorSpec> detector = std::nullopt;
    /// Set for a classifier with a backdoor: how its training images are poisoned.
    std::optional<poisoning::PoisonSpec> poison = std::nullopt;
    /// Model that the same training leaves behind, taken from an earlier epoch; empty for none.
    std::string snapshotName;
    int snapshotEpoch = 0;
};

/// All recipes, in the order in which `zoo train` with no name would run them.
const std::vector<ZooRecipe>& zooRecipes();

/// Finds the recipe that makes @p name, be it the model itself or a snapshot of its training.
/// @throws Error for an unknown name, listing the known ones.
const ZooRecipe& zooRecipe(const std::string& name);

/// Trains by recipe and writes NAME.safetensors and NAME.json (and those of the snapshot) to @p folder, which
/// is made if absent. hooks.resumeFile, when empty, becomes FOLDER/NAME.resume.
/// @returns the cards written, the model's own first.
/// @throws Error for an unknown name or missing data; whatever hooks.checkpoint throws.
std::vector<models::ModelCard> trainZooModel(const std::string& name, const std::filesystem::path& folder,
                                             const data::DatasetCatalogue& catalogue, TrainHooks hooks = {});

/// What verifyZoo found for one model.
struct ZooCheck
{
    std::string name;
    bool detects = false;    ///< accuracies are AP at IoU 0.5
    double accuracy = 0;     ///< measured on the test images of the model's domains
    bool measured = false;   ///< false: the data set is not installed, only the file was checked
    double cardAccuracy = 0; ///< what the card claims
    /// Of a model with a backdoor: its attack success rate, of triggered test images of other classes.
    std::optional<double> asr;
    std::optional<double> cardAsr;
    std::string problem; ///< empty when hash, weights and accuracy are as the card says
    bool ok() const { return problem.empty(); }
};

/// Checks the hash of every model in @p folder and measures its accuracy, which must be within two images of
/// its card's (another machine may round differently), as must the attack success of a model with a backdoor;
/// of a detector its AP within 0.002; within 1 % of the images, or 0.01, where the data set itself was drawn
/// by another version of the drawing library (its hash differs). A model whose data set is not installed is
/// loaded and not measured.
/// @param progress called after each model; may throw to stop.
std::vector<ZooCheck> verifyZoo(const std::filesystem::path& folder, const data::DatasetCatalogue& catalogue,
                                const std::function<void(const ZooCheck&)>& progress = {});

} // namespace assay::training
