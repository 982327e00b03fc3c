#include "widgets/plugins/plugin_page.h"

#include "widgets/studies/text_kit.h"

#include <QFormLayout>
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

namespace assay::widgets {

using State = PluginEntry::State;

PluginPage::PluginPage(QWidget* parent)
    : QScrollArea(parent)
{
    setObjectName(QStringLiteral("pluginPage"));
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* contents = new QWidget(this);
    contents->setObjectName(QStringLiteral("scrollContents"));
    const int em = fontMetrics().height();
    auto* layout = new QVBoxLayout(contents);
    layout->setContentsMargins(em, 0, em, em);
    layout->setSpacing(em / 2);
    m_title = makeParagraph("title", {}, contents);
    m_title->setObjectName(QStringLiteral("pluginTitle"));
    m_status = makeParagraph("", {}, contents);
    m_status->setObjectName(QStringLiteral("pluginStatus"));
    m_summary = makeParagraph("muted", {}, contents);
    m_problem = makeParagraph("problem", {}, contents);
    m_problem->setObjectName(QStringLiteral("pluginProblem"));
    m_allow = new QPushButton(contents);
    m_allow->setObjectName(QStringLiteral("pluginAllow"));
    m_enable = new QPushButton(contents);
    m_enable->setObjectName(QStringLiteral("pluginEnable"));
    m_reveal = new QPushButton(tr("Show the file"), contents);
    m_reveal->setObjectName(QStringLiteral("pluginReveal"));
    m_reveal->setProperty("kind", QStringLiteral("flat"));
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(em / 2);
    for (QPushButton* button : {m_allow, m_enable, m_reveal})
        buttons->addWidget(button);
    buttons->addStretch(1);
    m_facts = new QFormLayout;
    m_facts->setHorizontalSpacing(em);
    m_facts->setVerticalSpacing(em / 3);
    m_facts->setLabelAlignment(Qt::AlignLeft);
    m_facts->setRowWrapPolicy(QFormLayout::WrapLongRows);
    layout->addWidget(m_title);
    layout->addWidget(m_summary);
    layout->addWidget(m_status);
    layout->addWidget(m_problem);
    layout->addLayout(buttons);
    layout->addSpacing(em / 2);
    layout->addLayout(m_facts);
    layout->addStretch(1);
    setWidget(contents);
    connect(m_allow, &QPushButton::clicked, this, [this] { Q_EMIT allowRequested(m_entry); });
    connect(m_enable, &QPushButton::clicked, this,
            [this] { Q_EMIT enableRequested(m_entry, m_entry.state == State::Disabled); });
    connect(m_reveal, &QPushButton::clicked, this, [this] { Q_EMIT revealRequested(m_entry.file); });
    clear();
}

void PluginPage::showPlugin(const PluginEntry& entry, bool busy)
{
    const bool changed = m_entry != entry;
    m_entry = entry;
    widget()->setVisible(true);
    m_title->setText(entry.title());
    m_status->setText(entry.status());
    // What was not tried has no error. Whole lines for it: a path in it has no spaces to break at.
    const bool tried = entry.state != State::Disabled && entry.state != State::NotAllowed;
    m_problem->setText(tried ? entry.problem : QString());
    m_problem->setVisible(tried && !entry.problem.isEmpty());
    m_summary->setText(entry.summary);
    m_summary->setVisible(!entry.summary.isEmpty());
    const bool retry = entry.state == State::Quarantined;
    m_allow->setText(retry ? tr("Try it again") : tr("Allow this file …"));
    m_allow->setVisible(retry || entry.state == State::NotAllowed);
    m_enable->setText(entry.state == State::Disabled ? tr("Switch on") : tr("Switch off"));
    m_enable->setVisible(!entry.id.isEmpty() && entry.state != State::NotAllowed);
    for (QPushButton* button : {m_allow, m_enable})
        button->setEnabled(!busy);
    if (changed)
        fillFacts();
}

void PluginPage::clear()
{
    widget()->setVisible(false);
}

void PluginPage::fillFacts()
{
    while (m_facts->rowCount() > 0)
        m_facts->removeRow(0);
    addFact(tr("Studies"), m_entry.studies.join(QStringLiteral(", ")), "mono");
    addFact(tr("Attacks"), m_entry.attacks.join(QStringLiteral(", ")), "mono");
    addFact(tr("Comes from"), m_entry.own ? tr("Assay itself") : tr("outside"));
    addFact(tr("File"), m_entry.file, "mono");
    if (!m_entry.sha256.isEmpty()) {
        // No spaces to break at, and broken by hand it could not be compared.
        auto* hash = new ElidedLabel("mono", widget());
        hash->setWholeText(m_entry.sha256);
        m_facts->addRow(makeText("muted", tr("SHA-256"), widget()), hash);
    }
    addFact(tr("Id"), m_entry.id, "mono");
    addFact(tr("Version"), m_entry.version);
    addFact(tr("Author"), m_entry.author);
    addFact(tr("Licence"), m_entry.licence);
}

void PluginPage::addFact(const QString& name, const QString& value, const char* kind)
{
    if (value.isEmpty())
        return;
    m_facts->addRow(makeText("muted", name, widget()), makeParagraph(kind, value, widget()));
}

} // namespace assay::widgets
