#include "backend/data/recipes/set_writer.h"

#include "backend/arrays/npy_write.h"
#include "backend/data/formats/data_format.h"
#include "backend/protocol/whole_file.h"

#include <algorithm>

namespace assay::data {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> textsOf(const Attribute& attribute)
{
    std::vector<std::string> texts;
    const torch::Tensor codes = attribute.codes.contiguous();
    const auto* code = codes.data_ptr<std::int32_t>();
    for (std::int64_t i = 0; i < codes.numel(); ++i)
        texts.push_back(code[i] < 0 ? std::string() : attribute.values[static_cast<std::size_t>(code[i])]);
    return texts;
}

/// [M,6]: sample, left, top, width, height, category.
torch::Tensor boxRows(const std::vector<Box>& boxes)
{
    torch::Tensor rows = torch::empty({static_cast<std::int64_t>(boxes.size()), 6}, torch::kFloat64);
    double* to = rows.data_ptr<double>();
    for (const Box& box : boxes) {
        for (const double value : {static_cast<double>(box.sample), double(box.x), double(box.y),
                                   double(box.width), double(box.height), double(box.category)})
            *to++ = value;
    }
    return rows;
}

void writeArrays(const DataRecipe& recipe, const DrawnSet& set, const fs::path& file)
{
    std::vector<std::string> splits;
    for (const std::uint8_t test : set.inTest)
        splits.emplace_back(test ? "test" : "train");
    arrays::NpyValues values = {{"images", set.images.permute({0, 2, 3, 1}).contiguous()},
                                {"labels", set.labels},
                                {"split", splits},
                                {"classes", recipe.info.classes},
                                {"names", set.samples.names}};
    if (!set.samples.captions.empty())
        values.emplace_back("captions", set.samples.captions);
    for (const Attribute& attribute : set.samples.attributes)
        values.emplace_back(attribute.name, textsOf(attribute));
    if (!set.samples.boxClasses.empty()) {
        values.emplace_back("boxes", boxRows(set.samples.boxes));
        values.emplace_back("box_classes", set.samples.boxClasses);
    }
    arrays::writeNpz(file, values, arrays::Packing::Deflated);
}

Json countsOf(const DataRecipe& recipe, const DrawnSet& set)
{
    Json counts = {{"classes", Json::object()}};
    for (std::size_t k = 0; k < recipe.info.classes.size(); ++k)
        counts["classes"][recipe.info.classes[k]] =
            (set.labels == static_cast<std::int64_t>(k)).sum().item<std::int64_t>();
    for (const Attribute& attribute : set.samples.attributes) {
        for (std::size_t v = 0; v < attribute.values.size(); ++v)
            counts[attribute.name][attribute.values[v]] =
                (attribute.codes == static_cast<std::int64_t>(v)).sum().item<std::int64_t>();
    }
    for (std::size_t k = 0; k < set.samples.boxClasses.size(); ++k)
        counts["boxes"][set.samples.boxClasses[k]] =
            std::ranges::count(set.samples.boxes, static_cast<std::int32_t>(k), &Box::category);
    return counts;
}

Json manifestOf(const DataRecipe& recipe, const DrawnSet& set)
{
    Json packages = Json::array();
    for (const SourcePackage& package : recipe.packages)
        packages.push_back({{"registry", package.registry == SourcePackage::Registry::Npm ? "npm" : "debian"},
                            {"name", package.name},
                            {"version", package.version},
                            {"sha256", package.sha256},
                            {"licence", package.licence}});
    return {{"name", recipe.info.name},      {"packages", packages},
            {"split", recipe.splitRule},     {"train", recipe.info.trainCount},
            {"test", recipe.info.testCount}, {"counts", countsOf(recipe, set)}};
}

} // namespace

void writeSet(const DataRecipe& recipe, const DrawnSet& set, const fs::path& folder)
{
    const fs::path file = folder / "data.npz";
    writeArrays(recipe, set, file);
    // Read back as anyone's file would be: what the card says is what the reader found.
    DataCard card = dataFormat("npz")
                        .inspect(file, {.name = recipe.info.name,
                                        .title = recipe.info.title,
                                        .classes = recipe.info.classes,
                                        .licence = recipe.info.licence,
                                        .note = recipe.info.note})
                        .card;
    card.info.source = recipe.info.source;
    card.location = file.filename();
    writeDataCard(folder / "card.json", card);
    writeWhole(folder / "manifest.json", manifestOf(recipe, set).dump(2) + "\n");
}

} // namespace assay::data
