#include "widgets/studies/study_document.h"

#include "widgets/engine/engine_client.h"
#include "widgets/figures/mark_pick.h"
#include "widgets/studies/figure_saver.h"
#include "widgets/studies/live_bar.h"
#include "widgets/studies/metrics_strip.h"
#include "widgets/studies/results_view.h"
#include "widgets/studies/run_header.h"
#include "widgets/studies/setup_panel.h"
#include "widgets/studies/welcome_page.h"

#include <QHBoxLayout>
#include <QSplitter>
#include <QStackedWidget>
#include <QTimer>

#include <utility>

namespace assay::widgets {

using protocol::RunState;

StudyDocument::StudyDocument(const Services& services, const protocol::RunSpec& spec, QWidget* parent)
    : QWidget(parent)
    , m_services(services)
    , m_studyId(QString::fromStdString(spec.study))
    , m_initial(spec)
    , m_saver(new FigureSaver(services.dialogs, this))
    , m_splitter(new QSplitter(Qt::Horizontal, this))
    , m_setup(new SetupPanel(m_splitter))
    , m_pages(new QStackedWidget(m_splitter))
    , m_welcome(new WelcomePage(m_pages))
    , m_results(new ResultsView(services, m_pages))
    , m_header(new RunHeader(m_results))
    , m_live(new LiveBar(m_results))
    , m_metrics(new MetricsStrip(m_results))
{
    setObjectName(QStringLiteral("document-") + m_studyId);
    build();
    buildExportMenu();

    EngineClient* engine = &services.engine;
    connect(engine, &EngineClient::stateChanged, this, &StudyDocument::updateBlocked);
    connect(engine, &EngineClient::stateChanged, this, &StudyDocument::openWanted);
    connect(engine, &EngineClient::replayFinished, this, [this](const QString& run, const QString& notice) {
        if (run != runId())
            return;
        if (!notice.isEmpty())
            Q_EMIT noticed(QStringLiteral("warning"), notice);
        updateState();
        takeVerdict();
    });
    connect(m_setup, &SetupPanel::runRequested, this, &StudyDocument::run);
    connect(m_saver, &FigureSaver::noticed, this, &StudyDocument::noticed);
    connect(m_header, &RunHeader::cancelRequested, this, &StudyDocument::cancel);
    connect(m_results, &ResultsView::figureExportRequested, this, &StudyDocument::exportFigure);
    connect(m_results, &ResultsView::tableExportRequested, this, &StudyDocument::exportTable);
    connect(m_results, &ResultsView::reportRequested, this, &StudyDocument::resultReportRequested);
    connect(m_header, &RunHeader::reportRequested, this, &StudyDocument::runReportRequested);
    connect(m_results, &ResultsView::picked, this, [this](const Json& params) {
        if (!m_live->isHidden())
            m_live->change(params);
    });
    connect(m_results, &ResultsView::sceneEdited, this, &StudyDocument::editScene);
    connect(m_results, &ResultsView::patchKeepRequested, this, &StudyDocument::keepPatch);
    connect(m_results, &ResultsView::patchPrintRequested, this, &StudyDocument::printPatch);
    connect(m_results, &ResultsView::pictureSaveRequested, this, &StudyDocument::savePicture);
    connect(m_live, &LiveBar::previewRequested, this,
            [this](const Json& params) { m_services.engine.preview(runId(), params); });
    connect(m_live, &LiveBar::restored, this, [this] { m_services.engine.endPreview(runId()); });
    m_metrics->setTitles([this](const QString& name) {
        const ModelEntry* model = m_catalogue.model(name);
        return model ? model->title : QString();
    });
    updateBlocked();
}

StudyDocument::~StudyDocument() = default;

void StudyDocument::build()
{
    m_pages->addWidget(m_welcome);
    m_pages->addWidget(m_results);
    m_results->setTop({m_header, m_metrics, m_live});
    m_metrics->hide();
    m_live->hide();
    m_splitter->setObjectName(QStringLiteral("documentSplitter"));
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(m_setup);
    m_splitter->addWidget(m_pages);
    m_splitter->setStretchFactor(0, 0);
    m_splitter->setStretchFactor(1, 1);
    const int em = fontMetrics().height();
    m_setup->setMaximumWidth(36 * em);
    m_pages->setMinimumWidth(22 * em);
    m_splitter->setSizes({21 * em, 60 * em});
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_splitter);
}

