#include "backend/protocol/consistency.h"

#include "backend/protocol/error.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace assay::protocol {

namespace {

constexpr std::uint32_t kMaxSide = 1u << 16;
constexpr std::size_t kMaxVariants = 64;

void requireSize(std::size_t size, std::size_t marks, const std::string& where, const char* field)
{
    if (size != 0 && size != marks)
        throw Error(std::string(field) + " has " + std::to_string(size) + " entries for " +
                        std::to_string(marks) + " marks",
                    where);
}

std::size_t marksOf(const Layer& layer)
{
    switch (layer.kind) {
    case LayerKind::Cells:
        return layer.z.size();
    case LayerKind::Marks:
        return std::max({layer.x.size(), layer.y.size()});
    default:
        return layer.x.size();
    }
}

void checkLayer(const Layer& layer, const std::string& where)
{
    const std::size_t marks = marksOf(layer);
    switch (layer.kind) {
    case LayerKind::Cells:
        if (std::size_t(layer.rows) * layer.columns != layer.z.size())
            throw Error("z has " + std::to_string(layer.z.size()) + " values for " +
                            std::to_string(layer.rows) + " rows of " + std::to_string(layer.columns),
                        where);
        break;
    case LayerKind::Boxes:
        if (layer.z.size() != marks * 5)
            throw Error("z has " + std::to_string(layer.z.size()) + " values for " + std::to_string(marks) +
                            " boxes of five",
                        where);
        break;
    case LayerKind::Band:
        if (layer.low.size() != marks || layer.high.size() != marks)
            throw Error("a band needs low and high for each of its " + std::to_string(marks) + " points",
                        where);
        break;
    case LayerKind::Marks:
        requireSize(layer.x.size(), marks, where, "x");
        requireSize(layer.y.size(), marks, where, "y");
        break;
    case LayerKind::Line:
    case LayerKind::Bars:
    case LayerKind::Points:
        if (layer.y.size() != marks)
            throw Error("y has " + std::to_string(layer.y.size()) + " entries for " + std::to_string(marks) +
                            " marks",
                        where);
        break;
    }
    requireSize(layer.low.size(), marks, where, "low");
    requireSize(layer.high.size(), marks, where, "high");
    if (layer.low.size() != layer.high.size())
        throw Error("low and high differ in length", where);
    requireSize(layer.labels.size(), marks, where, "labels");
    requireSize(layer.count.size(), marks, where, "count");
    requireSize(layer.denominator.size(), marks, where, "denominator");
    checkConsistent(layer.samples, marks, where.c_str());
}

} // namespace

void checkConsistent(const MarkSamples& samples, std::size_t marks, const char* where)
{
    if (samples.offsets.empty() && samples.ids.empty())
        return;
    const bool shape = samples.offsets.size() == marks + 1 && samples.offsets.front() == 0 &&
                       samples.offsets.back() == samples.ids.size() &&
                       std::ranges::is_sorted(samples.offsets);
    if (!shape)
        throw Error("the sample ids do not fit the " + std::to_string(marks) + " marks", where);
}

void checkConsistent(const Figure& figure)
{
    for (const Layer& layer : figure.layers)
        checkLayer(layer, "figure '" + figure.name + "', layer '" + layer.name + "'");
}

void checkConsistent(const Table& table)
{
    const std::string where = "table '" + table.name + "'";
    for (const Column& column : table.columns) {
        if (column.size() != table.rows() || (!column.numbers.empty() && !column.texts.empty()))
            throw Error("column '" + column.name + "' does not have one value for each of the " +
                            std::to_string(table.rows()) + " rows",
                        where);
    }
    checkConsistent(table.samples, table.rows(), where.c_str());
}

