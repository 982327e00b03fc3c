#include "backend/data/recipes/data_recipe.h"
#include "backend/data/recipes/digits.h"
#include "backend/data/recipes/emoji15.h"
#include "backend/data/recipes/faces.h"
#include "backend/data/recipes/garment_scenes.h"
#include "backend/data/recipes/pedestrians.h"
#include "backend/data/recipes/set_writer.h"
#include "backend/data/recipes/tinted_fashion.h"
#include "backend/protocol/error.h"

#include <QCryptographicHash>
#include <QStandardPaths>
#include <torch/types.h>

namespace assay::data {

namespace {

namespace fs = std::filesystem;

/// Gone at the end, whatever happens.
class TemporaryFolder
{
public:
    explicit TemporaryFolder(fs::path folder)
        : m_folder(std::move(folder))
    {
        std::error_code code;
        fs::remove_all(m_folder, code);
        fs::create_directories(m_folder, code);
        if (code)
            throw Error("the folder cannot be made: " + code.message(), m_folder.string(),
                        "Check the permissions and free space of the folder above.");
    }
    ~TemporaryFolder()
    {
        std::error_code code;
        fs::remove_all(m_folder, code);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const fs::path& path() const { return m_folder; }

private:
    fs::path m_folder;
};

void checkCounts(const DataRecipe& recipe, const DrawnSet& set)
{
    const auto test = std::count(set.inTest.begin(), set.inTest.end(), std::uint8_t(1));
    const auto train = static_cast<std::int64_t>(set.inTest.size()) - test;
    if (train != recipe.info.trainCount || test != recipe.info.testCount)
        throw Error("the packages gave " + std::to_string(train) + " training and " + std::to_string(test) +
                        " test images, but the recipe says " + std::to_string(recipe.info.trainCount) +
                        " and " + std::to_string(recipe.info.testCount),
                    recipe.info.name, "Delete the downloaded packages and try again.");
}

BuildHooks complete(BuildHooks hooks)
{
    if (!hooks.progress)
        hooks.progress = [](double, double, std::string_view) {};
    if (!hooks.checkpoint)
        hooks.checkpoint = [] {};
    return hooks;
}

fs::path standardFolder(QStandardPaths::StandardLocation location)
{
    return fs::path(QStandardPaths::writableLocation(location).toStdString()) / "assay";
}

/// The new folder takes the old one's place; the old one is kept until it has.
void moveInto(const fs::path& made, const fs::path& place, const fs::path& aside)
{
    if (fs::exists(place))
        fs::rename(place, aside);
    fs::rename(made, place);
}

} // namespace

const std::vector<DataRecipe>& dataRecipes()
{
    static const std::vector<DataRecipe> recipes = {
        digitsRecipe(),        emoji15Recipe(),     facesRecipe(),        garmentScenesRecipe(),
        fashionScenesRecipe(), pedestriansRecipe(), tintedFashionRecipe()};
    return recipes;
}

const DataRecipe& dataRecipe(const std::string& name)
{
    std::string known;
    for (const DataRecipe& recipe : dataRecipes()) {
        if (recipe.info.name == name)
            return recipe;
        known += (known.empty() ? "" : ", ") + recipe.info.name;
    }
    throw Error("there is no recipe for the data set '" + name.substr(0, 80) + "'", {},
                "Known recipes: " + known + ".");
}

fs::path userDataRoot()
{
    return standardFolder(QStandardPaths::GenericDataLocation) / "data";
}

fs::path packageCache()
{
    return standardFolder(QStandardPaths::GenericCacheLocation) / "packages";
}

fs::path getData(const DataRecipe& recipe, const GetOptions& options)
{
    const BuildHooks hooks = complete(options.hooks);
    const TemporaryFolder work(options.root / ("." + recipe.info.name + ".building"));
    BuildFolders folders{.packages = {}, .resources = options.resources, .work = work.path() / "work"};
    fs::create_directories(folders.work);
    for (std::size_t i = 0; i < recipe.packages.size(); ++i) {
        const SourcePackage& package = recipe.packages[i];
        hooks.checkpoint();
        hooks.progress(static_cast<double>(i), static_cast<double>(recipe.packages.size()),
                       "Fetching " + package.title());
        const fs::path folder = work.path() / "packages" / std::to_string(i);
        unpackPackage(package, fetchPackage(package, options.store), folder, options.store);
        folders.packages[package.name] = folder;
    }
    const DrawnSet set = recipe.draw(folders, hooks);
    checkCounts(recipe, set);
    hooks.checkpoint();
    hooks.progress(0, 0, "Writing");
    const fs::path made = work.path() / recipe.info.name;
    fs::create_directories(made);
    writeSet(recipe, set, made);
    const fs::path place = options.root / recipe.info.name;
    moveInto(made, place, work.path() / "replaced");
    return place;
}

bool drawnForTest(const std::string& key)
{
    const QByteArray hash =
        QCryptographicHash::hash(QByteArray::fromStdString(key), QCryptographicHash::Sha256);
    return static_cast<std::uint8_t>(hash[0]) % 5 == 0;
}

} // namespace assay::data
