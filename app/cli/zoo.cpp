#include "backend/models/zoo.h"
#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/interrupt.h"
#include "app/cli/progress_view.h"
#include "app/cli/text_table.h"
#include "backend/engine/workspace.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"
#include "backend/training/zoo_generators.h"
#include "backend/training/zoo_recipes.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace assay::cli {

namespace {

namespace fs = std::filesystem;
using Rows = std::vector<std::vector<std::string>>;

/// "96.70 %", of a detector "AP 96.70 %".
std::string percent(std::optional<double> fraction, bool detects = false)
{
    if (!fraction)
        return "not measured";
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%s%.2f %%", detects ? "AP " : "", 100 * *fraction);
    return buffer;
}

/// "90.80 %, attack success 99.10 %".
std::string reached(double accuracy, bool detects, std::optional<double> asr)
{
    return percent(accuracy, detects) + (asr ? ", attack success " + percent(asr) : "");
}

bool finds(const models::ModelCard& card)
{
    return card.task == models::Task::Detection;
}

/// "PSNR 24.1 dB" of a generator, "FD 3.21" of a diffusion.
std::string quality(const Json& measured)
{
    const bool decodes = measured.contains("psnr");
    const Json value = measured.value(decodes ? "psnr" : "fd", Json());
    if (!value.is_number())
        return "not measured";
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, decodes ? "PSNR %.2f dB" : "FD %.3f", value.get<double>());
    return buffer;
}

void listGenerators(const fs::path& folder, Rows& rows)
{
    const auto cards = models::generativeCards(models::generativeFolder(folder));
    for (const auto& recipe : training::generativeRecipes()) {
        const auto card = std::ranges::find(cards, recipe.name, &models::GenerativeCard::name);
        rows.push_back({recipe.name, recipe.generator.empty() ? "style autoencoder" : "latent diffusion",
                        recipe.dataset, card == cards.end() ? "not trained" : quality(card->measured),
                        recipe.summary});
    }
}

int list(const fs::path& folder)
{
    const auto cards = models::ModelLibrary({folder}).list();
    const auto state = [&](const std::string& name) -> std::string {
        const auto card = std::ranges::find(cards, name, &models::ModelCard::name);
        return card == cards.end() ? "not trained" : percent(card->testAccuracy, finds(*card));
    };
    Rows rows = {{"MODEL", "ARCHITECTURE", "DATA SET", "ACCURACY", "WHAT IT IS FOR"}};
    for (const auto& recipe : training::zooRecipes()) {
        rows.push_back(
            {recipe.name, recipe.architecture, recipe.dataset, state(recipe.name), recipe.summary});
        if (!recipe.snapshotName.empty()) {
            rows.push_back({recipe.snapshotName, recipe.architecture, recipe.dataset,
                            state(recipe.snapshotName),
                            recipe.name + " after epoch " + std::to_string(recipe.snapshotEpoch)});
        }
    }
    listGenerators(folder, rows);
    std::fputs(textTable(rows).c_str(), stdout);
    return kDone;
}

void trainGenerator(const std::string& name, const fs::path& folder, const Cancelling& cancelling)
{
    ProgressView view;
    const auto began = std::chrono::steady_clock::now();
    const auto card = training::trainGenerative(
        name, models::generativeFolder(folder), data::DatasetCatalogue(),
        [&](const std::string& stage, std::int64_t done, std::int64_t total) {
            cancelling.check();
            const double seconds =
                std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
            view.update(stage, static_cast<double>(done), static_cast<double>(total), seconds);
        });
    view.close();
    std::printf("%s  %s  %s\n", card.name.c_str(), card.measured.dump().c_str(),
                (models::generativeFolder(folder) / (card.name + ".safetensors")).c_str());
}

void trainOne(const std::string& name, const fs::path& folder, const Cancelling& cancelling)
{
    ProgressView view;
    const auto began = std::chrono::steady_clock::now();
    training::TrainHooks hooks;
    hooks.checkpoint = [&] { cancelling.check(); };
    hooks.progress = [&](std::int64_t done, std::int64_t total) {
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        view.update(name, static_cast<double>(done), static_cast<double>(total), seconds);
    };
    hooks.epoch = [&](const training::EpochReport& report) {
        // A detector has no accuracy while it is trained.
        const std::string accuracy =
            std::isnan(report.trainAccuracy) ? "" : ", training accuracy " + percent(report.trainAccuracy);
        char buffer[160];
        std::snprintf(buffer, sizeof buffer, "%s: epoch %d of %d, loss %.4f%s, %.1f s", name.c_str(),
                      report.epoch, report.epochs, report.loss, accuracy.c_str(), report.seconds);
        view.line(buffer);
    };
    const auto cards = training::trainZooModel(name, folder, data::DatasetCatalogue(), hooks);
    view.close();
    for (const auto& card : cards)
        std::printf("%s  test accuracy %s  %s\n", card.name.c_str(),
                    percent(card.testAccuracy, finds(card)).c_str(),
                    (folder / (card.name + ".safetensors")).c_str());
}

