#include "widgets/studies/patch_print.h"

#include "backend/protocol/whole_file.h"

#include <QCoreApplication>
#include <QLocale>
#include <QSaveFile>

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

constexpr double kCmPerInch = 2.54;

struct PrintWords
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::PatchPrint)
};

} // namespace

QSize printPixels(const PatchPrint& print, double heightToWidth)
{
    const int width = std::max(1, static_cast<int>(std::lround(print.widthCm / kCmPerInch * print.dpi)));
    return {width, std::max(1, static_cast<int>(std::lround(width * heightToWidth)))};
}

QString printProblem(const PatchPrint& print, double heightToWidth)
{
    const QSize size = printPixels(print, heightToWidth);
    if (qint64(size.width()) * size.height() <= PatchPrint::kMostPixels)
        return {};
    return PrintWords::tr(
               "That makes %1 million pixels; at most %2 can be written. Choose a smaller width or "
               "resolution.")
        .arg(QLocale().toString(double(size.width()) * size.height() / 1e6, 'f', 0))
        .arg(PatchPrint::kMostPixels / 1'000'000);
}

QImage printImage(const QImage& patch, const PatchPrint& print, double heightToWidth)
{
    QImage image =
        patch.scaled(printPixels(print, heightToWidth), Qt::IgnoreAspectRatio, Qt::FastTransformation);
    const int dotsPerMeter = static_cast<int>(std::lround(print.dpi / kCmPerInch * 100));
    image.setDotsPerMeterX(dotsPerMeter);
    image.setDotsPerMeterY(dotsPerMeter);
    return image;
}

void writePng(const QImage& image, const QString& path)
{
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || !image.save(&file, "PNG"))
        throwNotWritten(file);
    commitWhole(file);
}

} // namespace assay::widgets
