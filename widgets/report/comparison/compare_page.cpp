#include "widgets/report/comparison/compare_page.h"

#include "backend/protocol/error.h"
#include "widgets/engine/engine_client.h"
#include "widgets/engine/run_record.h"
#include "widgets/report/comparison/compare_header.h"
#include "widgets/report/comparison/compare_results.h"
#include "widgets/report/editor/engine_runs.h"
#include "widgets/studies/evidence.h"
#include "widgets/studies/figure_saver.h"
#include "widgets/studies/file_dialogs.h"
#include "widgets/studies/run_export.h"
#include "widgets/studies/text_kit.h"

#include <QHBoxLayout>
#include <QMenu>
#include <QScrollBar>
#include <QSet>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace assay::widgets {

namespace {

/// More columns than these cannot be read.
constexpr qsizetype kMostCompared = 6;
constexpr int kMostOffered = 30;

} // namespace

ComparePage::ComparePage(const Services& services, const QString& workspace, const QStringList& runs,
                         QWidget* parent)
    : BrowsingPage(QStringLiteral("compare"), nameOf(runs.mid(0, kMostCompared)), parent)
    , m_services(services)
    , m_source(new EngineRuns(services.engine, workspace, this))
    , m_saver(new FigureSaver(services.dialogs, this))
    , m_headerBar(new QWidget(this))
    , m_results(new CompareResults(services, this))
{
    setObjectName(QStringLiteral("comparePage"));
    for (const QString& id : runs.mid(0, kMostCompared))
        m_shown.append({id, {}, nullptr, {}, true});
    const int em = fontMetrics().height();
    auto* headers = new QHBoxLayout(m_headerBar);
    headers->setContentsMargins(em, 0, em / 2, em / 4);
    headers->setSpacing(em * 3 / 4);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(em / 4);
    layout->addWidget(makeBar());
    layout->addWidget(m_headerBar);
    layout->addWidget(m_results, 1);
    m_refreshing.setSingleShot(true);
    connect(&m_refreshing, &QTimer::timeout, this, &ComparePage::refresh);
    const auto later = [this] {
        m_stale = true;
        if (isVisible())
            m_refreshing.start(0);
    };
    connect(m_source, &EngineRuns::changed, this, later);
    connect(&services.engine, &EngineClient::runsChanged, this, later);
    connect(m_saver, &FigureSaver::noticed, this, &ComparePage::noticed);
    connect(m_results, &CompareResults::figureExportRequested, this, &ComparePage::exportFigure);
    connect(m_results, &CompareResults::tableExportRequested, this, &ComparePage::exportTable);
    showHeaders();
}

ComparePage::~ComparePage()
{
    m_source->disconnect(this);
}

QWidget* ComparePage::makeBar()
{
    auto* bar = new QWidget(this);
    m_heading = new ElidedLabel("title", bar);
    m_heading->setObjectName(QStringLiteral("compareTitle"));
    const auto button = [bar](const char* name, const QString& text, const QString& tip) {
        auto* made = new QToolButton(bar);
        made->setObjectName(QString::fromLatin1(name));
        made->setText(text);
        made->setToolTip(tip);
        made->setProperty("kind", QStringLiteral("outlined"));
        made->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        return made;
    };
    m_add = button("compareAdd", tr("Add a run"), tr("Compare with one more run"));
    m_add->setPopupMode(QToolButton::InstantPopup);
    m_add->setMenu(new QMenu(m_add));
    connect(m_add->menu(), &QMenu::aboutToShow, this, &ComparePage::fillAddMenu);
    m_report = button("compareToReport", tr("Add to report"), tr("Put this comparison into a report"));
    connect(m_report, &QToolButton::clicked, this,
            [this] { Q_EMIT blockOffered(comparisonBlock(m_shown), m_report); });
    const int em = fontMetrics().height();
    auto* layout = new QHBoxLayout(bar);
    layout->setContentsMargins(em, em / 2, em, 0);
    layout->setSpacing(em / 2);
    layout->addWidget(m_heading, 1);
    layout->addWidget(m_add);
    layout->addWidget(m_report);
    return bar;
}