QString StudyDocument::runId() const
{
    return m_record ? m_record->id() : m_wanted;
}

QString StudyDocument::title() const
{
    if (m_record && !m_record->spec().title.empty())
        return QString::fromStdString(m_record->spec().title);
    return m_study.title.isEmpty() ? m_studyId : m_study.title;
}

protocol::RunSpec StudyDocument::spec() const
{
    return m_study.id.isEmpty() ? m_initial : m_setup->spec();
}

QUndoStack* StudyDocument::undoStack() const
{
    return m_setup->undoStack();
}

bool StudyDocument::isRunning() const
{
    return m_record && !isFinal(m_record->state());
}

void StudyDocument::setCatalogue(const Catalogue& catalogue)
{
    m_catalogue = catalogue;
    const StudyEntry* study = catalogue.study(m_studyId);
    if (study) {
        const bool first = m_study.id.isEmpty();
        const bool same = !first && m_study.schema == study->schema;
        m_study = *study;
        m_setup->setStudy(m_study, catalogue);
        m_welcome->setStudy(m_study);
        if (!same)
            m_live->setSchema(m_study.schema, catalogue.choices());
        if (first)
            m_setup->setSpec(m_initial);
        Q_EMIT titleChanged();
    }
    updateBlocked();
    updateState();
}

void StudyDocument::setTheme(const Theme& theme)
{
    m_theme = theme;
    m_setup->setTheme(theme);
    m_header->setTheme(theme);
    m_results->setTheme(theme);
}

void StudyDocument::openRun(const QString& run)
{
    m_wanted = run;
    m_formTaken = false;
    openWanted();
}

void StudyDocument::openWanted()
{
    // A session is restored before the engine is started, which would refuse to replay anything.
    if (m_wanted.isEmpty() || m_services.engine.state() == EngineClient::State::Stopped)
        return;
    showRecord(m_services.engine.record(std::exchange(m_wanted, {})));
}

void StudyDocument::repeat()
{
    m_runWhenReady = true;
    updateBlocked();
}

void StudyDocument::run()
{
    if (m_starting || isRunning() || !m_setup->canRun())
        return;
    m_runWhenReady = false;
    m_starting = true;
    updateBlocked();
    m_services.engine.startRun(m_setup->spec(), this, [this](const protocol::Reply& reply) {
        m_starting = false;
        const auto run = reply.ok ? reply.result.find("run") : reply.result.end();
        if (reply.ok && run != reply.result.end() && run->is_string()) {
            m_formTaken = true;
            showRecord(m_services.engine.record(QString::fromStdString(run->get<std::string>())));
        } else {
            const QString why = QString::fromStdString(reply.error);
            Q_EMIT noticed(QStringLiteral("bad"),
                           why.isEmpty() ? tr("The engine did not start the run and gave no reason.") : why);
        }
        updateBlocked();
    });
}

void StudyDocument::cancel()
{
    if (isRunning())
        m_services.engine.cancelRun(runId());
}

void StudyDocument::verify(const Claim& claim)
{
    m_claim = claim;
    takeVerdict();
}

void StudyDocument::setHint(const QString& hint)
{
    m_welcome->setHint(hint);
}

void StudyDocument::setSetupVisible(bool visible)
{
    m_setup->setVisible(visible);
}

bool StudyDocument::isSetupVisible() const
{
    return m_setup->isVisibleTo(this);
}

