#include "app/workbench/shell/document_tabs.h"

#include "widgets/browsing/data_browser.h"
#include "widgets/browsing/model_inspector.h"
#include "widgets/engine/engine_client.h"
#include "widgets/report/comparison/compare_page.h"
#include "widgets/report/editor/report_page.h"
#include "widgets/studies/catalogue_view.h"
#include "widgets/studies/study_document.h"

#include <QTabBar>

namespace assay::workbench {

using widgets::BrowsingPage;
using widgets::StudyDocument;

DocumentTabs::DocumentTabs(const widgets::Services& services, QWidget* parent)
    : QTabWidget(parent)
    , m_services(services)
    , m_catalogueView(new widgets::CatalogueView(this))
{
    setObjectName(QStringLiteral("documentTabs"));
    setDocumentMode(true);
    setTabsClosable(true);
    setMovable(true);
    setElideMode(Qt::ElideRight);
    addTab(m_catalogueView, tr("Studies"));
    for (const auto side : {QTabBar::LeftSide, QTabBar::RightSide})
        tabBar()->setTabButton(0, side, nullptr);
    connect(m_catalogueView, &widgets::CatalogueView::studyChosen, this, [this](const QString& study) {
        protocol::RunSpec spec;
        spec.study = study.toStdString();
        addDocument(spec);
    });
    connect(this, &QTabWidget::tabCloseRequested, this, &DocumentTabs::close);
    connect(this, &QTabWidget::currentChanged, this, [this] { Q_EMIT currentDocumentChanged(current()); });
    connect(tabBar(), &QTabBar::tabMoved, this, &DocumentTabs::documentsChanged);
    connect(&m_services.engine, &widgets::EngineClient::stateChanged, this, [this] {
        for (BrowsingPage* page : pages())
            page->setEngineProblem(engineProblem());
    });
}

StudyDocument* DocumentTabs::current() const
{
    return qobject_cast<StudyDocument*>(currentWidget());
}

QList<StudyDocument*> DocumentTabs::documents() const
{
    QList<StudyDocument*> all;
    for (int i = 0; i < count(); ++i) {
        if (auto* document = qobject_cast<StudyDocument*>(widget(i)))
            all << document;
    }
    return all;
}

StudyDocument* DocumentTabs::addDocument(const protocol::RunSpec& spec)
{
    auto* document = new StudyDocument(m_services, spec, this);
    document->setTheme(m_theme);
    document->setCatalogue(m_catalogue);
    connect(document, &StudyDocument::titleChanged, this, [this, document] { updateTitle(document); });
    connect(document, &StudyDocument::runChanged, this, [this, document] {
        Q_EMIT documentsChanged();
        if (document == current())
            Q_EMIT currentDocumentChanged(document);
    });
    connect(document, &StudyDocument::noticed, this, &DocumentTabs::noticed);
    connectReports(document);
    const int index = addTab(document, document->title());
    updateTitle(document);
    setCurrentIndex(index);
    Q_EMIT documentsChanged();
    return document;
}

StudyDocument* DocumentTabs::openRun(const QString& run, const QString& study)
{
    const QList<StudyDocument*> open = documents();
    for (StudyDocument* document : open) {
        if (document->runId() == run) {
            setCurrentWidget(document);
            return document;
        }
    }
    protocol::RunSpec spec;
    spec.study = study.toStdString();
    StudyDocument* document = addDocument(spec);
    document->openRun(run);
    return document;
}

QList<BrowsingPage*> DocumentTabs::pages() const
{
    QList<BrowsingPage*> all;
    for (int i = 0; i < count(); ++i) {
        if (auto* page = qobject_cast<BrowsingPage*>(widget(i)))
            all << page;
    }
    return all;
}

BrowsingPage* DocumentTabs::browse(const QString& dataset)
{
    if (BrowsingPage* page = findPage(QStringLiteral("dataset"), dataset)) {
        setCurrentWidget(page);
        return page;
    }
    return addPage(
        new widgets::DataBrowser(widgets::portOf(m_services.engine), m_services.selection, dataset, this));
}

BrowsingPage* DocumentTabs::inspect(const QString& model)
{
    if (BrowsingPage* page = findPage(QStringLiteral("model"), model)) {
        setCurrentWidget(page);
        return page;
    }
    return addPage(new widgets::ModelInspector(widgets::portOf(m_services.engine), model, this));
}

BrowsingPage* DocumentTabs::findPage(const QString& kind, const QString& name) const
{
    for (BrowsingPage* page : pages()) {
        if (page->kind() == kind && page->name() == name)
            return page;
    }
    return nullptr;
}

BrowsingPage* DocumentTabs::addPage(BrowsingPage* page, bool front)
{
    page->setTheme(m_theme);
    page->setEngineProblem(engineProblem());
    page->setCatalogue(m_catalogue);
    const int index = addTab(page, m_theme.icon(page->kind(), m_theme.mutedText), page->title());
    setTabToolTip(index, page->title());
    connect(page, &BrowsingPage::titleChanged, this, [this, page] {
        setTabText(indexOf(page), page->title());
        setTabToolTip(indexOf(page), page->title());
    });
    if (front)
        setCurrentIndex(index);
    Q_EMIT documentsChanged();
    return page;
}

QString DocumentTabs::engineProblem() const
{
    const widgets::EngineClient& engine = m_services.engine;
    return engine.state() == widgets::EngineClient::State::Ready ? QString() : engine.problem();
}

void DocumentTabs::closeCurrent()
{
    close(currentIndex());
}

void DocumentTabs::closeRun(const QString& run)
{
    const QList<StudyDocument*> open = documents();
    for (StudyDocument* document : open) {
        if (document->runId() == run)
            close(indexOf(document));
    }
}

void DocumentTabs::setCatalogue(const widgets::Catalogue& catalogue)
{
    m_catalogue = catalogue;
    m_catalogueView->setCatalogue(catalogue);
    const QList<StudyDocument*> open = documents();
    for (StudyDocument* document : open)
        document->setCatalogue(catalogue);
    for (BrowsingPage* page : pages())
        page->setCatalogue(catalogue);
}

void DocumentTabs::setTheme(const widgets::Theme& theme)
{
    m_theme = theme;
    m_catalogueView->setTheme(theme);
    setTabIcon(indexOf(m_catalogueView), theme.icon(QStringLiteral("study"), theme.mutedText));
    const QList<StudyDocument*> open = documents();
    for (StudyDocument* document : open)
        document->setTheme(theme);
    for (BrowsingPage* page : pages()) {
        page->setTheme(theme);
        setTabIcon(indexOf(page), theme.icon(page->kind(), theme.mutedText));
    }
}

void DocumentTabs::save(SessionState& state) const
{
    state.current = 0;
    const auto next = [&state] { return int(state.documents.size() + state.pages.size()); };
    for (const StudyDocument* document : documents()) {
        state.documents.append({document->spec(), document->runId()});
        if (document == currentWidget())
            state.current = next();
    }
    for (const BrowsingPage* page : pages()) {
        state.pages.append({page->kind(), page->name()});
        if (page == currentWidget())
            state.current = next();
    }
}

void DocumentTabs::restore(const SessionState& state)
{
    for (const auto& item : state.documents) {
        StudyDocument* document = addDocument(item.spec);
        if (!item.run.isEmpty())
            document->openRun(item.run);
    }
    for (const auto& page : state.pages) {
        if (page.kind == QLatin1String("dataset"))
            browse(page.name);
        else if (page.kind == QLatin1String("model"))
            inspect(page.name);
        else if (page.kind == QLatin1String("report"))
            report(page.name);
        else if (page.kind == QLatin1String("compare"))
            compare(widgets::ComparePage::runsOf(page.name));
    }
    setCurrentIndex(qBound(0, state.current, count() - 1));
}

void DocumentTabs::close(int index)
{
    QWidget* tab = widget(index);
    if (!qobject_cast<StudyDocument*>(tab) && !qobject_cast<BrowsingPage*>(tab))
        return;
    // What cannot be written is not lost with its tab.
    if (auto* report = qobject_cast<widgets::ReportPage*>(tab); report && !settle(*report))
        return;
    removeTab(index);
    tab->deleteLater();
    Q_EMIT documentsChanged();
}

void DocumentTabs::updateTitle(StudyDocument* document)
{
    const int index = indexOf(document);
    QString title = document->title();
    setTabToolTip(index, document->runId().isEmpty() ? title : title + QLatin1Char('\n') + document->runId());
    if (document->isRunning())
        title.prepend(QStringLiteral("● "));
    setTabText(index, title);
}

} // namespace assay::workbench
