#pragma once

#include "backend/protocol/image_grid.h"
#include "widgets/gallery/grid_pixels.h"
#include "widgets/gallery/tile_layout.h"
#include "widgets/theme/theme.h"

#include <QCache>
#include <QPixmap>
#include <QWidget>

#include <memory>

namespace assay::widgets {

/// The first images of a gallery as they stand on paper: all variants of a sample side by side in one tile,
/// under it the first of its attributes that has a text.
class PaperImages : public QWidget
{
    Q_OBJECT
public:
    explicit PaperImages(QWidget* parent = nullptr);

    /// @param most images that are shown.
    void setGrid(std::shared_ptr<const protocol::ImageGrid> grid, int most);
    void setTheme(const Theme& theme);
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    int shown() const;
    int hiddenImages() const;
    /// Why there is nothing to see; empty when there is.
    const QString& problem() const { return m_pixels.problem(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    TileLayout layoutFor(int width) const;
    QString captionOf(int index) const;
    QPixmap picture(int index, int variant, const QSize& size);

    std::shared_ptr<const protocol::ImageGrid> m_grid;
    GridPixels m_pixels;
    int m_most = 0;
    int m_attribute = -1;
    Theme m_theme = Theme::light();
    QCache<quint64, QPixmap> m_cache;
};

} // namespace assay::widgets
