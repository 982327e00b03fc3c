#pragma once

#include <QImage>
#include <QString>

namespace assay::widgets {

/// How large a patch is to be on paper.
struct PatchPrint
{
    double widthCm = 20;
    int dpi = 300;

    static constexpr double kLeastCm = 1, kMostCm = 200;
    static constexpr int kLeastDpi = 36, kMostDpi = 1200;
    static constexpr qint64 kMostPixels = 200'000'000; ///< 800 MB while it is written
};

/// Pixels of the file: the width rounded to whole pixels, the height by @p heightToWidth.
QSize printPixels(const PatchPrint& print, double heightToWidth);
/// Why it cannot be written, in a sentence; empty when it can.
QString printProblem(const PatchPrint& print, double heightToWidth);

/// The patch enlarged to the pixels of the print, each of its pixels a sharp rectangle, with its resolution
/// set so that programs print it at its width.
/// @param patch not null; @param heightToWidth of the printed patch, above 0.
QImage printImage(const QImage& patch, const PatchPrint& print, double heightToWidth);

/// Writes a PNG, whole or not at all. Throws Error naming @p path when it cannot be written.
void writePng(const QImage& image, const QString& path);

} // namespace assay::widgets
