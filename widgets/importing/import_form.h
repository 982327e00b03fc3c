#pragma once

#include "widgets/forms/schema_form.h"
#include "widgets/importing/inspection.h"

#include <QWidget>

namespace assay::widgets {

/// The form of a file that is about to be imported: what was found, to be corrected. Fields that are asked
/// are marked. Knows which values are the user's own; the keyboard keeps its place when the engine's answer
/// to one value changes the form around it.
class ImportForm : public QWidget
{
    Q_OBJECT
public:
    explicit ImportForm(QWidget* parent = nullptr);

    void setChoices(const FormChoices& choices);
    /// Shows what was found. @p corrections are the user's, for files that were in front before.
    void show(const Inspection& inspection, const Json& corrections);
    /// By field, what the user said; a field set back to "automatic" is not among them.
    const Json& corrections() const { return m_corrections; }
    bool isValid() const { return m_form->isValid(); }
    bool hasFocusInside() const;
    /// Puts the keyboard where the user is asked, else to the first field.
    void focusAsked();

Q_SIGNALS:
    void corrected();

private:
    void takeEdit();
    void rebuild();
    void showNotes();

    SchemaForm* m_form;
    FormChoices m_choices;
    protocol::Schema m_schema;
    QStringList m_asks;
    Json m_shown = Json::object(); ///< as last shown or edited
    Json m_corrections = Json::object();
};

} // namespace assay::widgets
