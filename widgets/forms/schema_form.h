#pragma once

#include "backend/protocol/schema.h"

#include <QStringList>
#include <QWidget>

#include <map>
#include <memory>

class QUndoStack;

namespace assay::widgets {

/// What Model and Dataset fields can be chosen from.
struct FormChoices
{
    struct Choice
    {
        QString name; ///< goes into the spec
        QString title;
        QString detail;       ///< e.g. "91.2 % · 0.1 M parameters"
        QString problem = {}; ///< why it cannot be chosen, shown as its tooltip; empty when it can
        QString note = {};    ///< what to know before choosing it, shown as its tooltip instead of the detail
        /// Of a model "detection" where it finds objects; of a set "boxes" where its images have boxes.
        QString kind = {};

        const QString& toolTip() const
        {
            return !problem.isEmpty() ? problem : !note.isEmpty() ? note : detail;
        }
    };
    QList<Choice> models;
    QList<Choice> datasets;

    /// Those that @p field, a Model or Dataset field, takes by its `wants`.
    QList<Choice> fitting(const protocol::Field& field) const;
    /// Why @p value cannot stand in @p field although it is known, in a sentence; empty where it can, and for
    /// names and paths that are not in the lists, of which the engine knows more.
    QString misfit(const protocol::Field& field, const Json& value) const;
};

/// A form made from a schema: a control per field with unit, range and help, groups with headings,
/// advanced fields folded, problems said in place under the field. Every edit can be undone.
/// The control of field NAME has the object name "field:NAME", its button that resets it "reset:NAME" and
/// its problem "problem:NAME". A field with `valuesFrom` offers what the other field holds at the time; an
/// object shows the parts that its other fields hold.
class SchemaForm : public QWidget
{
    Q_OBJECT
public:
    explicit SchemaForm(QWidget* parent = nullptr);
    ~SchemaForm() override;

    /// Which fields to show: all of them, or only the live ones (for the bar of live parameters).
    enum class Fields { All, Live };
    void setSchema(const protocol::Schema& schema, const FormChoices& choices, Fields fields = Fields::All);
    /// Values of all fields of the schema, shown or not, in the spec's form.
    /// Values that are not valid are returned as they were typed.
    Json values() const;
    /// Absent fields get their defaults, keys that are no fields are ignored. Forgets the undo history.
    void setValues(const Json& values);
    bool isValid() const;
    /// Marks fields that wait for the user, by name, with a sentence under each that says what is wanted; a
    /// problem of the value is said instead. Folded fields are opened. Replaces the notes before.
    void setNotes(const std::map<std::string, QString>& notes);
    /// What a field of free text can be, to choose from beside typing; lasts until the next schema.
    void setOffered(const std::string& field, const std::vector<Json>& values);
    QUndoStack* undoStack() const;

Q_SIGNALS:
    /// An edit by the user (undo included), not by setValues(). @p live: only live fields differ.
    void edited(bool live);
    void validityChanged(bool valid);

protected:
    void changeEvent(QEvent* event) override;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace assay::widgets
