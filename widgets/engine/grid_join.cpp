#include "widgets/engine/grid_join.h"

#include <algorithm>

namespace assay::widgets {

using protocol::ImageAttribute;
using protocol::ImageGrid;

namespace {

std::int32_t codeOf(ImageAttribute& into, const ImageAttribute& from, std::size_t index)
{
    const auto it = std::find(into.values.begin(), into.values.end(), from.values[index]);
    if (it != into.values.end())
        return std::int32_t(it - into.values.begin());
    into.values.push_back(from.values[index]);
    if (!into.roles.empty() || !from.roles.empty()) {
        into.roles.resize(into.values.size() - 1);
        into.roles.push_back(index < from.roles.size() ? from.roles[index] : std::string());
    }
    return std::int32_t(into.values.size()) - 1;
}

void appendCodes(ImageAttribute& into, const ImageAttribute& from)
{
    std::vector<std::int32_t> translated;
    for (std::size_t i = 0; i < from.values.size(); ++i)
        translated.push_back(codeOf(into, from, i));
    for (const std::int32_t code : from.codes) {
        const bool known = code >= 0 && std::size_t(code) < translated.size();
        into.codes.push_back(known ? translated[std::size_t(code)] : -1);
    }
}

} // namespace

bool canJoin(const ImageGrid& grid, const ImageGrid& more)
{
    return grid.width == more.width && grid.height == more.height && grid.channels == more.channels &&
           grid.variants == more.variants;
}

ImageGrid joined(const ImageGrid& grid, const ImageGrid& more)
{
    ImageGrid all = grid;
    all.append = false;
    all.ids.insert(all.ids.end(), more.ids.begin(), more.ids.end());
    all.pixels.insert(all.pixels.end(), more.pixels.begin(), more.pixels.end());
    for (const ImageAttribute& attribute : more.attributes) {
        auto it = std::find_if(all.attributes.begin(), all.attributes.end(),
                               [&](const ImageAttribute& a) { return a.name == attribute.name; });
        if (it == all.attributes.end()) {
            all.attributes.push_back({attribute.name, attribute.title, {}, {}, {}});
            it = all.attributes.end() - 1;
        }
        it->codes.resize(grid.count(), -1);
        appendCodes(*it, attribute);
    }
    for (ImageAttribute& attribute : all.attributes)
        attribute.codes.resize(all.count(), -1);
    if (!all.notes.empty() || !more.notes.empty()) {
        all.notes.resize(grid.count());
        all.notes.insert(all.notes.end(), more.notes.begin(), more.notes.end());
        all.notes.resize(all.count());
    }
    return all;
}

} // namespace assay::widgets
