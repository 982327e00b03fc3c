#include "app/workbench/shell/document_tabs.h"

#include "widgets/report/editor/report_page.h"
#include "widgets/studies/study_document.h"

namespace assay::workbench {

using widgets::ReportBlock;
using widgets::ReportPage;
using widgets::ResultCard;
using widgets::StudyDocument;

void DocumentTabs::connectReports(StudyDocument* document)
{
    connect(document, &StudyDocument::resultReportRequested, this,
            [this, document](ResultCard::Kind kind, const QString& name, QWidget* near) {
                if (kind == ResultCard::Kind::Scene)
                    return; // not a picture that stands still
                const auto block = kind == ResultCard::Kind::Table     ? ReportBlock::Kind::Table
                                   : kind == ResultCard::Kind::Gallery ? ReportBlock::Kind::Gallery
                                                                       : ReportBlock::Kind::Figure;
                Q_EMIT resultReportRequested(*document, block, name, near);
            });
    connect(document, &StudyDocument::runReportRequested, this,
            [this, document](QWidget* near) { Q_EMIT runReportRequested(*document, near); });
}

ReportPage* DocumentTabs::report(const QString& name, bool front)
{
    if (auto* page = static_cast<ReportPage*>(findPage(QStringLiteral("report"), name))) {
        if (front)
            setCurrentWidget(page);
        return page;
    }
    auto* page = new ReportPage(m_services, m_services.workspace, name, m_services.program, this);
    connect(page, &ReportPage::noticed, this, &DocumentTabs::noticed);
    connect(page, &ReportPage::runOpened, this, &DocumentTabs::runOpened);
    connect(page, &ReportPage::saved, this, &DocumentTabs::reportSaved);
    // Once it could be saved, the next time that it cannot is worth a word again.
    connect(page, &ReportPage::saved, page, [page] { page->setProperty("unsavedSaid", false); });
    addPage(page, front);
    return page;
}

QList<ReportPage*> DocumentTabs::reports() const
{
    QList<ReportPage*> all;
    for (int i = 0; i < count(); ++i) {
        if (auto* page = qobject_cast<ReportPage*>(widget(i)))
            all << page;
    }
    return all;
}

ReportPage* DocumentTabs::currentReport() const
{
    return qobject_cast<ReportPage*>(currentWidget());
}

void DocumentTabs::forgetReport(const QString& name)
{
    for (ReportPage* page : reports()) {
        if (page->name() != name)
            continue;
        QString problem;
        page->settle(problem); // so that it comes back as it was
        page->abandon();
        removeTab(indexOf(page));
        page->deleteLater();
        Q_EMIT documentsChanged();
    }
}

bool DocumentTabs::settle(ReportPage& page)
{
    QString problem;
    const bool settled = page.settle(problem);
    const bool said = page.property("unsavedSaid").toBool();
    page.setProperty("unsavedSaid", !settled);
    if (settled || said)
        return true;
    Q_EMIT noticed(QStringLiteral("bad"),
                   tr("%1 Its last edits would be lost: close it once more to give them up.").arg(problem));
    return false;
}

bool DocumentTabs::settleReports()
{
    bool settled = true;
    for (ReportPage* page : reports())
        settled = settle(*page) && settled;
    return settled;
}

} // namespace assay::workbench
