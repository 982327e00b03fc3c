#pragma once

#include "widgets/theme/theme.h"

#include <QWidget>

namespace assay::widgets {

/// The handle at a block's left by which it is dragged.
class BlockGrip : public QWidget
{
    Q_OBJECT
public:
    explicit BlockGrip(QWidget* parent);
    void setTheme(const Theme& theme);
    QSize sizeHint() const override;
    /// Ends a drag without dropping.
    void giveUp() { end(false); }

Q_SIGNALS:
    void clicked();
    /// The mouse has gone far enough to be dragging, and goes on; @p position on the screen.
    void dragged(const QPoint& position);
    /// @p given false: given up.
    void dropped(bool given);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;

private:
    void end(bool given);

    Theme m_theme = Theme::light();
    QPoint m_pressed;
    bool m_down = false;
    bool m_dragging = false;
};

} // namespace assay::widgets
