#include "app/workbench/shell/document_tabs.h"

#include "widgets/studies/catalogue_view.h"
#include "widgets/studies/study_document.h"

#include <QTabBar>

namespace assay::workbench {

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
}

void DocumentTabs::setTheme(const widgets::Theme& theme)
{
    m_theme = theme;
    m_catalogueView->setTheme(theme);
    setTabIcon(indexOf(m_catalogueView), theme.icon(QStringLiteral("study"), theme.mutedText));
    const QList<StudyDocument*> open = documents();
    for (StudyDocument* document : open)
        document->setTheme(theme);
}

QList<SessionState::Document> DocumentTabs::state() const
{
    QList<SessionState::Document> all;
    const QList<StudyDocument*> open = documents();
    for (const StudyDocument* document : open)
        all.append({document->spec(), document->runId()});
    return all;
}

void DocumentTabs::restore(const QList<SessionState::Document>& documents, int current)
{
    for (const auto& state : documents) {
        StudyDocument* document = addDocument(state.spec);
        if (!state.run.isEmpty())
            document->openRun(state.run);
    }
    setCurrentIndex(qBound(0, current, count() - 1));
}

void DocumentTabs::close(int index)
{
    auto* document = qobject_cast<StudyDocument*>(widget(index));
    if (!document)
        return;
    removeTab(index);
    document->deleteLater();
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
