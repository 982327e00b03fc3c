#pragma once

#include "backend/protocol/image_grid.h"

#include <QHash>
#include <QSet>
#include <QString>
#include <QVector>

#include <optional>

namespace assay::widgets {

/// Which images of a grid are shown and in which order. Attributes and values go by name, so that a filter
/// survives a new grid whose dictionaries differ.
struct GalleryFilter
{
    QHash<QString, QString> wanted; ///< attribute name -> the one value that is shown
    QString sortBy;                 ///< attribute name; empty keeps the order of the grid
    bool descending = false;
    std::optional<QSet<qint64>> onlyIds; ///< nothing else is shown when set

    bool operator==(const GalleryFilter&) const = default;
};

/// Positions in the grid of the images that pass, in the order in which they are shown. Filters that name
/// attributes or values the grid has not are ignored. Sorting follows the order of the attribute's dictionary
/// and keeps the grid's order among equals; images without a value come last. Pure.
QVector<int> filtered(const protocol::ImageGrid& grid, const GalleryFilter& filter);

/// How many images each value of attribute @p attribute has when its own filter is off but all others hold.
QVector<int> countsFor(const protocol::ImageGrid& grid, const GalleryFilter& filter, int attribute);

/// Text of attribute @p attribute of image @p index, empty for none.
QString attributeText(const protocol::ImageGrid& grid, int attribute, int index);
/// Role of that value, empty for none.
QString attributeRole(const protocol::ImageGrid& grid, int attribute, int index);
/// Heading of an attribute: its title, or its name.
QString attributeTitle(const protocol::ImageAttribute& attribute);

} // namespace assay::widgets
