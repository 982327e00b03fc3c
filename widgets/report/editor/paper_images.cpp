#include "widgets/report/editor/paper_images.h"

#include <QPaintEvent>
#include <QPainter>

#include <algorithm>

namespace assay::widgets {

namespace {

constexpr int kSideInEm = 4;         ///< about how large small pictures are drawn
constexpr int kLargestSideInEm = 10; ///< and large ones at most
constexpr int kCachedBytes = 24 << 20;

} // namespace

PaperImages::PaperImages(QWidget* parent)
    : QWidget(parent)
    , m_cache(kCachedBytes)
{
    setObjectName(QStringLiteral("paperImages"));
}

void PaperImages::setGrid(std::shared_ptr<const protocol::ImageGrid> grid, int most)
{
    if (m_grid == grid && m_most == most)
        return;
    if (m_grid != grid)
        m_cache.clear();
    m_grid = std::move(grid);
    m_most = most;
    m_pixels = GridPixels(m_grid, {});
    m_attribute = -1;
    for (int a = 0; m_grid && m_attribute < 0 && a < int(m_grid->attributes.size()); ++a) {
        const auto& codes = m_grid->attributes[size_t(a)].codes;
        if (std::any_of(codes.begin(), codes.end(), [](std::int32_t code) { return code >= 0; }))
            m_attribute = a;
    }
    updateGeometry();
    update();
}

void PaperImages::setTheme(const Theme& theme)
{
    m_theme = theme;
    update();
}

int PaperImages::shown() const
{
    return m_grid ? std::min(m_most, int(m_grid->count())) : 0;
}

int PaperImages::hiddenImages() const
{
    return m_grid ? int(m_grid->count()) - shown() : 0;
}

TileLayout PaperImages::layoutFor(int width) const
{
    TileLayout tiles;
    if (!m_grid || m_grid->width == 0 || m_grid->height == 0)
        return tiles;
    const int em = fontMetrics().height();
    const QSize natural(int(m_grid->width), int(m_grid->height));
    tiles.count = shown();
    tiles.width = width;
    tiles.inset = 0;
    tiles.gap = em / 2;
    tiles.images = int(m_grid->variants.size());
    tiles.caption = m_attribute >= 0 ? fontMetrics().height() : 0;
    // Whole multiples of the pixels keep small pictures sharp.
    const int times = std::max(1, kSideInEm * em / std::max(natural.width(), natural.height()));
    tiles.image = natural * times;
    const int room = (width - 2 * tiles.gap - (tiles.images - 1) * tiles.between) / tiles.images;
    const QSize largest(std::max(1, std::min(room, kLargestSideInEm * em)), kLargestSideInEm * em);
    if (tiles.image.width() > largest.width() || tiles.image.height() > largest.height())
        tiles.image.scale(largest, Qt::KeepAspectRatio);
    return tiles;
}

int PaperImages::heightForWidth(int width) const
{
    if (!problem().isEmpty() || shown() == 0)
        return fontMetrics().height() * 2;
    return layoutFor(width).height();
}

QString PaperImages::captionOf(int index) const
{
    const protocol::ImageAttribute& attribute = m_grid->attributes[size_t(m_attribute)];
    const auto code = size_t(index) < attribute.codes.size() ? attribute.codes[size_t(index)] : -1;
    return code >= 0 && size_t(code) < attribute.values.size()
               ? QString::fromStdString(attribute.values[size_t(code)])
               : QString();
}

QPixmap PaperImages::picture(int index, int variant, const QSize& size)
{
    const qreal ratio = devicePixelRatioF();
    const QSize wanted = size * ratio;
    const quint64 key = (quint64(index) * 64 + quint64(variant)) << 24 ^ quint64(wanted.width());
    if (const QPixmap* known = m_cache.object(key))
        return *known;
    const QImage image = m_pixels.image(index, variant);
    if (image.isNull())
        return {};
    const bool enlarged = wanted.width() >= image.width();
    auto* made = new QPixmap(QPixmap::fromImage(image.scaled(
        wanted, Qt::IgnoreAspectRatio, enlarged ? Qt::FastTransformation : Qt::SmoothTransformation)));
    made->setDevicePixelRatio(ratio);
    const QPixmap result = *made;
    m_cache.insert(key, made, wanted.width() * wanted.height() * 4);
    return result;
}

void PaperImages::paintEvent(QPaintEvent* event)
{
    QPainter painter(this);
    painter.setPen(m_theme.mutedText);
    if (!problem().isEmpty() || shown() == 0) {
        painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter | Qt::TextWordWrap,
                         problem().isEmpty() ? tr("This gallery holds no images.") : problem());
        return;
    }
    const TileLayout tiles = layoutFor(width());
    const auto [first, last] = tiles.visible(event->rect().top(), event->rect().bottom() + 1);
    for (int position = first; position < last; ++position) {
        for (int variant = 0; variant < tiles.images; ++variant) {
            const QRect place = tiles.imageRect(position, variant);
            painter.drawPixmap(place.topLeft(), picture(position, variant, place.size()));
        }
        if (m_attribute >= 0) {
            const QRect place = tiles.captionRect(position);
            painter.drawText(place, Qt::AlignCenter,
                             fontMetrics().elidedText(captionOf(position), Qt::ElideRight, place.width()));
        }
    }
}

} // namespace assay::widgets
