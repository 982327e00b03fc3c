#include "widgets/canvas/mask_image.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace assay::widgets {

namespace {

double squaredDistance(const QPointF& p, const QPointF& from, const QPointF& to)
{
    const QPointF along = to - from;
    const double length = QPointF::dotProduct(along, along);
    const double t = length > 0 ? std::clamp(QPointF::dotProduct(p - from, along) / length, 0.0, 1.0) : 0;
    const QPointF d = p - (from + along * t);
    return QPointF::dotProduct(d, d);
}

} // namespace

MaskImage::MaskImage(const QSize& size)
    : m_grid(size)
    , m_columns((size.width() + TileGrid::kTile - 1) / TileGrid::kTile)
    , m_revisions(m_columns * ((size.height() + TileGrid::kTile - 1) / TileGrid::kTile))
{}

bool MaskImage::isEmpty() const
{
    return m_pixels.isNull() || count() == 0;
}

bool MaskImage::at(const QPoint& pixel) const
{
    return m_pixels.valid(pixel) && m_pixels.constScanLine(pixel.y())[pixel.x()] != 0;
}

QImage MaskImage::image() const
{
    if (!m_pixels.isNull())
        return m_pixels;
    QImage empty(size(), QImage::Format_Grayscale8);
    empty.fill(0);
    return empty;
}

bool MaskImage::setImage(const QImage& image)
{
    if (image.size() != size())
        return false;
    require();
    m_pixels = image.convertToFormat(QImage::Format_Grayscale8);
    for (int y = 0; y < m_pixels.height(); ++y) {
        uchar* line = m_pixels.scanLine(y);
        std::transform(line, line + m_pixels.width(), line, [](uchar v) { return v >= 128 ? 255 : 0; });
    }
    touch(m_pixels.rect());
    return true;
}

QRect MaskImage::stroke(const QPointF& from, const QPointF& to, double radius, bool inside)
{
    const QRectF reach = QRectF(from, to).normalized().adjusted(-radius, -radius, radius, radius);
    const QRect area = reach.toAlignedRect() & QRect(QPoint(0, 0), size());
    if (area.isEmpty() || (!inside && m_pixels.isNull()))
        return {};
    require();
    for (int y = area.top(); y <= area.bottom(); ++y) {
        uchar* line = m_pixels.scanLine(y);
        for (int x = area.left(); x <= area.right(); ++x)
            if (squaredDistance({x + 0.5, y + 0.5}, from, to) <= radius * radius)
                line[x] = inside ? 255 : 0;
    }
    touch(area);
    return area;
}

QRect MaskImage::fill(const QRectF& box, bool inside)
{
    const QRectF b = box.normalized();
    const QPoint first(qRound(b.left()), qRound(b.top())), end(qRound(b.right()), qRound(b.bottom()));
    const QRect area = QRect(first, end - QPoint(1, 1)) & QRect(QPoint(0, 0), size());
    if (area.isEmpty() || (!inside && m_pixels.isNull()))
        return {};
    require();
    for (int y = area.top(); y <= area.bottom(); ++y)
        std::memset(m_pixels.scanLine(y) + area.left(), inside ? 255 : 0, area.width());
    touch(area);
    return area;
}

QRect MaskImage::clear()
{
    if (m_pixels.isNull())
        return {};
    m_pixels.fill(0);
    touch(m_pixels.rect());
    return m_pixels.rect();
}

QImage MaskImage::cutOut(const QRect& area) const
{
    if (!m_pixels.isNull())
        return m_pixels.copy(area);
    QImage empty(area.size(), QImage::Format_Grayscale8);
    empty.fill(0);
    return empty;
}

void MaskImage::putBack(const QRect& area, const QImage& pixels)
{
    require();
    for (int y = 0; y < area.height(); ++y)
        std::memcpy(m_pixels.scanLine(area.top() + y) + area.left(), pixels.constScanLine(y), area.width());
    touch(area);
}

qint64 MaskImage::count() const
{
    qint64 inside = 0;
    for (int y = 0; y < m_pixels.height(); ++y) {
        const uchar* line = m_pixels.constScanLine(y);
        inside += m_pixels.width() - std::count(line, line + m_pixels.width(), 0);
    }
    return inside;
}