void checkConsistent(const ImageGrid& grid)
{
    const std::string where = "images '" + grid.name + "'";
    if (grid.width == 0 || grid.height == 0 || grid.width > kMaxSide || grid.height > kMaxSide)
        throw Error("a size of " + std::to_string(grid.width) + " x " + std::to_string(grid.height) +
                        " is not one of 1 to 65536 pixels a side",
                    where);
    if (grid.channels != 1 && grid.channels != 3)
        throw Error(std::to_string(grid.channels) + " channels; 1 (grey) or 3 (RGB) were expected", where);
    if (grid.variants.empty() || grid.variants.size() > kMaxVariants)
        throw Error(std::to_string(grid.variants.size()) + " variants; 1 to 64 were expected", where);
    // Divided instead of multiplied: the product of hostile numbers may not fit.
    const std::size_t perSample = grid.imageBytes() * grid.variants.size();
    const bool fits = grid.pixels.size() % perSample == 0 && grid.pixels.size() / perSample == grid.count();
    if (grid.file.empty() ? !fits : !grid.pixels.empty())
        throw Error(std::to_string(grid.pixels.size()) + " bytes of pixels do not make " +
                        std::to_string(grid.count()) + " images",
                    where);
    for (const ImageAttribute& attribute : grid.attributes) {
        const auto known = [&](std::int32_t code) {
            return code >= -1 && code < std::int64_t(attribute.values.size());
        };
        if (attribute.codes.size() != grid.count() || !std::ranges::all_of(attribute.codes, known))
            throw Error("attribute '" + attribute.name + "' does not have one known value for each image",
                        where);
        if (!attribute.roles.empty() && attribute.roles.size() != attribute.values.size())
            throw Error("attribute '" + attribute.name + "' does not have one role for each value", where);
    }
    if (!grid.notes.empty() && grid.notes.size() != grid.count())
        throw Error("there is not one note for each image", where);
}

namespace {

/// @p name is that of the picture, mask or patch, for the sentence.
void requireBytes(std::size_t have, std::size_t rows, std::size_t columns, std::size_t channels,
                  const std::string& where, const std::string& name)
{
    if (have != rows * columns * channels)
        throw Error(name + " has " + std::to_string(have) + " values for " + std::to_string(columns) + " x " +
                        std::to_string(rows) + " pixels of " + std::to_string(channels),
                    where);
}

bool allFinite(std::initializer_list<double> values)
{
    return std::ranges::all_of(values, [](double v) { return std::isfinite(v); });
}

void checkPatch(const ScenePatch& patch, const std::string& where)
{
    if (patch.rows > kMaxSide || patch.columns > kMaxSide)
        throw Error("the patch has more than 65536 pixels a side", where);
    requireBytes(patch.pixels.size(), patch.rows, patch.columns, 4, where, "the patch");
    if (!allFinite({patch.x, patch.y, patch.width, patch.height, patch.angle}) || patch.width < 0 ||
        patch.height < 0)
        throw Error("the place of the patch is not finite numbers with sides of at least 0", where);
}

void checkMap(const SceneMap& map, const std::string& where)
{
    if (map.rows > kMaxSide || map.columns > kMaxSide)
        throw Error("map '" + map.name + "' has more than 65536 values a side", where);
    requireBytes(map.values.size(), map.rows, map.columns, 1, where, "map '" + map.name + "'");
    if (!allFinite({map.low, map.high, map.x, map.y, map.width, map.height, map.opacity}))
        throw Error("map '" + map.name + "' has ends or a place that are not finite", where);
}

} // namespace

void checkConsistent(const Scene& scene)
{
    const std::string where = "scene '" + scene.name + "'";
    if (scene.width == 0 || scene.height == 0 || scene.width > kMaxSide || scene.height > kMaxSide)
        throw Error("a size of " + std::to_string(scene.width) + " x " + std::to_string(scene.height) +
                        " is not one of 1 to 65536 pixels a side",
                    where);
    if (scene.pictures.empty() || scene.pictures.size() > kMaxVariants)
        throw Error(std::to_string(scene.pictures.size()) + " pictures; 1 to 64 were expected", where);
    for (const ScenePicture& picture : scene.pictures) {
        if (picture.channels != 1 && picture.channels != 3)
            throw Error(std::to_string(picture.channels) + " channels; 1 (grey) or 3 (RGB) were expected",
                        where);
        if (!picture.pixels.empty())
            requireBytes(picture.pixels.size(), scene.height, scene.width, picture.channels, where,
                         "picture '" + picture.name + "'");
    }
    if (!scene.mask.empty())
        requireBytes(scene.mask.size(), scene.height, scene.width, 1, where, "the mask");
    for (const SceneMap& map : scene.maps)
        checkMap(map, where);
    for (const SceneBox& box : scene.boxes) {
        if (!allFinite({box.x, box.y, box.width, box.height, box.score}))
            throw Error("box '" + box.label + "' has numbers that are not finite", where);
    }
    checkPatch(scene.patch, where);
}

} // namespace assay::protocol