QString ComparePage::title() const
{
    QSet<QString> studies;
    for (const ComparedRun& run : m_shown) {
        if (run.record)
            studies.insert(QString::fromStdString(run.record->spec().study));
    }
    const StudyEntry* study = studies.size() == 1 ? m_catalogue.study(*studies.begin()) : nullptr;
    return study ? tr("%1 runs: %2").arg(m_shown.size()).arg(study->title)
                 : tr("%1 runs compared").arg(m_shown.size());
}

QStringList ComparePage::runIds() const
{
    QStringList ids;
    for (const ComparedRun& run : m_shown)
        ids << run.id;
    return ids;
}

QVector<std::shared_ptr<RunRecord>> ComparePage::records() const
{
    QVector<std::shared_ptr<RunRecord>> all;
    for (const ComparedRun& run : m_shown)
        all << run.record;
    return all;
}

void ComparePage::setCatalogue(const Catalogue& catalogue)
{
    m_catalogue = catalogue;
    showHeaders();
    Q_EMIT titleChanged();
}

void ComparePage::setTheme(const Theme& theme)
{
    m_theme = theme;
    m_add->setIcon(theme.icon(QStringLiteral("plus"), theme.mutedText));
    m_report->setIcon(theme.icon(QStringLiteral("report-add"), theme.mutedText));
    for (CompareHeader* header : std::as_const(m_headers))
        header->setTheme(theme);
    m_results->setTheme(theme);
}

void ComparePage::setEngineProblem(const QString&)
{
    // Which run waits for the engine is said in its column.
    m_refreshing.start(0);
}

void ComparePage::fillAddMenu()
{
    QMenu* menu = m_add->menu();
    menu->clear();
    QList<RunEntry> runs = readRuns(m_services.engine.runs());
    QSet<QString> studies;
    for (const ComparedRun& run : m_shown) {
        if (run.record)
            studies.insert(QString::fromStdString(run.record->spec().study));
    }
    std::stable_partition(runs.begin(), runs.end(), [&](const auto& r) { return studies.contains(r.study); });
    int offered = 0;
    for (const RunEntry& run : std::as_const(runs)) {
        if (runIds().contains(run.run) || ++offered > kMostOffered)
            continue;
        const StudyEntry* study = m_catalogue.study(run.study);
        const QString what = !run.title.isEmpty() ? run.title : study ? study->title : run.study;
        menu->addAction(QStringLiteral("%1 · %2").arg(what, whenText(run.started)), this,
                        [this, id = run.run] { setRun(int(m_shown.size()), id); });
    }
    if (menu->isEmpty())
        menu->addAction(tr("There is no other run"))->setEnabled(false);
}

void ComparePage::setRun(int place, const QString& run)
{
    QStringList ids = runIds();
    if (place < 0 || place > ids.size() || place >= kMostCompared)
        return;
    if (place == ids.size())
        ids << run;
    else
        ids[place] = run;
    take(ids);
}

void ComparePage::removeRun(int place)
{
    QStringList ids = runIds();
    if (ids.size() <= 2 || place < 0 || place >= ids.size())
        return;
    ids.removeAt(place);
    take(ids);
}

void ComparePage::take(const QStringList& runs)
{
    if (runs == runIds())
        return;
    m_shown.clear();
    for (const QString& id : runs)
        m_shown.append({id, {}, nullptr, {}, true});
    rename(nameOf(runs));
    refresh();
    Q_EMIT runsChanged();
}

void ComparePage::refresh()
{
    m_stale = false;
    for (ComparedRun& run : m_shown) {
        run.record = nullptr;
        run.problem.clear();
        run.awaited = !m_source->missing({run.id}).isEmpty();
        try {
            QString notice;
            run.record = m_source->run(run.id, notice);
            run.problem = notice;
        } catch (const std::exception& error) {
            run.problem =
                m_source->isReady() && !run.awaited && !m_source->index().contains(run.id)
                    ? tr("Run %1 is not in this workspace any more. Choose another above.").arg(run.id)
                    : QString::fromUtf8(error.what());
        }
    }
    m_source->release();
    const QStringList names = comparedNames(records());
    for (qsizetype k = 0; k < m_shown.size(); ++k)
        m_shown[k].name = names[k];
    const bool reading =
        std::any_of(m_shown.begin(), m_shown.end(), [](const ComparedRun& run) { return run.awaited; });
    m_comparison = reading ? RunComparison() : compareRuns(records(), names);
    showHeaders();
    m_results->setComparison(m_shown, m_comparison, haveOneDataset());
    Q_EMIT titleChanged();
}