PixelBlock MaskImage::tile(const TileKey& key) const
{
    const QRect area = areaWithApron(key);
    if (m_pixels.isNull()) {
        PixelBlock block{area.size(), 1, false, {}};
        block.bytes.resize(static_cast<std::size_t>(area.width()) * area.height());
        return block;
    }
    return PixelBuffer(level(key.level)).cut(area);
}

double MaskImage::coverage(const QPointF& place, double devicePixels) const
{
    if (m_pixels.isNull() || !QRectF(QPointF(0, 0), size()).contains(place))
        return 0;
    if (devicePixels >= 1)
        return at({static_cast<int>(place.x()), static_cast<int>(place.y())}) ? 1 : 0;
    const int number = m_grid.levelFor(devicePixels);
    const QImage& pixels = level(number);
    const double x = place.x() / (1 << number) - 0.5, y = place.y() / (1 << number) - 0.5;
    const int left = static_cast<int>(std::floor(x)), top = static_cast<int>(std::floor(y));
    const auto value = [&pixels](int i, int j) {
        return pixels.constScanLine(
                   std::clamp(j, 0, pixels.height() - 1))[std::clamp(i, 0, pixels.width() - 1)] /
               255.0;
    };
    const double fx = x - left, fy = y - top;
    return (value(left, top) * (1 - fx) + value(left + 1, top) * fx) * (1 - fy) +
           (value(left, top + 1) * (1 - fx) + value(left + 1, top + 1) * fx) * fy;
}

/// Takes a change of the pixels of @p area to the reduced copies.
void MaskImage::reduce(const QRect& area)
{
    QRect part = area;
    for (int number = 1; number <= m_reduced.size(); ++number) {
        const QImage& from = level(number - 1);
        QImage& to = m_reduced[number - 1];
        part = QRect(QPoint(part.left() / 2, part.top() / 2), QPoint(part.right() / 2, part.bottom() / 2));
        for (int y = part.top(); y <= part.bottom(); ++y) {
            const uchar* upper = from.constScanLine(2 * y);
            const uchar* lower = from.constScanLine(std::min(2 * y + 1, from.height() - 1));
            uchar* line = to.scanLine(y);
            for (int x = part.left(); x <= part.right(); ++x) {
                const int a = 2 * x, b = std::min(2 * x + 1, from.width() - 1);
                line[x] = static_cast<uchar>((upper[a] + upper[b] + lower[a] + lower[b] + 2) / 4);
            }
        }
    }
}

quint64 MaskImage::revision(const TileKey& key) const
{
    const int span = 1 << key.level;
    const int rows = m_columns == 0 ? 0 : static_cast<int>(m_revisions.size()) / m_columns;
    quint64 latest = 0;
    for (int row = key.row * span; row < std::min(rows, (key.row + 1) * span); ++row)
        for (int column = key.column * span; column < std::min(m_columns, (key.column + 1) * span); ++column)
            latest = std::max(latest, m_revisions[row * m_columns + column]);
    return latest;
}

void MaskImage::touch(const QRect& area)
{
    ++m_last;
    reduce(area);
    // A pixel of the coarsest level more: it is in the apron of the tile beside.
    const int more = 1 << std::max(0, m_grid.levels() - 1);
    const QRect wide = area.adjusted(-more, -more, more, more) & QRect(QPoint(0, 0), size());
    for (int row = wide.top() / TileGrid::kTile; row <= wide.bottom() / TileGrid::kTile; ++row)
        for (int column = wide.left() / TileGrid::kTile; column <= wide.right() / TileGrid::kTile; ++column)
            m_revisions[row * m_columns + column] = m_last;
}

void MaskImage::require()
{
    if (!m_pixels.isNull())
        return;
    m_pixels = QImage(size(), QImage::Format_Grayscale8);
    m_pixels.fill(0);
    QSize half = size();
    for (int number = 1; number < m_grid.levels(); ++number) {
        half = {(half.width() + 1) / 2, (half.height() + 1) / 2};
        m_reduced.emplace_back(half, QImage::Format_Grayscale8).fill(0);
    }
}

} // namespace assay::widgets
