#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/interrupt.h"
#include "app/cli/progress_view.h"
#include "app/cli/text_table.h"
#include "backend/data/catalogue.h"
#include "backend/data/recipes/data_recipe.h"
#include "backend/engine/person_finder.h"
#include "backend/engine/workspace.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace assay::cli {

namespace {

namespace fs = std::filesystem;

std::string countsText(const data::DatasetInfo& info)
{
    return std::to_string(info.trainCount) + " + " + std::to_string(info.testCount);
}

std::string sizeText(const data::DatasetInfo& info)
{
    return std::to_string(info.channels) + " x " + std::to_string(info.height) + " x " +
           std::to_string(info.width);
}

int list()
{
    std::vector<std::vector<std::string>> rows = {
        {"DATA SET", "IMAGES", "SIZE", "CLASSES", "STATE", "WHAT IT IS"}};
    for (const auto& info : data::DatasetCatalogue().list()) {
        const bool built = std::ranges::find(data::dataRecipes(), info.name, [](const auto& recipe) {
                               return recipe.info.name;
                           }) != data::dataRecipes().end();
        const std::string state = info.available ? "installed"
                                  : built        ? "assay-cli data get " + info.name
                                                 : "not installed";
        rows.push_back({info.name, countsText(info), sizeText(info), std::to_string(info.classes.size()),
                        state, info.title});
    }
    std::fputs(textTable(rows).c_str(), stdout);
    return kDone;
}

void getOne(const data::DataRecipe& recipe, const fs::path& root, const Cancelling& cancelling)
{
    ProgressView view;
    std::string stage;
    auto began = std::chrono::steady_clock::now();
    data::GetOptions options{.root = root, .resources = engine::Installation::find().resources};
    options.store.folder = data::packageCache();
    options.store.checkpoint = [&] { cancelling.check(); };
    options.hooks.checkpoint = options.store.checkpoint;
    options.hooks.openPersonFinder = engine::openPersonFinder;
    options.hooks.progress = [&](double done, double total, std::string_view what) {
        if (what != stage) {
            stage = what;
            began = std::chrono::steady_clock::now();
        }
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began;
        view.update(stage, done, total, seconds.count());
    };
    const fs::path folder = data::getData(recipe, options);
    view.close();
    std::printf("%s  %s images  %s\n", recipe.info.name.c_str(), countsText(recipe.info).c_str(),
                folder.c_str());
}

int get(const std::vector<std::string>& names, const fs::path& root)
{
    for (const std::string& name : names)
        data::dataRecipe(name); // an unknown name is a wrong request before anything is fetched
    const Cancelling cancelling;
    for (const auto& recipe : data::dataRecipes()) {
        if (names.empty() || std::ranges::find(names, recipe.info.name) != names.end())
            getOne(recipe, root, cancelling);
    }
    return kDone;
}

int data(const Words& words)
{
    const Arguments arguments("data", words, {{"--folder"}});
    const auto& rest = arguments.rest(1, 100, "'list' or 'get NAME ...'");
    const fs::path root =
        arguments.has("--folder") ? fs::path(arguments.value("--folder")) : data::userDataRoot();
    if (rest[0] == "get")
        return get({rest.begin() + 1, rest.end()}, root);
    if (rest[0] != "list")
        throw Error("'data' has no action '" + rest[0] + "'", {},
                    protocol::suggestion(rest[0], {"list", "get"}));
    if (rest.size() > 1)
        throw Error("'" + rest[1] + "' is one word too many for 'data list'", {},
                    "See 'assay-cli data --help'.");
    return list();
}

} // namespace

const Command kData = {
    "data", "list the data sets, or build those that come from public packages",
    "usage: assay-cli data list\n"
    "       assay-cli data get [NAME ...] [--folder DIR]\n\n"
    "'get' fetches pinned packages from npm (with curl) and Debian (with apt-get), checks their hashes,\n"
    "draws the images and writes the data set to the user's data folder, or to DIR (name DIR in\n"
    "ASSAY_DATA then). Without a name it gets all. Packages stay in the user's cache, so that a second\n"
    "time needs no network.\n",
    data};

} // namespace assay::cli
