#pragma once

#include "widgets/report/comparison/compare_runs.h"
#include "widgets/report/comparison/compared_run.h"
#include "widgets/studies/result_card.h"
#include "widgets/studies/services.h"
#include "widgets/theme/theme.h"

#include <QHash>
#include <QScrollArea>

#include <functional>

class QLabel;

namespace assay::widgets {

class PageLayout;
class Selection;

/// What a comparison shows: what differs, metrics, figures over each other, and the figures of each run in
/// columns, every column under the header of its run. A card is kept as long as what it shows is there.
class CompareResults : public QScrollArea
{
    Q_OBJECT
public:
    CompareResults(const Services& services, QWidget* parent);

    /// @param linked the runs have one data set: what is selected in one is selected in all of them, and in
    ///               the window. Else each column has a selection of its own.
    void setComparison(const QVector<ComparedRun>& runs, const RunComparison& comparison, bool linked);
    void setTheme(const Theme& theme);
    ResultCard* card(const QString& key) const { return m_cards.value(key); }

Q_SIGNALS:
    /// @p run in whose column it stands, or -1 for one of all runs.
    void figureExportRequested(int run, const QString& name);
    void tableExportRequested(const QString& name);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    using Rows = QList<QList<QWidget*>>;

    class FigureCard* figureCard(const QString& key, const QString& name, int run, Selection& selection);
    QWidget* tableCard(const std::shared_ptr<const protocol::Table>& table);
    QWidget* text(const QString& key, const char* kind, const QString& words);
    void keep(ResultCard* card);
    void addOverlays(Rows& rows);
    void addColumns(Rows& rows);
    Selection& selectionOf(int run);
    void layOut();
    void dropUnused();

    Services m_services;
    Theme m_theme = Theme::light();
    QWidget* m_body;
    PageLayout* m_page;
    QVector<ComparedRun> m_runs;
    RunComparison m_comparison;
    bool m_linked = false;
    QVector<Selection*> m_own; ///< by column, when they are not linked
    QHash<QString, ResultCard*> m_cards;
    QHash<QString, QLabel*> m_texts;
    QSet<QString> m_used; ///< keys of what is shown
    bool m_wide = false;
};

} // namespace assay::widgets
