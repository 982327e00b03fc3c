#pragma once

#include "widgets/forms/field_control.h"

class QSlider;

namespace assay::widgets {

class NumberBox;

/// An integer or a real: a box, and a slider before it when the field is live and its range is known (and,
/// of an integer, short enough to aim in).
/// The slider is logarithmic when the range spans three decades.
class NumberControl : public FieldControl
{
    Q_OBJECT
public:
    NumberControl(const protocol::Field& field, bool live, QWidget* parent);
    Json value() const override;
    void setValue(const Json& value) override;
    void setBlank() override;

private:
    void addSlider();
    int positionOf(double value) const;
    double valueAt(int position) const;
    void showOnSlider();

    NumberBox* m_box;
    QSlider* m_slider = nullptr;
    bool m_logarithmic = false;
};

} // namespace assay::widgets
