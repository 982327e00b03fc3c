#pragma once

#include "widgets/studies/catalogue.h"

#include <QWidget>

class QVBoxLayout;

namespace assay::widgets {

/// What an empty report shows: how to begin, and the last runs to begin with.
class ReportStart : public QWidget
{
    Q_OBJECT
public:
    explicit ReportStart(QWidget* parent = nullptr);
    /// @param runs finished ones, newest first. @param catalogue gives the titles of their studies.
    void setRuns(const QList<RunEntry>& runs, const Catalogue& catalogue);
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

Q_SIGNALS:
    void noteRequested();
    void runChosen(const QString& run);

private:
    QVBoxLayout* m_layout;
    QVBoxLayout* m_runs;
    QList<QWidget*> m_buttons;
};

/// A run in one line: title, study, and when it was.
QString runLine(const RunEntry& run, const Catalogue& catalogue);

} // namespace assay::widgets
