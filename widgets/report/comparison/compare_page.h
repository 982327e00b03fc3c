#pragma once

#include "widgets/browsing/browsing_page.h"
#include "widgets/report/comparison/compare_runs.h"
#include "widgets/report/comparison/compared_run.h"
#include "widgets/studies/services.h"

#include <QTimer>

class QLabel;
class QToolButton;

namespace assay::widgets {

class CompareHeader;
class CompareResults;
class EngineRuns;
class FigureSaver;

/// Two or more runs of the workspace against each other: a header for each, which stays in view, and below
/// what differs, their metrics, and their figures over each other and side by side. Follows runs that still
/// run. A run that is missing or damaged keeps its column, which says so.
class ComparePage : public BrowsingPage
{
    Q_OBJECT
public:
    /// @param runs ids; their list is the page's name, "ID,ID,...".
    ComparePage(const Services& services, const QString& workspace, const QStringList& runs,
                QWidget* parent = nullptr);
    ~ComparePage() override;

    QString title() const override;
    void setCatalogue(const Catalogue& catalogue) override;
    void setTheme(const Theme& theme) override;
    void setEngineProblem(const QString& problem) override;

    QStringList runIds() const;
    const QVector<ComparedRun>& runs() const { return m_shown; }
    const RunComparison& comparison() const { return m_comparison; }
    /// Puts another run into a column, or adds one at the end.
    void setRun(int place, const QString& run);
    void removeRun(int place);

    static QString nameOf(const QStringList& runs) { return runs.join(QLatin1Char(',')); }
    static QStringList runsOf(const QString& name)
    {
        return name.split(QLatin1Char(','), Qt::SkipEmptyParts);
    }

Q_SIGNALS:
    void noticed(const QString& tone, const QString& sentence);
    void runOpened(const QString& run);
    /// Other runs than before are compared.
    void runsChanged();
    /// To be added to a report; which one is asked beside @p near.
    void blockOffered(const assay::widgets::ReportBlock& block, QWidget* near);

protected:
    void showEvent(QShowEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeBar();
    void fillAddMenu();
    void take(const QStringList& runs);
    void refresh();
    void showHeaders();
    void placeHeaders();
    bool haveOneDataset() const;
    QVector<std::shared_ptr<RunRecord>> records() const;
    void exportFigure(int run, const QString& name);
    void exportTable(const QString& name);

    Services m_services;
    Catalogue m_catalogue;
    Theme m_theme = Theme::light();
    QVector<ComparedRun> m_shown;
    RunComparison m_comparison;
    bool m_stale = true;
    EngineRuns* m_source;
    FigureSaver* m_saver;
    QWidget* m_headerBar;
    QVector<CompareHeader*> m_headers;
    CompareResults* m_results;
    QLabel* m_heading = nullptr;
    QToolButton* m_add = nullptr;
    QToolButton* m_report = nullptr;
    QTimer m_refreshing;
};

} // namespace assay::widgets
