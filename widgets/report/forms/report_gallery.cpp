#include "widgets/report/forms/report_gallery.h"

#include "widgets/gallery/grid_pixels.h"

#include <QBuffer>
#include <QCoreApplication>

#include <algorithm>
#include <memory>

namespace assay::widgets {

namespace {

constexpr double kImageMm = 19, kLargeImageMm = 26; ///< longer side on paper
constexpr double kSmaller = 0.8;
constexpr int kEnoughPixels = 160; ///< below, images are enlarged

} // namespace

GallerySheet gallerySheet(const protocol::ImageGrid& grid, int most, double textWidthMm)
{
    GallerySheet sheet;
    const int count = int(grid.count()), variants = std::max(1, int(grid.variants.size()));
    sheet.images = std::min(count, std::max(1, most));
    const double longer = std::max({grid.width, grid.height, 1U});
    const double gaps = (variants - 1) * kVariantGapMm;
    // One cell at least fits beside the margins, whatever the number of variants.
    double side = std::min(longer > 96 ? kLargeImageMm : kImageMm,
                           (textWidthMm - gaps) / variants * longer / std::max(1U, grid.width));
    const auto cellWidth = [&](double longerMm) { return variants * longerMm * grid.width / longer + gaps; };
    const auto columnsOf = [&](double longerMm) {
        return std::max(1, int((textWidthMm + kCellGapMm + 1e-6) / (cellWidth(longerMm) + kCellGapMm)));
    };
    sheet.columns = std::min(columnsOf(side), std::max(1, sheet.images));
    // A little smaller, where one more cell fits beside the others then.
    if (const int more = std::min(columnsOf(side * kSmaller), sheet.images); more > sheet.columns) {
        const double cell = (textWidthMm + kCellGapMm) / more - kCellGapMm;
        side = std::min(side, (cell - gaps) / variants * longer / std::max(1U, grid.width));
        sheet.columns = more;
    }
    sheet.imageWidthMm = side * grid.width / longer;
    sheet.imageHeightMm = side * grid.height / longer;
    sheet.cellWidthMm = cellWidth(side);
    if (count > sheet.images)
        sheet.note = QCoreApplication::translate("GallerySheet", "%1 of %2 images; %3 are left out.")
                         .arg(sheet.images)
                         .arg(count)
                         .arg(count - sheet.images);
    return sheet;
}

QImage sheetImage(const protocol::ImageGrid& grid, int index, int variant)
{
    // The grid outlives the pixels, which are copied before this function returns.
    const GridPixels pixels(std::shared_ptr<const protocol::ImageGrid>(std::shared_ptr<void>(), &grid),
                            QString());
    const QImage image = pixels.image(index, variant);
    if (image.isNull())
        return {};
    const int side = std::max(image.width(), image.height());
    const int times = std::max(1, kEnoughPixels / std::max(1, side));
    return times == 1 ? image.copy()
                      : image.scaled(image.size() * times, Qt::IgnoreAspectRatio, Qt::FastTransformation);
}

QByteArray pngOf(const QImage& image)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
}

QString sheetCaption(const protocol::ImageGrid& grid, int index)
{
    const auto at = static_cast<std::size_t>(index);
    QStringList parts;
    if (at < grid.ids.size())
        parts << QStringLiteral("#%1").arg(qint64(grid.ids[at]));
    for (const protocol::ImageAttribute& attribute : grid.attributes) {
        const std::int32_t code = at < attribute.codes.size() ? attribute.codes[at] : -1;
        if (code < 0 || std::size_t(code) >= attribute.values.size())
            continue;
        const QString title =
            QString::fromStdString(attribute.title.empty() ? attribute.name : attribute.title);
        const QString value = QString::fromStdString(attribute.values[std::size_t(code)]);
        parts << (title.isEmpty() ? value : QStringLiteral("%1: %2").arg(title, value));
    }
    return parts.join(QStringLiteral(" · "));
}

QStringList sheetVariants(const protocol::ImageGrid& grid)
{
    QStringList names;
    for (const std::string& name : grid.variants)
        names << QString::fromStdString(name);
    return names.size() > 1 ? names : QStringList();
}

} // namespace assay::widgets