void ComparePage::showHeaders()
{
    const QList<RunEntry> runs = readRuns(m_services.engine.runs());
    while (m_headers.size() > m_shown.size())
        delete m_headers.takeLast();
    while (m_headers.size() < m_shown.size()) {
        const int place = int(m_headers.size());
        auto* header = new CompareHeader(place, m_headerBar);
        header->setTheme(m_theme);
        m_headerBar->layout()->addWidget(header);
        // The run is chosen in the header that is taken down: not while it says so.
        connect(
            header, &CompareHeader::exchanged, this,
            [this, place](const QString& run) { setRun(place, run); }, Qt::QueuedConnection);
        connect(
            header, &CompareHeader::removed, this, [this, place] { removeRun(place); }, Qt::QueuedConnection);
        connect(header, &CompareHeader::opened, this, [this, place] { Q_EMIT runOpened(m_shown[place].id); });
        m_headers << header;
    }
    auto* layout = static_cast<QHBoxLayout*>(m_headerBar->layout());
    for (qsizetype k = 0; k < m_shown.size(); ++k) {
        layout->setStretch(int(k), 1);
        m_headers[k]->setRun(m_shown[k], runs, m_catalogue);
        m_headers[k]->setRemovable(m_shown.size() > 2);
        m_headers[k]->setMinimumWidth(1); // equal widths, as the columns below have
    }
    static_cast<ElidedLabel*>(m_heading)->setWholeText(title());
    m_add->setEnabled(m_shown.size() < kMostCompared);
    m_report->setEnabled(std::any_of(m_shown.begin(), m_shown.end(),
                                     [](const ComparedRun& run) { return run.record != nullptr; }));
    placeHeaders();
}

void ComparePage::placeHeaders()
{
    // Above the columns of the page, whose scroll bar takes some of the width.
    const int em = fontMetrics().height();
    m_headerBar->layout()->setContentsMargins(
        em, 0, em / 2 + m_results->verticalScrollBar()->sizeHint().width(), em / 4);
}

void ComparePage::showEvent(QShowEvent* event)
{
    BrowsingPage::showEvent(event);
    if (m_stale)
        m_refreshing.start(0);
}

void ComparePage::resizeEvent(QResizeEvent* event)
{
    BrowsingPage::resizeEvent(event);
    placeHeaders();
}

bool ComparePage::haveOneDataset() const
{
    return compareOneDataset(records());
}

void ComparePage::exportFigure(int run, const QString& name)
{
    if (run >= 0) {
        const auto record = m_shown.value(run).record;
        if (const auto figure = record ? valueOf(record->figures(), name) : nullptr)
            m_saver->save(figure, makeEvidence(*record, *figure), m_theme);
        return;
    }
    for (const auto& overlay : m_comparison.overlays) {
        if (QString::fromStdString(overlay->name) == name)
            m_saver->save(overlay, comparisonEvidence(records(), *overlay), m_theme);
    }
}

void ComparePage::exportTable(const QString& name)
{
    for (const auto& table : {m_comparison.parameters, m_comparison.metrics}) {
        if (!table || QString::fromStdString(table->name) != name)
            continue;
        m_services.dialogs.saveFile(
            this, tr("Save the table"), name + QStringLiteral(".csv"), tr("CSV (*.csv)"),
            [this, table](const QString& path) {
                try {
                    saveTable(*table, path);
                    Q_EMIT noticed(QStringLiteral("good"), tr("Table written to %1.").arg(path));
                } catch (const Error& error) {
                    Q_EMIT noticed(QStringLiteral("bad"), QString::fromUtf8(error.what()));
                }
            });
    }
}

} // namespace assay::widgets
