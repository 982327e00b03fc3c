#include "widgets/gallery/tile_layout.h"

#include <algorithm>

namespace assay::widgets {

int TileLayout::imageColumns() const
{
    const int room = (width - 2 * gap - 2 * inset + between) / std::max(1, image.width() + between);
    return std::clamp(room, 1, std::max(1, images));
}

QSize TileLayout::tile() const
{
    return {2 * inset + imageColumns() * (image.width() + between) - between,
            2 * inset + imagesHeight() + caption};
}

int TileLayout::imagesHeight() const
{
    const int rows = (std::max(1, images) + imageColumns() - 1) / imageColumns();
    return rows * (image.height() + between) - between;
}

int TileLayout::columns() const
{
    return std::max(1, (width - gap) / (tile().width() + gap));
}

int TileLayout::rows() const
{
    return (count + columns() - 1) / columns();
}

int TileLayout::height() const
{
    return gap + rows() * (tile().height() + gap);
}

QRect TileLayout::rect(int position) const
{
    const QSize size = tile();
    return {QPoint(gap + position % columns() * (size.width() + gap),
                   gap + position / columns() * (size.height() + gap)),
            size};
}

QRect TileLayout::imageRect(int position, int index) const
{
    const QPoint place(index % imageColumns() * (image.width() + between),
                       index / imageColumns() * (image.height() + between));
    return {rect(position).topLeft() + QPoint(inset, inset) + place, image};
}

QRect TileLayout::captionRect(int position) const
{
    const QRect whole = rect(position);
    return {whole.left() + inset, whole.top() + inset + imagesHeight() + inset / 2, whole.width() - 2 * inset,
            caption - inset / 2};
}

int TileLayout::at(const QPoint& point) const
{
    const QSize size = tile();
    const int column = (point.x() - gap) / (size.width() + gap),
              row = (point.y() - gap) / (size.height() + gap);
    if (point.x() < gap || point.y() < gap || column >= columns())
        return -1;
    const int position = row * columns() + column;
    return position < count && rect(position).contains(point) ? position : -1;
}

std::pair<int, int> TileLayout::visible(int top, int bottom) const
{
    const int step = tile().height() + gap;
    const int first = std::max(0, (top - gap) / step) * columns();
    const int last = (std::max(0, bottom - gap) / step + 1) * columns();
    return {std::min(first, count), std::min(last, count)};
}

} // namespace assay::widgets
