#pragma once

#include "widgets/forms/field_control.h"

class QLabel;
class QLineEdit;
class QListView;
class QPushButton;
class QStandardItemModel;

namespace assay::widgets {

/// Several of many, in an order: a list of check boxes with title and detail, a filter, and buttons for all
/// and none of what the filter shows. The value has the order of the list; Alt+Up and Alt+Down, or dragging,
/// move a row.
class CheckListControl : public FieldControl
{
    Q_OBJECT
public:
    CheckListControl(const protocol::Field& field, const QList<FormChoices::Choice>& choices,
                     QWidget* parent);
    Json value() const override;
    void setValue(const Json& value) override;
    void setOffered(const std::vector<Json>& offered) override;
    bool isWide() const override { return true; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void append(const FormChoices::Choice& choice);
    void applyFilter();
    void checkAll(bool checked);
    void move(int by);
    void report();
    void updateCount();
    void fitHeight();

    QList<FormChoices::Choice> m_choices;
    QLineEdit* m_filter;
    QLabel* m_count;
    QPushButton* m_all;
    QPushButton* m_none;
    QListView* m_view;
    QStandardItemModel* m_model;
    Json m_last; ///< what was last set or reported: moving a row takes two changes of the model
    bool m_quiet = false;
};

} // namespace assay::widgets
