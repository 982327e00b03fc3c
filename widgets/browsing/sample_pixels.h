#pragma once

#include "backend/protocol/json.h"

#include <QImage>
#include <QPoint>
#include <QVector>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace assay::widgets {

/// One image as the engine sends it: uint8 planes [C,H,W], at its own size.
struct SamplePixels
{
    int channels = 0, height = 0, width = 0;
    std::shared_ptr<const std::vector<std::uint8_t>> planes;

    bool isNull() const { return !planes; }
    /// The value 0..255 of each channel; empty outside.
    QVector<int> valuesAt(const QPoint& pixel) const;
};

/// An image to be painted, of planes [C,H,W] with C*H*W bytes: one channel is grey, three are RGB, four RGBA;
/// of any other number the first is shown as grey. RGB32, or ARGB32 with an alpha channel.
QImage paintable(std::span<const std::uint8_t> planes, int channels, int height, int width);

/// The images of an answer to `data.thumbnails`, in the order asked for.
/// @throws Error when @p bytes is not @p count images of the size that @p head says.
std::vector<QImage> readThumbnails(const Json& head, std::span<const std::uint8_t> bytes, std::size_t count);

/// Reads the sizes of @p head. @throws Error when they are not those of @p bytes.
SamplePixels readPixels(const Json& head, std::shared_ptr<const std::vector<std::uint8_t>> bytes);

} // namespace assay::widgets
