#include "widgets/canvas/pixel_buffer.h"

#include <algorithm>
#include <cstring>

namespace assay::widgets {

namespace {

QImage inKnownFormat(const QImage& image)
{
    switch (image.format()) {
    case QImage::Format_Grayscale8:
    case QImage::Format_RGB888:
    case QImage::Format_RGBA8888:
        return image;
    default:
        if (image.hasAlphaChannel())
            return image.convertToFormat(QImage::Format_RGBA8888);
        return image.convertToFormat(image.isGrayscale() ? QImage::Format_Grayscale8 : QImage::Format_RGB888);
    }
}

/// The mean of up to four pixels, for every pixel of a row. @p below is @p above where there is no second
/// row.
template <class T, class Sum>
void halveRow(const T* above, const T* below, T* out, int width, int channels)
{
    const int whole = width / 2;
    for (int x = 0; x < whole; ++x)
        for (int c = 0; c < channels; ++c) {
            const int left = 2 * x * channels + c, right = left + channels;
            const Sum sum = Sum(above[left]) + above[right] + below[left] + below[right];
            if constexpr (std::is_floating_point_v<T>)
                out[x * channels + c] = sum / 4;
            else
                out[x * channels + c] = static_cast<T>((sum + 2) / 4);
        }
    if (width % 2 == 1)
        for (int c = 0; c < channels; ++c) {
            const int last = (width - 1) * channels + c;
            if constexpr (std::is_floating_point_v<T>)
                out[whole * channels + c] = (Sum(above[last]) + below[last]) / 2;
            else
                out[whole * channels + c] = static_cast<T>((Sum(above[last]) + below[last] + 1) / 2);
        }
}

} // namespace

PixelBuffer::PixelBuffer(const QImage& image)
{
    if (image.isNull())
        return;
    const auto kept = std::make_shared<const QImage>(inKnownFormat(image));
    m_owner = kept;
    m_data = kept->constBits();
    m_stride = kept->bytesPerLine();
    m_size = kept->size();
    m_channels = kept->depth() / 8;
}

PixelBuffer::PixelBuffer(std::vector<float> values, const QSize& size, int channels)
    : m_stride(qsizetype(size.width()) * channels * 4)
    , m_size(size)
    , m_channels(channels)
    , m_isFloat(true)
{
    const auto kept = std::make_shared<const std::vector<float>>(std::move(values));
    m_owner = kept;
    m_data = reinterpret_cast<const uchar*>(kept->data());
}

float PixelBuffer::value(int x, int y, int channel) const
{
    const uchar* pixel = row(y) + x * bytesPerPixel();
    if (m_isFloat)
        return reinterpret_cast<const float*>(pixel)[channel];
    return static_cast<float>(pixel[channel]) / 255.0F;
}

PixelBlock PixelBuffer::cut(const QRect& area, int stride) const
{
    const qsizetype pixel = bytesPerPixel();
    PixelBlock block{area.size(), m_channels, m_isFloat, {}};
    block.bytes.resize(static_cast<std::size_t>(area.width()) * area.height() * pixel);
    auto* out = block.bytes.data();
    for (int y = area.top(); y <= area.bottom(); ++y) {
        const uchar* from = row(std::clamp(y * stride, 0, m_size.height() - 1));
        if (stride == 1) {
            // The inside of the row in one piece, its edge pixels beside it.
            const int left = std::clamp(area.left(), 0, m_size.width() - 1);
            const int right = std::clamp(area.right(), 0, m_size.width() - 1);
            for (int x = area.left(); x < left; ++x, out += pixel)
                std::memcpy(out, from + left * pixel, pixel);
            std::memcpy(out, from + left * pixel, (right - left + 1) * pixel);
            out += (right - left + 1) * pixel;
            for (int x = right; x < area.right(); ++x, out += pixel)
                std::memcpy(out, from + right * pixel, pixel);
        } else {
            for (int x = area.left(); x <= area.right(); ++x, out += pixel)
                std::memcpy(out, from + std::clamp(x * stride, 0, m_size.width() - 1) * pixel, pixel);
        }
    }
    return block;
}

PixelBuffer PixelBuffer::halved() const
{
    PixelBuffer half;
    half.m_size = {(m_size.width() + 1) / 2, (m_size.height() + 1) / 2};
    half.m_channels = m_channels;
    half.m_isFloat = m_isFloat;
    half.m_stride = half.m_size.width() * bytesPerPixel();
    const auto kept = std::make_shared<std::vector<uchar>>(half.m_stride * half.m_size.height());
    for (int y = 0; y < half.m_size.height(); ++y) {
        const uchar* above = row(2 * y);
        const uchar* below = row(std::min(2 * y + 1, m_size.height() - 1));
        uchar* out = kept->data() + y * half.m_stride;
        if (m_isFloat)
            halveRow<float, float>(reinterpret_cast<const float*>(above),
                                   reinterpret_cast<const float*>(below), reinterpret_cast<float*>(out),
                                   m_size.width(), m_channels);
        else
            halveRow<uchar, int>(above, below, out, m_size.width(), m_channels);
    }
    half.m_owner = kept;
    half.m_data = kept->data();
    return half;
}

} // namespace assay::widgets
