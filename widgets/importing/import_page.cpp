#include "widgets/importing/import_page.h"

#include "widgets/importing/details_pane.h"
#include "widgets/importing/findings_view.h"
#include "widgets/importing/import_form.h"
#include "widgets/jobs/duration_text.h"
#include "widgets/studies/text_kit.h"

#include <QDir>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QVBoxLayout>

namespace assay::widgets {

using protocol::Finding;
using State = ImportFile::State;

namespace {

/// A wait shorter than this needs no number.
constexpr qint64 kPatientMs = 2000;

QString sizeOf(const QString& path)
{
    const QFileInfo info(path);
    if (info.isDir())
        return ImportPage::tr("folder");
    return info.exists() ? QLocale().formattedDataSize(info.size()) : QString();
}

QString iconOf(const ImportFile& file)
{
    if (file.inspection.kind == QLatin1String("model"))
        return QStringLiteral("model");
    if (file.inspection.kind == QLatin1String("data"))
        return QStringLiteral("dataset");
    if (file.inspection.kind == QLatin1String("attack"))
        return QStringLiteral("run");
    return file.state == State::Unknown || file.state == State::Failed ? QStringLiteral("help")
                                                                       : QStringLiteral("folder");
}

} // namespace

ImportPage::ImportPage(QWidget* parent)
    : QWidget(parent)
    , m_icon(new QLabel(this))
    , m_name(new ElidedLabel("title", this))
    , m_format(makeText("badge-accent", {}, this))
    , m_place(new ElidedLabel("small", this))
    , m_busyText(makeText("small", {}, this))
    , m_busyBar(new QProgressBar(this))
    , m_stop(new QPushButton(tr("Stop"), this))
    , m_look(new QPushButton(tr("Look again"), this))
    , m_scroll(new QScrollArea(this))
    , m_findings(new FindingsView(this))
    , m_form(new ImportForm(this))
    , m_details(new DetailsPane(this))
{
    const int em = fontMetrics().height();
    auto* contents = new QWidget(m_scroll);
    contents->setObjectName(QStringLiteral("scrollContents"));
    auto* inner = new QVBoxLayout(contents);
    inner->setContentsMargins(0, 0, em, 0);
    inner->setSpacing(em);
    inner->addWidget(m_findings);
    inner->addWidget(m_form);
    inner->addWidget(m_details);
    inner->addStretch(1);
    m_scroll->setObjectName(QStringLiteral("importScroll"));
    m_scroll->setWidgetResizable(true);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    m_scroll->setWidget(contents);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(em / 2);
    layout->addWidget(makeHead());
    layout->addWidget(makeBusyRow());
    layout->addWidget(m_scroll, 1);

    m_clock.setInterval(1000);
    connect(&m_clock, &QTimer::timeout, this, &ImportPage::showBusy);
    connect(m_form, &ImportForm::corrected, this, &ImportPage::corrected);
    connect(m_stop, &QPushButton::clicked, this, &ImportPage::stopRequested);
    connect(m_look, &QPushButton::clicked, this, &ImportPage::lookRequested);
}

QWidget* ImportPage::makeHead()
{
    const int em = fontMetrics().height();
    m_name->setObjectName(QStringLiteral("importName"));
    m_format->setObjectName(QStringLiteral("importFormat"));
    m_place->setObjectName(QStringLiteral("importPlace"));
    auto* head = new QWidget(this);
    auto* first = new QHBoxLayout;
    first->setSpacing(em / 2);
    first->addWidget(m_name, 1);
    first->addWidget(m_format);
    auto* texts = new QVBoxLayout;
    texts->setSpacing(em / 6);
    texts->addLayout(first);
    texts->addWidget(m_place);
    auto* layout = new QHBoxLayout(head);
    layout->setContentsMargins(0, 0, em, 0);
    layout->setSpacing(em * 3 / 4);
    layout->addWidget(m_icon, 0, Qt::AlignTop);
    layout->addLayout(texts, 1);
    return head;
}

QWidget* ImportPage::makeBusyRow()
{
    const int em = fontMetrics().height();
    m_busyText->setObjectName(QStringLiteral("importBusy"));
    m_busyBar->setObjectName(QStringLiteral("importProgress"));
    m_busyBar->setRange(0, 0);
    m_busyBar->setTextVisible(false);
    m_busyBar->setFixedWidth(em * 5);
    m_busyBar->setAccessibleName(tr("Busy"));
    m_stop->setObjectName(QStringLiteral("importStop"));
    m_stop->setToolTip(tr("Stop waiting for this file"));
    m_look->setObjectName(QStringLiteral("importLook"));
    for (QPushButton* button : {m_stop, m_look}) {
        button->setProperty("kind", QStringLiteral("flat"));
        button->setAutoDefault(false);
    }
    // A row of fixed height, so that nothing below jumps when a moment's wait begins and ends.
    m_busyRow = new QWidget(this);
    m_busyRow->setFixedHeight(std::max(m_stop->sizeHint().height(), em * 2));
    auto* layout = new QHBoxLayout(m_busyRow);
    layout->setContentsMargins(0, 0, em, 0);
    layout->setSpacing(em / 2);
    layout->addWidget(m_busyBar);
    layout->addWidget(m_busyText, 1);
    layout->addWidget(m_stop);
    layout->addWidget(m_look);
    return m_busyRow;
}

void ImportPage::setChoices(const FormChoices& choices)
{
    m_form->setChoices(choices);
}

void ImportPage::setTheme(const Theme& theme)
{
    m_theme = theme;
    m_findings->setTheme(theme);
    m_details->setTheme(theme);
    showHead();
}

bool ImportPage::show(const ImportFile& file, bool fresh)
{
    const bool asksAnew = file.inspection.asks != m_file.inspection.asks;
    m_file = file;
    showHead();
    showBusy();
    showFindings();
    // While newer values are being looked at, the form is ahead of the inspection and is left alone.
    const bool ahead = file.state == State::Looking || file.state == State::Held;
    if (fresh || !ahead)
        m_form->show(file.inspection, file.corrections);
    m_form->setEnabled(file.state != State::Adding && file.state != State::Added);
    m_details->setDetails(file.inspection.details);
    if (fresh) {
        m_scroll->verticalScrollBar()->setValue(0);
        m_details->setOpen(file.state == State::Unknown);
    }
    return fresh || asksAnew;
}

bool ImportPage::isEditing() const
{
    return m_form->hasFocusInside();
}

const Json& ImportPage::corrections() const
{
    return m_form->corrections();
}

bool ImportPage::isValid() const
{
    return m_form->isValid();
}

void ImportPage::focusAsked()
{
    m_form->focusAsked();
}

void ImportPage::showHead()
{
    const int em = fontMetrics().height();
    const QSize size(em * 2, em * 2);
    m_icon->setPixmap(m_theme.icon(iconOf(m_file), m_theme.mutedText).pixmap(size, devicePixelRatioF()));
    m_name->setWholeText(m_file.fileName());
    m_format->setText(m_file.inspection.title);
    m_format->setVisible(!m_file.inspection.title.isEmpty());
    QStringList parts{sizeOf(m_file.path), QDir::toNativeSeparators(m_file.path)};
    parts.removeAll(QString());
    m_place->setWholeText(parts.join(QStringLiteral(" · ")));
    m_place->setToolTip(m_file.path);
}

void ImportPage::showBusy()
{
    const bool busy = m_file.isBusy();
    m_busyBar->setVisible(busy);
    m_stop->setVisible(m_file.state == State::Looking || m_file.state == State::Waiting);
    m_look->setVisible(m_file.state == State::Stopped || m_file.state == State::Failed ||
                       m_file.state == State::Unknown);
    QString text;
    if (m_file.state == State::Adding)
        text = tr("Importing");
    else if (m_file.state == State::Waiting)
        text = tr("Waiting for its turn");
    else if (busy)
        text = tr("Looking at it");
    else if (m_file.state == State::Stopped)
        text = tr("Stopped.");
    else if (m_file.state == State::Ready)
        text = tr("Recognised. Check what was found, then import it.");
    else if (m_file.state == State::Asking)
        text = tr("Recognised, but for what only you can know.");
    else if (m_file.state == State::Blocked || m_file.state == State::Held)
        text = tr("Recognised, with something to be mended.");
    else if (m_file.state == State::Added)
        text = tr("In the workspace as “%1”.").arg(m_file.name);
    if (busy && m_file.since.isValid() && m_file.since.elapsed() > kPatientMs)
        text += QStringLiteral(" · ") + durationText(double(m_file.since.elapsed() / 1000));
    m_busyText->setText(text);
    if (busy && !m_clock.isActive())
        m_clock.start();
    else if (!busy)
        m_clock.stop();
}

void ImportPage::showFindings()
{
    protocol::Findings findings = m_file.inspection.findings;
    if (!m_file.error.isEmpty())
        findings.insert(findings.begin(), {Finding::Level::Problem, m_file.error.toStdString()});
    if (!m_file.hint.isEmpty() && m_file.state == State::Unknown)
        findings.push_back({Finding::Level::Info, m_file.hint.toStdString()});
    m_findings->setFindings(findings);
}

} // namespace assay::widgets
