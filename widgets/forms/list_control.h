#pragma once

#include "widgets/forms/field_control.h"

namespace assay::widgets {

class TokenEdit;

/// A list of numbers or texts, written with commas ("0.5, 1, 2"); numbers may also stand apart by spaces or
/// semicolons. What is no number stays in the value as text, for the validation to quote.
class ListControl : public FieldControl
{
    Q_OBJECT
public:
    ListControl(const protocol::Field& field, QWidget* parent);
    Json value() const override;
    void setValue(const Json& value) override;

private:
    void markTokens();

    TokenEdit* m_edit;
};

} // namespace assay::widgets
