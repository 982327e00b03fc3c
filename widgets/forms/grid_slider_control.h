#pragma once

#include "widgets/forms/field_control.h"

class QLabel;
class QSlider;

namespace assay::widgets {

/// A number that is one of the values of another field: a slider that snaps to them, evenly spaced whatever
/// the values are, with the value beside it.
class GridSliderControl : public FieldControl
{
    Q_OBJECT
public:
    GridSliderControl(const protocol::Field& field, QWidget* parent);
    Json value() const override;
    void setValue(const Json& value) override;
    void setOffered(const std::vector<Json>& offered) override;

private:
    void showValue();

    QSlider* m_slider;
    QLabel* m_text;
    std::vector<Json> m_offered;
    Json m_value;
};

} // namespace assay::widgets
