#pragma once

#include "widgets/report/comparison/compared_run.h"
#include "widgets/studies/catalogue.h"
#include "widgets/theme/theme.h"

#include <QFrame>

class QComboBox;
class QLabel;
class QToolButton;

namespace assay::widgets {

class ElidedLabel;

/// Above a column of a comparison: which run it shows, in which colour, and what is known of it.
class CompareHeader : public QFrame
{
    Q_OBJECT
public:
    CompareHeader(int place, QWidget* parent);

    /// @param runs that can be chosen instead.
    void setRun(const ComparedRun& run, const QList<RunEntry>& runs, const Catalogue& catalogue);
    void setTheme(const Theme& theme);
    void setRemovable(bool removable);

Q_SIGNALS:
    void exchanged(const QString& run);
    void removed();
    void opened();

private:
    void fillChoice(const QString& run, const QList<RunEntry>& runs, const Catalogue& catalogue);

    int m_place;
    QLabel* m_colour;
    ElidedLabel* m_name;
    QToolButton* m_open;
    QToolButton* m_remove;
    QComboBox* m_choice;
    QLabel* m_state;
    ElidedLabel* m_facts;
    QLabel* m_problem;
};

} // namespace assay::widgets
