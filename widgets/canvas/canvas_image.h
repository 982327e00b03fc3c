#pragma once

#include "widgets/canvas/pixel_buffer.h"

#include <QString>
#include <QVector>

#include <cstdint>
#include <span>

namespace assay::widgets {

/// What a canvas shows: pixels, a name, and the values drawn as black and white. A cheap value; copies share
/// the pixels.
class CanvasImage
{
public:
    static constexpr int kLargestSide = 16384;

    CanvasImage() = default;
    /// Values are 0..255. Throws Error for an empty image or a side above kLargestSide.
    explicit CanvasImage(const QImage& image, const QString& name = {});
    /// Planes as a tensor has them: channels x height x width, row by row; 1 or 3 channels. @p low is drawn
    /// black and @p high white. Throws Error when the number of values or channels does not fit, when
    /// low >= high, or for sizes as above.
    static CanvasImage fromPlanes(std::span<const float> values, const QSize& size, int channels,
                                  double low = 0, double high = 1, const QString& name = {});
    /// The same for bytes 0..255.
    static CanvasImage fromPlanes(std::span<const std::uint8_t> values, const QSize& size, int channels,
                                  const QString& name = {});

    bool isNull() const { return m_pixels.isNull(); }
    const QSize& size() const { return m_pixels.size(); }
    const PixelBuffer& pixels() const { return m_pixels; }
    const QString& name() const { return m_name; }
    /// In units of the texture: 0..1 for bytes, as given for floats.
    double low() const { return m_low; }
    double high() const { return m_high; }

    /// The channels of a pixel as the user knows them: 0..255 for bytes, the value for floats. Empty outside.
    QVector<double> valuesAt(const QPoint& pixel) const;
    /// One number as it is written beside a pixel.
    QString valueText(double value) const;

private:
    PixelBuffer m_pixels;
    QString m_name;
    double m_low = 0;
    double m_high = 1;
};

} // namespace assay::widgets
