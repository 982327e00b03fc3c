#pragma once

#include <QSlider>
#include <QWheelEvent>

namespace assay::widgets {

/// A slider that leaves the wheel to the scroll area around it, unless it has the focus.
class CalmSlider : public QSlider
{
public:
    using QSlider::QSlider;

    // The style sheet's handle is taller than the room that the base asks for it.
    QSize sizeHint() const override
    {
        return QSlider::sizeHint().expandedTo({0, fontMetrics().height() * 3 / 2});
    }
    QSize minimumSizeHint() const override
    {
        return QSlider::minimumSizeHint().expandedTo({0, fontMetrics().height() * 3 / 2});
    }

protected:
    void wheelEvent(QWheelEvent* event) override
    {
        if (hasFocus())
            QSlider::wheelEvent(event);
        else
            event->ignore();
    }
};

} // namespace assay::widgets
