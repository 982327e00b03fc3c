#include "widgets/studies/run_header.h"

#include "widgets/engine/json_read.h"
#include "widgets/engine/run_record.h"
#include "widgets/jobs/duration_text.h"
#include "widgets/studies/text_kit.h"

#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLocale>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace assay::widgets {

using protocol::RunState;

namespace {

struct RunHeaderWords
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::RunHeader)
};

QString amount(double value)
{
    return QLocale().toString(qint64(value + 0.5));
}

} // namespace

QString progressText(const protocol::Progress& progress)
{
    QStringList parts;
    if (!progress.stage.empty())
        parts << QString::fromStdString(progress.stage);
    if (progress.total > 0)
        parts << RunHeaderWords::tr("%1 of %2").arg(amount(progress.done), amount(progress.total));
    else if (progress.done > 0)
        parts << amount(progress.done);
    if (progress.done > 0 && progress.seconds > 0.2) {
        const double rate = progress.done / progress.seconds;
        parts << (rate >= 10 ? RunHeaderWords::tr("%1 per second").arg(amount(rate))
                             : RunHeaderWords::tr("%1 per second").arg(rate, 0, 'f', 1));
        if (progress.total > progress.done)
            parts << RunHeaderWords::tr("%1 left").arg(durationText((progress.total - progress.done) / rate));
    }
    return parts.join(QStringLiteral(" · "));
}

RunHeader::RunHeader(QWidget* parent)
    : QWidget(parent)
    , m_title(new ElidedLabel("title", this))
    , m_state(makeText("badge", {}, this))
    , m_facts(new ElidedLabel("muted", this))
    , m_error(makeParagraph("problem", {}, this))
    , m_bar(new QProgressBar(this))
    , m_progress(new ElidedLabel("muted", this))
    , m_cancel(new QPushButton(tr("Cancel"), this))
    , m_report(new QToolButton(this))
    , m_export(new QToolButton(this))
    , m_exportMenu(new QMenu(this))
{
    setObjectName(QStringLiteral("runHeader"));
    m_title->setObjectName(QStringLiteral("runTitle"));
    m_state->setObjectName(QStringLiteral("runState"));
    m_error->setObjectName(QStringLiteral("runError"));
    m_progress->setObjectName(QStringLiteral("runProgress"));
    m_cancel->setObjectName(QStringLiteral("cancelButton"));
    m_export->setObjectName(QStringLiteral("exportMenuButton"));
    m_bar->setAccessibleName(tr("Progress of the run"));
    m_bar->setTextVisible(false);
    m_bar->setRange(0, 1000);
    m_report->setObjectName(QStringLiteral("runReportButton"));
    m_report->setText(tr("Report"));
    m_report->setToolTip(tr("Add the run to a report: everything, or its summary"));
    m_report->setAccessibleName(tr("Add the run to a report"));
    m_report->setProperty("kind", QStringLiteral("outlined"));
    m_report->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_export->setText(tr("Export"));
    m_export->setToolTip(tr("Export figures, tables and the run's specification"));
    m_export->setProperty("kind", QStringLiteral("outlined"));
    m_export->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_export->setPopupMode(QToolButton::InstantPopup);
    m_export->setMenu(m_exportMenu);

    const int em = fontMetrics().height();
    auto* top = new QHBoxLayout;
    top->setSpacing(em / 2);
    top->addWidget(m_title, 1);
    top->addWidget(m_state, 0, Qt::AlignVCenter);
    top->addWidget(m_cancel);
    top->addWidget(m_report);
    top->addWidget(m_export);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(em / 4);
    layout->addLayout(top);
    layout->addWidget(m_facts);
    layout->addWidget(m_error);
    layout->addWidget(m_bar);
    layout->addWidget(m_progress);
    connect(m_cancel, &QPushButton::clicked, this, &RunHeader::cancelRequested);
    connect(m_report, &QToolButton::clicked, this, [this] { Q_EMIT reportRequested(m_report); });
}

void RunHeader::setRun(const RunRecord& run, const QString& studyTitle)
{
    const auto& spec = run.spec();
    m_title->setWholeText(spec.title.empty() ? studyTitle : QString::fromStdString(spec.title));
    const QString state = QString::fromLatin1(protocol::name(run.state()));
    m_state->setText(stateText(state));
    setTextKind(m_state, isFinal(run.state()) ? "badge" : "badge-accent");

    QStringList facts;
    if (!spec.title.empty())
        facts << studyTitle;
    facts << tr("seed %1").arg(spec.seed)
          << textOf(run.provenance(), "device", QString::fromStdString(spec.device));
    if (const double seconds = numberOf(run.provenance(), "seconds"); seconds > 0)
        facts << durationText(seconds);
    facts << run.id();
    m_facts->setWholeText(facts.join(QStringLiteral(" · ")));
    m_error->setText(run.error());
    m_error->setVisible(!run.error().isEmpty());

    const bool active = !isFinal(run.state());
    m_bar->setVisible(active);
    m_progress->setVisible(active);
    m_cancel->setVisible(active);
    m_cancel->setEnabled(run.state() != RunState::Cancelling);
    m_export->setVisible(!run.figures().empty() || !run.tables().empty());
    m_report->setVisible(!active && !run.spec().study.empty());
}

void RunHeader::setProgress(const protocol::Progress& progress)
{
    m_bar->setRange(0, progress.total > 0 ? 1000 : 0);
    if (progress.total > 0)
        m_bar->setValue(int(1000 * progress.done / progress.total));
    m_progress->setWholeText(progressText(progress));
}

void RunHeader::setTheme(const Theme& theme)
{
    m_export->setIcon(theme.icon(QStringLiteral("export")));
    m_report->setIcon(theme.icon(QStringLiteral("report-add")));
}

} // namespace assay::widgets
