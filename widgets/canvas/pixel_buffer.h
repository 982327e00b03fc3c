#pragma once

#include <QImage>
#include <QPoint>
#include <QRect>
#include <QSize>

#include <cstddef>
#include <memory>
#include <vector>

namespace assay::widgets {

/// Pixels cut out of a buffer: rows from the top without padding, channels interleaved.
struct PixelBlock
{
    QSize size;
    int channels = 1;
    bool isFloat = false;
    std::vector<std::byte> bytes;
};

/// Read-only pixels, shared between copies: 1 (grey), 3 (RGB) or 4 (RGB and straight alpha) interleaved
/// channels of 8 bits or 32-bit floats. Safe to read from any thread.
class PixelBuffer
{
public:
    PixelBuffer() = default;
    /// Grey images stay grey, others become RGB, or RGBA where they have alpha. Shares the pixels where the
    /// format allows it.
    explicit PixelBuffer(const QImage& image);
    /// Takes interleaved floats, size.width() * size.height() * channels of them.
    PixelBuffer(std::vector<float> values, const QSize& size, int channels);

    bool isNull() const { return m_size.isEmpty(); }
    const QSize& size() const { return m_size; }
    int channels() const { return m_channels; }
    bool isFloat() const { return m_isFloat; }
    qsizetype bytesPerPixel() const { return m_channels * (m_isFloat ? 4 : 1); }

    /// A channel of a pixel inside the buffer: 0..1 for 8 bits, the stored value for floats.
    float value(int x, int y, int channel) const;
    /// The pixels of @p area; where it reaches beyond the buffer, the edge is repeated. With a @p stride of n
    /// (a power of two) coordinates count every n-th pixel: a quick and rough reduction.
    PixelBlock cut(const QRect& area, int stride = 1) const;
    /// Half the size, rounded up; each pixel is the mean of the up to four it stands for. NaN stays NaN.
    PixelBuffer halved() const;

private:
    const uchar* row(int y) const { return m_data + y * m_stride; }

    std::shared_ptr<const void> m_owner;
    const uchar* m_data = nullptr;
    qsizetype m_stride = 0; ///< bytes from row to row
    QSize m_size;
    int m_channels = 1;
    bool m_isFloat = false;
};

} // namespace assay::widgets
