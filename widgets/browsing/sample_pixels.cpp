#include "widgets/browsing/sample_pixels.h"

#include "backend/protocol/error.h"
#include "widgets/engine/json_read.h"

#include <cmath>

namespace assay::widgets {

namespace {

constexpr double kMostSide = 1 << 20;
constexpr double kMostChannels = 1 << 12;

struct Shape
{
    std::size_t channels, height, width;
};

/// The size of one image; refuses what cannot be multiplied without overflow.
Shape shapeOf(const Json& head)
{
    const auto read = [&head](const char* key, double most) {
        const double value = numberOf(head, key, -1);
        if (!(value >= 1) || value > most || value != std::floor(value))
            throw Error(std::string("the images could not be read: their '") + key + "' is missing or wrong");
        return std::size_t(value);
    };
    return {read("channels", kMostChannels), read("height", kMostSide), read("width", kMostSide)};
}

void checkSize(const Shape& shape, std::size_t count, std::size_t bytes)
{
    const std::size_t image = shape.channels * shape.height * shape.width; // at most 2^52
    if (bytes / image != count || bytes % image != 0)
        throw Error("the images could not be read: " + std::to_string(bytes) + " bytes are not " +
                    std::to_string(count) + " of " + std::to_string(image));
}

} // namespace

QVector<int> SamplePixels::valuesAt(const QPoint& pixel) const
{
    if (!planes || pixel.x() < 0 || pixel.y() < 0 || pixel.x() >= width || pixel.y() >= height)
        return {};
    QVector<int> values;
    for (int channel = 0; channel < channels; ++channel)
        values << (*planes)[(std::size_t(channel) * std::size_t(height) + std::size_t(pixel.y())) *
                                std::size_t(width) +
                            std::size_t(pixel.x())];
    return values;
}

QImage paintable(std::span<const std::uint8_t> planes, int channels, int height, int width)
{
    QImage image(width, height, channels == 4 ? QImage::Format_ARGB32 : QImage::Format_RGB32);
    if (image.isNull())
        return image;
    const std::size_t plane = std::size_t(height) * std::size_t(width);
    const bool colour = channels == 3 || channels == 4;
    const std::uint8_t* red = planes.data();
    const std::uint8_t* green = colour ? red + plane : red;
    const std::uint8_t* blue = colour ? green + plane : red;
    const std::uint8_t* alpha = channels == 4 ? blue + plane : nullptr;
    std::size_t from = 0;
    for (int y = 0; y < height; ++y) {
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
        for (int x = 0; x < width; ++x, ++from)
            line[x] = qRgba(red[from], green[from], blue[from], alpha ? alpha[from] : 255);
    }
    return image;
}

std::vector<QImage> readThumbnails(const Json& head, std::span<const std::uint8_t> bytes, std::size_t count)
{
    const Shape shape = shapeOf(head);
    checkSize(shape, count, bytes.size());
    const std::size_t size = shape.channels * shape.height * shape.width;
    std::vector<QImage> images;
    images.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        images.push_back(paintable(bytes.subspan(i * size, size), int(shape.channels), int(shape.height),
                                   int(shape.width)));
    return images;
}

SamplePixels readPixels(const Json& head, std::shared_ptr<const std::vector<std::uint8_t>> bytes)
{
    const Shape shape = shapeOf(head);
    checkSize(shape, 1, bytes->size());
    return {int(shape.channels), int(shape.height), int(shape.width), std::move(bytes)};
}

} // namespace assay::widgets
