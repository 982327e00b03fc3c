#include "widgets/canvas/canvas_image.h"

#include "backend/protocol/error.h"

namespace assay::widgets {

namespace {

void requireSize(const QSize& size, const QString& name)
{
    const auto text = [&size] {
        return std::to_string(size.width()) + " x " + std::to_string(size.height());
    };
    if (size.isEmpty())
        throw Error("the image has no pixels (" + text() + ")", name.toStdString(), "Choose another image.");
    if (size.width() > CanvasImage::kLargestSide || size.height() > CanvasImage::kLargestSide)
        throw Error("the image has " + text() + " pixels; a side has at most " +
                        std::to_string(CanvasImage::kLargestSide),
                    name.toStdString(), "Reduce or cut the image.");
}

void requirePlanes(std::size_t values, const QSize& size, int channels, const QString& name)
{
    requireSize(size, name);
    if (channels != 1 && channels != 3)
        throw Error("an image has 1 or 3 channels, not " + std::to_string(channels), name.toStdString());
    const std::size_t expected = std::size_t(size.width()) * size.height() * channels;
    if (values != expected)
        throw Error("there are " + std::to_string(values) + " values for " + std::to_string(channels) +
                        " x " + std::to_string(size.height()) + " x " + std::to_string(size.width()) + " = " +
                        std::to_string(expected),
                    name.toStdString());
}

template <class T>
void interleave(std::span<const T> planes, std::size_t pixels, int channels, T* out)
{
    for (int c = 0; c < channels; ++c)
        for (std::size_t i = 0; i < pixels; ++i)
            out[i * channels + c] = planes[c * pixels + i];
}

} // namespace

CanvasImage::CanvasImage(const QImage& image, const QString& name)
    : m_name(name)
{
    requireSize(image.size(), name);
    m_pixels = PixelBuffer(image);
}

CanvasImage CanvasImage::fromPlanes(std::span<const float> values, const QSize& size, int channels,
                                    double low, double high, const QString& name)
{
    requirePlanes(values.size(), size, channels, name);
    if (!(low < high))
        throw Error("the value drawn black, " + std::to_string(low) +
                        ", must be below the one drawn white, " + std::to_string(high),
                    name.toStdString());
    std::vector<float> mixed(values.size());
    interleave(values, values.size() / channels, channels, mixed.data());
    CanvasImage image;
    image.m_pixels = PixelBuffer(std::move(mixed), size, channels);
    image.m_name = name;
    image.m_low = low;
    image.m_high = high;
    return image;
}

CanvasImage CanvasImage::fromPlanes(std::span<const std::uint8_t> values, const QSize& size, int channels,
                                    const QString& name)
{
    requirePlanes(values.size(), size, channels, name);
    QImage mixed(size, channels == 1 ? QImage::Format_Grayscale8 : QImage::Format_RGB888);
    const std::size_t plane = std::size_t(size.width()) * size.height();
    for (int y = 0; y < size.height(); ++y) {
        uchar* out = mixed.scanLine(y);
        for (int x = 0; x < size.width(); ++x)
            for (int c = 0; c < channels; ++c)
                *out++ = values[c * plane + std::size_t(y) * size.width() + x];
    }
    return CanvasImage(mixed, name);
}

QVector<double> CanvasImage::valuesAt(const QPoint& pixel) const
{
    QVector<double> values;
    if (isNull() || !QRect(QPoint(0, 0), size()).contains(pixel))
        return values;
    for (int c = 0; c < m_pixels.channels(); ++c) {
        const double value = m_pixels.value(pixel.x(), pixel.y(), c);
        values.append(m_pixels.isFloat() ? value : qRound(value * 255));
    }
    return values;
}

QString CanvasImage::valueText(double value) const
{
    return m_pixels.isFloat() ? QString::number(value, 'f', 3) : QString::number(qRound(value));
}

} // namespace assay::widgets
