#include "widgets/studies/setup_panel.h"

#include "widgets/studies/text_kit.h"
#include "widgets/theme/theme.h"

#include <QComboBox>
#include <QEvent>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QRandomGenerator>
#include <QRegularExpressionValidator>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace assay::widgets {

SetupPanel::SetupPanel(QWidget* parent)
    : QWidget(parent)
    , m_title(makeParagraph("subtitle", {}, this))
    , m_question(makeParagraph("muted", {}, this))
    , m_form(new SchemaForm(this))
    , m_name(new QLineEdit(this))
    , m_seed(new QLineEdit(QStringLiteral("0"), this))
    , m_newSeed(new QToolButton(this))
    , m_device(new QComboBox(this))
    , m_problem(makeParagraph("muted", {}, this))
    , m_run(new QPushButton(tr("Run"), this))
{
    setObjectName(QStringLiteral("setupPanel"));
    setProperty("kind", QStringLiteral("panel"));
    setAttribute(Qt::WA_StyledBackground);
    m_form->setObjectName(QStringLiteral("studyForm"));
    m_name->setObjectName(QStringLiteral("runName"));
    m_name->setAccessibleName(tr("Title of the run"));
    m_name->setPlaceholderText(tr("optional"));
    m_seed->setObjectName(QStringLiteral("seed"));
    m_seed->setAccessibleName(tr("Seed"));
    m_seed->setToolTip(tr("The same seed gives the same digits, here and on the command line"));
    m_seed->setValidator(
        new QRegularExpressionValidator(QRegularExpression(QStringLiteral("\\d{1,19}")), m_seed));
    m_newSeed->setObjectName(QStringLiteral("newSeed"));
    m_newSeed->setAccessibleName(tr("Draw another seed"));
    m_newSeed->setToolTip(tr("Draw another seed"));
    m_device->setObjectName(QStringLiteral("device"));
    m_device->setAccessibleName(tr("Device"));
    m_device->addItem(tr("automatic"), QStringLiteral("auto"));
    m_problem->setObjectName(QStringLiteral("runBlocked"));
    m_run->setObjectName(QStringLiteral("runButton"));
    m_run->setProperty("kind", QStringLiteral("primary"));
    m_run->setToolTip(tr("Run this study (Ctrl+R)"));

    const int em = fontMetrics().height();
    auto* scroll = m_scroll = new QScrollArea(this);
    scroll->setObjectName(QStringLiteral("setupScroll"));
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* contents = new QWidget(scroll);
    contents->setObjectName(QStringLiteral("scrollContents"));
    auto* inner = new QVBoxLayout(contents);
    inner->setContentsMargins(em, em, em, em);
    inner->setSpacing(em / 2);
    inner->addWidget(m_title);
    inner->addWidget(m_question);
    inner->addSpacing(em / 2);
    inner->addWidget(m_form);
    inner->addStretch(1);
    scroll->setWidget(contents);
    contents->installEventFilter(this);

    auto* line = new QFrame(this);
    line->setProperty("kind", QStringLiteral("line"));
    auto* seedRow = new QHBoxLayout;
    seedRow->setSpacing(em / 4);
    seedRow->addWidget(m_seed, 1);
    seedRow->addWidget(m_newSeed);
    auto* fields = new QFormLayout;
    fields->setHorizontalSpacing(em);
    fields->setVerticalSpacing(em / 3);
    fields->addRow(tr("Title"), m_name);
    fields->addRow(tr("Seed"), seedRow);
    fields->addRow(tr("Device"), m_device);
    auto* foot = new QVBoxLayout;
    foot->setContentsMargins(em, em / 2, em, em);
    foot->setSpacing(em / 2);
    foot->addLayout(fields);
    foot->addWidget(m_problem);
    foot->addWidget(m_run);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(scroll, 1);
    layout->addWidget(line);
    layout->addLayout(foot);

    connect(m_run, &QPushButton::clicked, this, &SetupPanel::runRequested);
    connect(m_form, &SchemaForm::edited, this, [this] {
        updateRun();
        Q_EMIT edited();
    });
    connect(m_form, &SchemaForm::validityChanged, this, &SetupPanel::updateRun);
    connect(m_seed, &QLineEdit::textChanged, this, &SetupPanel::updateRun);
    connect(m_seed, &QLineEdit::textEdited, this, &SetupPanel::edited);
    connect(m_name, &QLineEdit::textEdited, this, &SetupPanel::edited);
    connect(m_device, &QComboBox::activated, this, &SetupPanel::edited);
    connect(m_newSeed, &QToolButton::clicked, this, [this] {
        m_seed->setText(QString::number(QRandomGenerator::global()->bounded(1'000'000)));
        Q_EMIT edited();
    });
    updateRun();
}

