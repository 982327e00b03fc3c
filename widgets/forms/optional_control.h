#pragma once

#include "widgets/forms/field_control.h"

#include <functional>

class QCheckBox;

namespace assay::widgets {

/// A field that may be left to the study: a check box "automatic", and its control while that is off. While
/// it is asked for there is no such box: the control stands blank until the user fills it in.
class OptionalControl : public FieldControl
{
    Q_OBJECT
public:
    OptionalControl(const protocol::Field& field, const std::function<FieldControl*(QWidget*)>& makeInner,
                    QWidget* parent);
    Json value() const override;
    void setValue(const Json& value) override;
    void setProblem(bool problem) override;
    void setAsked(bool asked) override;
    bool isWide() const override;

private:
    void showState();

    QCheckBox* m_automatic;
    bool m_asked = false;
    FieldControl* m_inner;
};

} // namespace assay::widgets
