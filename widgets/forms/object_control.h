#pragma once

#include "widgets/forms/field_control.h"

#include <string>
#include <vector>

class QGridLayout;
class QLabel;

namespace assay::widgets {

class FieldRow;

/// An object of parts: under the heading of each part its values, with their defaults until the user says
/// otherwise. Only parts that are offered are shown, and made when they first are. The value holds what
/// differs from the defaults, that of parts not shown included. The control of value NAME of part KEY of
/// field FIELD has the object name "field:FIELD.KEY.NAME".
class ObjectControl : public FieldControl
{
    Q_OBJECT
public:
    ObjectControl(const protocol::Field& field, const FormChoices& choices, QWidget* parent);
    Json value() const override;
    void setValue(const Json& value) override;
    void setOffered(const std::vector<Json>& offered) override;
    bool isWide() const override { return true; }

protected:
    void changeEvent(QEvent* event) override;

private:
    struct Part
    {
        bool offered = true;
        QWidget* box = nullptr; ///< null until it is shown
        std::vector<FieldRow*> rows;
    };

    void makePart(std::size_t index);
    void addRow(std::size_t index, const protocol::Field& inner, QGridLayout* grid);
    int labelWidth() const;
    void set(const std::string& key, const std::string& name, const Json& value);
    void show();
    void showPart(std::size_t index);
    void refreshIcons();

    FormChoices m_choices;
    std::vector<Part> m_parts; ///< one for each of the field's
    QLabel* m_nothing;         ///< said when no part is shown
    Json m_value = Json::object();
};

} // namespace assay::widgets
