#pragma once

#include "backend/protocol/image_grid.h"

#include <QImage>
#include <QString>
#include <QStringList>

namespace assay::widgets {

/// How the images of a gallery stand on paper: cells beside each other, in each the variants of one image.
struct GallerySheet
{
    int images = 0;  ///< shown
    int columns = 1; ///< cells in a row
    double imageWidthMm = 0;
    double imageHeightMm = 0;
    double cellWidthMm = 0;
    QString note; ///< how many were left out; else empty
};

inline constexpr double kVariantGapMm = 0.8;
inline constexpr double kCellGapMm = 4;

/// The first @p most images of @p grid within @p textWidthMm.
GallerySheet gallerySheet(const protocol::ImageGrid& grid, int most, double textWidthMm);

/// Image @p index in @p variant; small ones enlarged a whole number of times, so that no reader of the file
/// smooths them. Null when its pixels are missing.
QImage sheetImage(const protocol::ImageGrid& grid, int index, int variant);

/// The image as a PNG file.
QByteArray pngOf(const QImage& image);

/// What is known of an image: "#17 · Label: Coat · Outcome: fooled".
QString sheetCaption(const protocol::ImageGrid& grid, int index);

/// Names of the variants; empty when there is only one.
QStringList sheetVariants(const protocol::ImageGrid& grid);

} // namespace assay::widgets