void StudyDocument::showRecord(std::shared_ptr<RunRecord> record)
{
    if (m_record)
        disconnect(m_record.get(), nullptr, this, nullptr);
    m_record = std::move(record);
    m_results->setRecord(m_record);
    m_live->hide();
    if (m_record) {
        connect(m_record.get(), &RunRecord::stateChanged, this, &StudyDocument::updateState);
        connect(m_record.get(), &RunRecord::progressChanged, this,
                [this] { m_header->setProgress(m_record->progress()); });
        connect(m_record.get(), &RunRecord::metricAdded, this, &StudyDocument::updateMetrics);
        connect(m_record.get(), &RunRecord::figureChanged, this, &StudyDocument::updateOffered);
        connect(m_record.get(), &RunRecord::previewSettled, this, [this] { m_live->takeAnswer(); });
        m_header->setProgress(m_record->progress());
        m_pages->setCurrentWidget(m_results);
    } else {
        m_pages->setCurrentWidget(m_welcome);
    }
    updateMetrics();
    updateState();
    takeVerdict();
    Q_EMIT runChanged();
}

void StudyDocument::updateState()
{
    if (!m_record)
        return;
    m_header->setRun(*m_record, m_study.title.isEmpty() ? m_studyId : m_study.title);
    const bool known = !m_record->spec().study.empty();
    if (known && !m_formTaken && !m_study.id.isEmpty()) {
        m_formTaken = true;
        m_setup->setSpec(m_record->spec());
    }
    const bool live = m_record->state() == RunState::Finished && m_study.previews && m_study.hasLiveFields();
    if (live && known && m_live->isHidden()) {
        m_live->setStored(m_record->spec().params);
        m_live->show();
        updateOffered();
    }
    updateLive();
    if (isFinal(m_record->state()))
        QTimer::singleShot(0, this, &StudyDocument::takeVerdict);
    updateBlocked();
    Q_EMIT titleChanged();
}

void StudyDocument::updateBlocked()
{
    QString reason;
    if (m_services.engine.state() != EngineClient::State::Ready) {
        reason = m_services.engine.problem();
        if (reason.isEmpty())
            reason = tr("The engine is starting.");
    } else if (m_study.id.isEmpty()) {
        reason = m_catalogue.studies.isEmpty()
                     ? tr("Waiting for the catalogue of studies.")
                     : tr("This engine does not know the study “%1”.").arg(m_studyId);
    } else if (m_starting || isRunning()) {
        reason = tr("Running. The parameters may already be set for the next run.");
    }
    m_setup->setBlocked(reason);
    const bool formReady = m_wanted.isEmpty() && (!m_record || m_formTaken);
    if (m_runWhenReady && reason.isEmpty() && formReady && m_setup->canRun())
        QMetaObject::invokeMethod(this, &StudyDocument::run, Qt::QueuedConnection);
}

void StudyDocument::updateMetrics()
{
    m_metrics->setMetrics(m_record ? m_record->metrics() : std::vector<protocol::Metric>());
}

void StudyDocument::updateOffered()
{
    if (!m_record || m_live->isHidden())
        return;
    std::map<std::string, std::vector<Json>> offered;
    for (const auto& figure : m_record->figures())
        offered.merge(pickableNames(*figure.value));
    m_live->setOffered(std::move(offered));
    std::map<std::string, std::vector<double>> frames;
    for (const auto& figure : m_record->figures())
        frames.merge(pickableNumbers(*figure.value));
    m_live->setFrames(std::move(frames));
}

void StudyDocument::takeVerdict()
{
    if (!m_claim || !m_record || m_record->state() != RunState::Finished || m_record->figures().empty())
        return;
    const Verdict verdict = compare(*std::exchange(m_claim, {}), *m_record);
    Q_EMIT noticed(verdict.same ? QStringLiteral("good") : QStringLiteral("warning"), verdict.sentence);
}

std::optional<Json> StudyDocument::previewParams() const
{
    if (m_record && m_record->isPreviewing())
        return m_live->values();
    return std::nullopt;
}

} // namespace assay::widgets
