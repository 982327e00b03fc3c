#include "app/workbench/shell/document_tabs.h"

#include "widgets/report/comparison/compare_page.h"

namespace assay::workbench {

using widgets::ComparePage;

ComparePage* DocumentTabs::compare(const QStringList& runs)
{
    if (auto* page =
            static_cast<ComparePage*>(findPage(QStringLiteral("compare"), ComparePage::nameOf(runs)))) {
        setCurrentWidget(page);
        return page;
    }
    auto* page = new ComparePage(m_services, m_services.workspace, runs, this);
    connect(page, &ComparePage::noticed, this, &DocumentTabs::noticed);
    connect(page, &ComparePage::runOpened, this, &DocumentTabs::runOpened);
    connect(page, &ComparePage::runsChanged, this, &DocumentTabs::documentsChanged);
    connect(page, &ComparePage::blockOffered, this,
            [this, page](const widgets::ReportBlock& block, QWidget* near) {
                Q_EMIT comparisonReportRequested(block, page->title(), near);
            });
    addPage(page);
    return page;
}

} // namespace assay::workbench
