#include "widgets/report/comparison/compare_header.h"

#include "widgets/engine/run_record.h"
#include "widgets/studies/text_kit.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QPainter>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace assay::widgets {

namespace {

QString runChoiceText(const RunEntry& run, const Catalogue& catalogue)
{
    const StudyEntry* study = catalogue.study(run.study);
    const QString title = !run.title.isEmpty() ? run.title : study ? study->title : run.study;
    return QStringLiteral("%1 · %2").arg(title, whenText(run.started));
}

} // namespace

CompareHeader::CompareHeader(int place, QWidget* parent)
    : QFrame(parent)
    , m_place(place)
    , m_colour(new QLabel(this))
    , m_name(new ElidedLabel("subtitle", this))
    , m_open(new QToolButton(this))
    , m_remove(new QToolButton(this))
    , m_choice(new QComboBox(this))
    , m_state(makeText("badge", {}, this))
    , m_facts(new ElidedLabel("muted", this))
    , m_problem(makeParagraph("problem", {}, this))
{
    const QString number = QString::number(place + 1);
    setObjectName(QStringLiteral("compareHeader-") + number);
    setProperty("kind", QStringLiteral("card"));
    m_name->setObjectName(QStringLiteral("compareName-") + number);
    m_state->setObjectName(QStringLiteral("compareState-") + number);
    m_problem->setObjectName(QStringLiteral("compareProblem-") + number);
    m_choice->setObjectName(QStringLiteral("compareRun-") + number);
    m_choice->setAccessibleName(tr("Run in column %1").arg(number));
    m_choice->setToolTip(tr("Choose another run for this column"));
    m_choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_choice->setMinimumContentsLength(8);
    m_choice->setMaxVisibleItems(20);
    const auto name = [](QToolButton* button, const QString& object, const QString& tip) {
        button->setObjectName(object);
        button->setToolTip(tip);
        button->setAccessibleName(tip);
        button->setAutoRaise(true);
    };
    name(m_open, QStringLiteral("compareOpen-") + number, tr("Open this run in a tab of its own"));
    name(m_remove, QStringLiteral("compareRemove-") + number, tr("Take this run out of the comparison"));

    const int em = fontMetrics().height();
    auto* top = new QHBoxLayout;
    top->setSpacing(em / 3);
    top->addWidget(m_colour);
    top->addWidget(m_name, 1);
    top->addWidget(m_open);
    top->addWidget(m_remove);
    auto* facts = new QHBoxLayout;
    facts->setSpacing(em / 3);
    facts->addWidget(m_state);
    facts->addWidget(m_facts, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(em * 2 / 3, em / 3, em / 3, em / 2);
    layout->setSpacing(em / 4);
    layout->addLayout(top);
    layout->addWidget(m_choice);
    layout->addLayout(facts);
    layout->addWidget(m_problem);
    layout->addStretch(1);
    connect(m_choice, &QComboBox::activated, this,
            [this] { Q_EMIT exchanged(m_choice->currentData().toString()); });
    connect(m_open, &QToolButton::clicked, this, &CompareHeader::opened);
    connect(m_remove, &QToolButton::clicked, this, &CompareHeader::removed);
}

void CompareHeader::fillChoice(const QString& run, const QList<RunEntry>& runs, const Catalogue& catalogue)
{
    const QSignalBlocker quiet(m_choice);
    const auto own = std::find_if(runs.begin(), runs.end(), [&](const auto& r) { return r.run == run; });
    const QString study = own == runs.end() ? QString() : own->study;
    // Runs of the same study are what it will most likely be exchanged for.
    QList<RunEntry> ordered = runs;
    std::stable_partition(ordered.begin(), ordered.end(), [&](const auto& r) { return r.study == study; });
    m_choice->clear();
    if (own == runs.end())
        m_choice->addItem(tr("%1 (not in this workspace)").arg(run), run);
    for (const RunEntry& entry : ordered) {
        m_choice->addItem(runChoiceText(entry, catalogue), entry.run);
        m_choice->setItemData(m_choice->count() - 1, entry.run, Qt::ToolTipRole);
    }
    m_choice->setCurrentIndex(m_choice->findData(run));
}

void CompareHeader::setRun(const ComparedRun& run, const QList<RunEntry>& runs, const Catalogue& catalogue)
{
    m_name->setWholeText(run.name);
    fillChoice(run.id, runs, catalogue);
    const auto own = std::find_if(runs.begin(), runs.end(), [&](const auto& r) { return r.run == run.id; });
    QStringList facts;
    QString state = own == runs.end() ? QString() : own->state;
    QString study = own == runs.end() ? QString() : own->study;
    if (run.record) {
        state = QString::fromLatin1(protocol::name(run.record->state()));
        study = QString::fromStdString(run.record->spec().study);
    }
    const StudyEntry* entry = catalogue.study(study);
    // What tells runs apart comes first: the end is cut off in narrow columns.
    if (own != runs.end() && own->started.isValid())
        facts << whenText(own->started);
    if (run.record)
        facts << tr("seed %1").arg(run.record->spec().seed);
    if (!study.isEmpty())
        facts << (entry ? entry->title : study);
    m_state->setText(stateText(state));
    m_state->setVisible(!state.isEmpty());
    setTextKind(m_state, state == QLatin1String("running") ? "badge-accent" : "badge");
    m_facts->setWholeText(facts.join(QStringLiteral(" · ")));
    m_facts->setVisible(!facts.isEmpty());
    setTextKind(m_problem, run.awaited ? "small" : "problem");
    m_problem->setText(run.problem);
    m_problem->setVisible(!run.problem.isEmpty());
    m_open->setEnabled(run.record != nullptr);
}

void CompareHeader::setRemovable(bool removable)
{
    m_remove->setVisible(removable);
}

void CompareHeader::setTheme(const Theme& theme)
{
    m_open->setIcon(theme.icon(QStringLiteral("link"), theme.mutedText));
    m_remove->setIcon(theme.icon(QStringLiteral("close"), theme.mutedText));
    const int side = fontMetrics().height() * 2 / 3;
    const double ratio = devicePixelRatioF();
    QPixmap disc(QSize(side, side) * ratio);
    disc.setDevicePixelRatio(ratio);
    disc.fill(Qt::transparent);
    QPainter painter(&disc);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.role(QStringLiteral("series:%1:0").arg(m_place)));
    painter.drawEllipse(QRectF(0, 0, side, side));
    painter.end();
    m_colour->setPixmap(disc);
}

} // namespace assay::widgets
