#include "widgets/report/editor/report_start.h"

#include "widgets/studies/text_kit.h"

#include <QDateTime>
#include <QPushButton>
#include <QVBoxLayout>

#include <utility>

namespace assay::widgets {

namespace {

constexpr int kRunsOffered = 4;

} // namespace

QString runLine(const RunEntry& run, const Catalogue& catalogue)
{
    const StudyEntry* study = catalogue.study(run.study);
    const QString title = study ? study->title : run.study;
    QStringList parts{run.title.isEmpty() ? title : run.title};
    if (const QString when = whenText(run.started, QDateTime::currentDateTime()); !when.isEmpty())
        parts << when;
    return parts.join(QStringLiteral(" · "));
}

ReportStart::ReportStart(QWidget* parent)
    : QWidget(parent)
    , m_layout(new QVBoxLayout(this))
    , m_runs(new QVBoxLayout)
{
    setObjectName(QStringLiteral("reportStart"));
    const int em = fontMetrics().height();
    m_layout->setContentsMargins(0, em, 0, em);
    m_layout->setSpacing(em / 2);
    m_layout->addWidget(makeText("subtitle", tr("This report is empty"), this));
    m_layout->addWidget(
        makeParagraph("muted",
                      tr("Open a run and press the report button of a figure, a table or a gallery, or the "
                         "one beside the run's title for all of them. Write notes between them, drag them "
                         "into order, and export the whole as a page, a PDF or LaTeX. Everything is saved by "
                         "itself and can be undone."),
                      this));
    auto* note = new QPushButton(tr("Write a note"), this);
    note->setObjectName(QStringLiteral("startNote"));
    m_layout->addWidget(note, 0, Qt::AlignLeft);
    m_layout->addSpacing(em / 2);
    m_runs->setSpacing(em / 3);
    m_layout->addLayout(m_runs);
    connect(note, &QPushButton::clicked, this, &ReportStart::noteRequested);
}

void ReportStart::setRuns(const QList<RunEntry>& runs, const Catalogue& catalogue)
{
    for (QWidget* old : std::exchange(m_buttons, {})) {
        old->hide();
        old->deleteLater();
    }
    for (const RunEntry& run : runs) {
        if (run.state != QLatin1String("finished") || m_buttons.size() > kRunsOffered)
            continue;
        if (m_buttons.isEmpty()) {
            m_buttons << makeText("heading", tr("Begin with everything of a run"), this);
            m_runs->addWidget(m_buttons.last());
        }
        auto* button = new QPushButton(runLine(run, catalogue), this);
        button->setProperty("kind", QStringLiteral("flat"));
        button->setObjectName(QStringLiteral("startRun"));
        connect(button, &QPushButton::clicked, this, [this, id = run.run] { Q_EMIT runChosen(id); });
        m_buttons << button;
        m_runs->addWidget(button, 0, Qt::AlignLeft);
    }
    updateGeometry();
}

int ReportStart::heightForWidth(int width) const
{
    return m_layout->heightForWidth(width);
}

} // namespace assay::widgets