void SetupPanel::setStudy(const StudyEntry& study, const Catalogue& catalogue)
{
    const protocol::RunSpec before = spec();
    const bool known = !m_study.id.isEmpty();
    m_study = study;
    m_title->setText(study.title);
    m_question->setText(study.question);
    m_form->setSchema(study.schema, catalogue.choices());
    m_device->clear();
    m_device->addItem(tr("automatic"), QStringLiteral("auto"));
    for (const QString& device : catalogue.devices)
        m_device->addItem(device, device);
    if (known)
        setSpec(before);
    updateRun();
}

bool SetupPanel::eventFilter(QObject* watched, QEvent* event)
{
    // Nothing of the form may be cut off, since it scrolls downwards only. What it needs is known when the
    // style sheet has reached its controls, and changes with them.
    if (event->type() == QEvent::LayoutRequest || event->type() == QEvent::Show) {
        const int bar = m_scroll->verticalScrollBar()->sizeHint().width();
        m_scroll->setMinimumWidth(m_scroll->widget()->minimumSizeHint().width() + bar);
    }
    return QWidget::eventFilter(watched, event);
}

void SetupPanel::setTheme(const Theme& theme)
{
    m_run->setIcon(theme.icon(QStringLiteral("play"), theme.accentText));
    m_newSeed->setIcon(theme.icon(QStringLiteral("seed"), theme.mutedText));
}

protocol::RunSpec SetupPanel::spec() const
{
    protocol::RunSpec spec;
    spec.study = m_study.id.toStdString();
    spec.params = m_form->values();
    spec.seed = m_seed->text().toULongLong();
    spec.device = m_device->currentData().toString().toStdString();
    spec.title = m_name->text().trimmed().toStdString();
    return spec;
}

void SetupPanel::setSpec(const protocol::RunSpec& spec)
{
    m_form->setValues(spec.params);
    m_seed->setText(QString::number(spec.seed));
    m_name->setText(QString::fromStdString(spec.title));
    const QString device = QString::fromStdString(spec.device);
    if (m_device->findData(device) < 0)
        m_device->addItem(device, device);
    m_device->setCurrentIndex(m_device->findData(device));
    updateRun();
}

void SetupPanel::setBlocked(const QString& reason)
{
    if (m_blocked == reason)
        return;
    m_blocked = reason;
    updateRun();
}

bool SetupPanel::canRun() const
{
    return m_blocked.isEmpty() && m_form->isValid() && m_seed->hasAcceptableInput();
}

QUndoStack* SetupPanel::undoStack() const
{
    return m_form->undoStack();
}

void SetupPanel::updateRun()
{
    QString reason = m_blocked;
    if (reason.isEmpty() && !m_form->isValid())
        reason = tr("Mend the marked parameters to run.");
    else if (reason.isEmpty() && !m_seed->hasAcceptableInput())
        reason = tr("The seed must be a whole number from 0.");
    m_problem->setText(reason);
    m_problem->setVisible(!reason.isEmpty());
    m_run->setEnabled(canRun());
}

} // namespace assay::widgets
