#include "widgets/studies/variant_view.h"

#include <QPainter>

#include <algorithm>

namespace assay::widgets {

namespace {

constexpr int kMinTileInEm = 6;

} // namespace

VariantView::VariantView(QWidget* parent)
    : QWidget(parent)
{
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void VariantView::setImages(const QVector<QImage>& images, const QStringList& names)
{
    m_images = images;
    m_names = names;
    setAccessibleName(names.join(QStringLiteral(", ")));
    updateGeometry();
    update();
}

int VariantView::columns(int width) const
{
    const int fit = std::max(1, width / (kMinTileInEm * fontMetrics().height()));
    return std::clamp(fit, 1, std::max<int>(1, int(m_images.size())));
}

int VariantView::heightForWidth(int width) const
{
    if (m_images.isEmpty())
        return 0;
    const int perRow = columns(width);
    const int rows = (int(m_images.size()) + perRow - 1) / perRow;
    return rows * (width / perRow + fontMetrics().height() * 3 / 2);
}

QSize VariantView::sizeHint() const
{
    const int width = 14 * fontMetrics().height();
    return {width, heightForWidth(width)};
}

void VariantView::paintEvent(QPaintEvent*)
{
    if (m_images.isEmpty())
        return;
    QPainter painter(this);
    const int perRow = columns(width());
    const int tile = width() / perRow;
    const int gap = fontMetrics().height() / 4;
    const int lineHeight = fontMetrics().height() * 3 / 2;
    for (int i = 0; i < m_images.size(); ++i) {
        const QRect cell(i % perRow * tile, i / perRow * (tile + lineHeight), tile, tile);
        const QRect box = cell.adjusted(gap, gap, -gap, -gap);
        const QSize size = m_images[i].size().scaled(box.size(), Qt::KeepAspectRatio);
        QRect target(QPoint(), size);
        target.moveCenter(box.center());
        painter.drawImage(target, m_images[i]);
        painter.setPen(palette().color(QPalette::WindowText));
        const QRect caption(cell.left(), cell.bottom(), tile, lineHeight);
        painter.drawText(caption, Qt::AlignHCenter | Qt::AlignTop,
                         fontMetrics().elidedText(m_names.value(i), Qt::ElideRight, tile - gap));
    }
}

} // namespace assay::widgets
