#pragma once

#include <QRadioButton>

namespace assay::widgets {

/// One of a few choices that stand side by side in one frame. A radio button in all but its looks, so that
/// arrow keys and screen readers work as they do there.
class SegmentButton : public QRadioButton
{
    Q_OBJECT
public:
    enum class Place { Only, First, Middle, Last };
    explicit SegmentButton(const QString& text, QWidget* parent = nullptr);
    void setPlace(Place place);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;
    bool hitButton(const QPoint& point) const override { return rect().contains(point); }

private:
    Place m_place = Place::Only;
};

} // namespace assay::widgets
