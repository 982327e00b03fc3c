#pragma once

#include "widgets/gallery/grid_pixels.h"
#include "widgets/theme/theme.h"

#include <QWidget>

namespace assay::widgets {

/// One image enlarged pixel by pixel as far as the width allows; says which pixel is under the cursor.
class PixelView : public QWidget
{
    Q_OBJECT
public:
    explicit PixelView(QWidget* parent = nullptr);

    void setImage(const GridPixels& pixels, int index, int variant, const Theme& theme);
    QSize sizeHint() const override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    /// Where the picture is drawn.
    QRect target() const;

Q_SIGNALS:
    /// Pixel (x right, y down) and its channels 0..255; no values when the cursor left.
    void pixelHovered(QPoint pixel, QVector<int> values);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    GridPixels m_pixels;
    int m_index = -1;
    int m_variant = 0;
    QSize m_size;
    QPoint m_hot{-1, -1};
    Theme m_theme = Theme::light();
};

} // namespace assay::widgets
