#pragma once

#include "backend/protocol/schema.h"
#include "widgets/forms/schema_form.h"

#include <QWidget>

#include <vector>

namespace assay::widgets {

/// What edits the value of one field. A control shows and reports; the form keeps the values.
class FieldControl : public QWidget
{
    Q_OBJECT
public:
    /// The control that suits @p field; @p live: for the bar of live parameters, where room is scarce.
    static FieldControl* create(const protocol::Field& field, const FormChoices& choices, bool live,
                                QWidget* parent);

    /// What is shown, in the spec's form; what cannot be read as such a value is returned as typed, so that
    /// validation can quote it.
    virtual Json value() const = 0;
    /// Emits nothing, and leaves the text alone when it already says @p value (the cursor is in it).
    virtual void setValue(const Json& value) = 0;
    /// What a field with `valuesFrom` can be, which parts an object shows, or what a text is likely to be.
    /// Ignored by controls that take any value.
    virtual void setOffered(const std::vector<Json>& offered);
    /// Marks the control as holding something that cannot be used.
    virtual void setProblem(bool problem);
    /// Marks the control as waiting for something that only the user knows.
    virtual void setAsked(bool asked);
    /// Shows nothing until the user gives a value, where the control can. Emits nothing.
    virtual void setBlank() {}
    /// Controls that need the whole width of the form stand under their label instead of beside it.
    virtual bool isWide() const { return false; }

    const protocol::Field& field() const { return m_field; }

Q_SIGNALS:
    /// The user changed the value.
    void edited();
    /// The next edit is another step for undo: the slider was let go, the focus left.
    void settled();

protected:
    FieldControl(const protocol::Field& field, QWidget* parent);
    /// Names the widget that takes the keyboard for tests and screen readers and makes it the focus proxy.
    void setMain(QWidget* widget);
    /// For controls where every change is a step of its own.
    void step();

private:
    void mark(const char* property, bool on);

    protocol::Field m_field;
};

} // namespace assay::widgets
