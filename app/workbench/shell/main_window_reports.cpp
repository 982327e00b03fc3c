#include "app/workbench/shell/main_window.h"

#include "app/workbench/shell/document_tabs.h"
#include "app/workbench/shell/file_intake.h"
#include "app/workbench/shell/notice_bar.h"
#include "app/workbench/shell/report_desk.h"
#include "widgets/studies/file_dialogs.h"
#include "widgets/studies/library_view.h"

namespace assay::workbench {

void MainWindow::connectReports()
{
    using widgets::LibraryView;
    connect(m_reports, &ReportDesk::listed, m_library, &LibraryView::setReports);
    connect(m_reports, &ReportDesk::noticed, m_notices, &NoticeBar::say);
    connect(m_reports, &ReportDesk::retracted, m_notices, &NoticeBar::retract);
    connect(m_library, &LibraryView::runsCompared, m_tabs, &DocumentTabs::compare);
    connect(m_tabs, &DocumentTabs::comparisonReportRequested, m_reports,
            [this](const widgets::ReportBlock& block, const QString& title, QWidget* near) {
                m_reports->offerBlock(block, tr("Comparison"), title, near);
            });
    connect(m_library, &LibraryView::reportOpened, m_reports, &ReportDesk::open);
    connect(m_library, &LibraryView::reportRenamed, m_reports, &ReportDesk::rename);
    connect(m_library, &LibraryView::reportDeleted, m_reports, &ReportDesk::remove);
    connect(m_library, &LibraryView::reportRequested, m_reports, &ReportDesk::makeReport);
    connect(m_library, &LibraryView::reportRevealed, this,
            [this] { m_dialogs.reveal(m_options.workspace + QStringLiteral("/reports")); });
    connect(m_tabs, &DocumentTabs::runOpened, this, &MainWindow::openRun);
    connect(m_intake, &FileIntake::reportRead, m_reports, &ReportDesk::take);
}

} // namespace assay::workbench
