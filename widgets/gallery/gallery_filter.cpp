#include "widgets/gallery/gallery_filter.h"

#include <algorithm>
#include <limits>

namespace assay::widgets {

namespace {

using protocol::ImageAttribute;
using protocol::ImageGrid;

/// Code of @p index in the dictionary, -1 for none or out of range.
int codeOf(const ImageAttribute& attribute, int index)
{
    const auto i = static_cast<std::size_t>(index);
    if (i >= attribute.codes.size())
        return -1;
    const int code = attribute.codes[i];
    return code >= 0 && static_cast<std::size_t>(code) < attribute.values.size() ? code : -1;
}

struct Condition
{
    const ImageAttribute* attribute;
    int code;
};

QVector<Condition> conditionsOf(const ImageGrid& grid, const GalleryFilter& filter, int except)
{
    QVector<Condition> conditions;
    for (std::size_t a = 0; a < grid.attributes.size(); ++a) {
        const auto wanted = filter.wanted.constFind(QString::fromStdString(grid.attributes[a].name));
        if (wanted == filter.wanted.constEnd() || static_cast<int>(a) == except)
            continue;
        const auto& values = grid.attributes[a].values;
        const auto value = std::find(values.begin(), values.end(), wanted->toStdString());
        if (value != values.end())
            conditions.append({&grid.attributes[a], static_cast<int>(value - values.begin())});
    }
    return conditions;
}

template <class Take>
void forEachPassing(const ImageGrid& grid, const GalleryFilter& filter, int except, Take take)
{
    const QVector<Condition> conditions = conditionsOf(grid, filter, except);
    for (int i = 0; i < static_cast<int>(grid.count()); ++i) {
        if (filter.onlyIds && !filter.onlyIds->contains(grid.ids[static_cast<std::size_t>(i)]))
            continue;
        if (std::all_of(conditions.cbegin(), conditions.cend(),
                        [i](const Condition& c) { return codeOf(*c.attribute, i) == c.code; }))
            take(i);
    }
}

} // namespace

QVector<int> filtered(const ImageGrid& grid, const GalleryFilter& filter)
{
    QVector<int> shown;
    forEachPassing(grid, filter, -1, [&shown](int i) { shown.append(i); });
    const auto by =
        std::find_if(grid.attributes.begin(), grid.attributes.end(), [&](const ImageAttribute& attribute) {
            return !filter.sortBy.isEmpty() && QString::fromStdString(attribute.name) == filter.sortBy;
        });
    if (by == grid.attributes.end()) {
        if (filter.descending)
            std::reverse(shown.begin(), shown.end());
        return shown;
    }
    const auto rank = [&](int index) {
        const int code = codeOf(*by, index);
        return code < 0 ? std::numeric_limits<int>::max() : filter.descending ? -code : code;
    };
    std::stable_sort(shown.begin(), shown.end(), [&](int a, int b) { return rank(a) < rank(b); });
    return shown;
}

QVector<int> countsFor(const ImageGrid& grid, const GalleryFilter& filter, int attribute)
{
    const ImageAttribute& of = grid.attributes[static_cast<std::size_t>(attribute)];
    QVector<int> counts(static_cast<qsizetype>(of.values.size()));
    forEachPassing(grid, filter, attribute, [&](int i) {
        if (const int code = codeOf(of, i); code >= 0)
            ++counts[code];
    });
    return counts;
}

QString attributeText(const ImageGrid& grid, int attribute, int index)
{
    const ImageAttribute& of = grid.attributes[static_cast<std::size_t>(attribute)];
    const int code = codeOf(of, index);
    return code < 0 ? QString() : QString::fromStdString(of.values[static_cast<std::size_t>(code)]);
}

QString attributeRole(const ImageGrid& grid, int attribute, int index)
{
    const ImageAttribute& of = grid.attributes[static_cast<std::size_t>(attribute)];
    const int code = codeOf(of, index);
    return code < 0 || static_cast<std::size_t>(code) >= of.roles.size()
               ? QString()
               : QString::fromStdString(of.roles[static_cast<std::size_t>(code)]);
}

QString attributeTitle(const ImageAttribute& attribute)
{
    return QString::fromStdString(attribute.title.empty() ? attribute.name : attribute.title);
}

} // namespace assay::widgets