int train(const std::vector<std::string>& names, const fs::path& folder)
{
    const Cancelling cancelling;
    if (!names.empty() && training::generativeRecipe(names[0])) {
        trainGenerator(names[0], folder, cancelling);
        return kDone;
    }
    if (!names.empty()) {
        training::zooRecipe(names[0]); // an unknown name is a wrong request before anything is written
        trainOne(names[0], folder, cancelling);
        return kDone;
    }
    for (const auto& recipe : training::zooRecipes())
        trainOne(recipe.name, folder, cancelling);
    for (const auto& recipe : training::generativeRecipes())
        trainGenerator(recipe.name, folder, cancelling);
    return kDone;
}

/// @returns whether all are as their cards say.
bool verifyGenerators(const fs::path& folder, const Cancelling& cancelling)
{
    const auto checks = training::verifyGenerative(
        models::generativeFolder(folder), data::DatasetCatalogue(),
        [&](const training::GenerativeCheck& check) {
            cancelling.check();
            if (!check.ok())
                std::printf("%s  WRONG  %s\n", check.name.c_str(), check.problem.c_str());
            else if (check.measured)
                std::printf("%s  ok  %s, as the card says\n", check.name.c_str(),
                            quality(check.found).c_str());
            else
                std::printf("%s  ok  hash and weights; the images that it learned are not installed, so "
                            "nothing was measured\n",
                            check.name.c_str());
            std::fflush(stdout);
        });
    return std::ranges::all_of(checks, &training::GenerativeCheck::ok);
}

int verify(const fs::path& folder)
{
    const Cancelling cancelling;
    const auto checks =
        training::verifyZoo(folder, data::DatasetCatalogue(), [&](const training::ZooCheck& check) {
            cancelling.check();
            if (check.ok() && !check.measured)
                std::printf(
                    "%s  ok  hash and weights; its data set is not installed, so its accuracy of %s was "
                    "not measured\n",
                    check.name.c_str(), percent(check.cardAccuracy, check.detects).c_str());
            else if (check.ok())
                std::printf("%s  ok  accuracy %s, the card says %s\n", check.name.c_str(),
                            reached(check.accuracy, check.detects, check.asr).c_str(),
                            reached(check.cardAccuracy, check.detects, check.cardAsr).c_str());
            else
                std::printf("%s  WRONG  %s\n", check.name.c_str(), check.problem.c_str());
            std::fflush(stdout);
        });
    if (checks.empty())
        throw Error("there are no models to verify", folder.string(),
                    "Train them with 'assay-cli zoo train'");
    const bool generators = verifyGenerators(folder, cancelling);
    return std::ranges::all_of(checks, &training::ZooCheck::ok) && generators ? kDone : kFailed;
}

int zoo(const Words& words)
{
    const Arguments arguments("zoo", words, {{"--folder"}});
    const auto& rest = arguments.rest(1, 2, "'list', 'train NAME' or 'verify'");
    const fs::path folder = arguments.has("--folder") ? fs::path(arguments.value("--folder"))
                                                      : engine::Installation::find().resources / "zoo";
    if (rest[0] == "train")
        return train({rest.begin() + 1, rest.end()}, folder);
    if (rest.size() == 2)
        throw Error("'" + rest[1] + "' is one word too many for 'zoo " + rest[0] + "'", {},
                    "See 'assay-cli zoo --help'");
    if (rest[0] == "list")
        return list(folder);
    if (rest[0] == "verify")
        return verify(folder);
    throw Error("'zoo' has no action '" + rest[0] + "'", {},
                protocol::suggestion(rest[0], {"list", "train", "verify"}));
}

} // namespace

const Command kZoo = {
    "zoo", "list, train or verify the models that come with Assay",
    "usage: assay-cli zoo list|verify [--folder DIR]\n"
    "       assay-cli zoo train [NAME] [--folder DIR]\n\n"
    "The folder is the zoo beside the program unless --folder names another. 'train' without a name\n"
    "trains all; it goes on where an interrupted training stopped. 'verify' checks hashes and measures\n"
    "accuracies; exit status 1 when one is not as its card says. The accuracy of a detector is its average\n"
    "precision at an IoU of 0.5 (AP). Models with a backdoor are measured on triggered images as well.\n"
    "Generators lie in the folder's 'generators': those of styles say the PSNR of their reconstructions,\n"
    "diffusions a Frechet distance (FD). Their training is short and begins anew when it is interrupted.\n",
    zoo};

} // namespace assay::cli
