#include "widgets/importing/findings_view.h"

#include "widgets/studies/text_kit.h"

#include <QHBoxLayout>
#include <QVBoxLayout>

#include <algorithm>

namespace assay::widgets {

using protocol::Finding;

namespace {

struct Look
{
    QString icon;
    QColor colour;
    QString spoken;
};

Look lookOf(Finding::Level level, const Theme& theme)
{
    switch (level) {
    case Finding::Level::Problem:
        return {QStringLiteral("error"), theme.bad, FindingsView::tr("Problem")};
    case Finding::Level::Warning:
        return {QStringLiteral("warning"), theme.warning, FindingsView::tr("Warning")};
    case Finding::Level::Info:
        break;
    }
    return {QStringLiteral("info"), theme.mutedText, FindingsView::tr("Information")};
}

bool sameFindings(const protocol::Findings& a, const protocol::Findings& b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Finding& x, const Finding& y) {
        return x.level == y.level && x.text == y.text;
    });
}

} // namespace

FindingsView::FindingsView(QWidget* parent)
    : QWidget(parent)
    , m_layout(new QVBoxLayout(this))
{
    setObjectName(QStringLiteral("findings"));
    setAccessibleName(tr("What was found out"));
    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setSpacing(fontMetrics().height() / 3);
}

void FindingsView::setFindings(const protocol::Findings& findings)
{
    protocol::Findings sorted = findings;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Finding& a, const Finding& b) { return a.level > b.level; });
    if (sameFindings(sorted, m_findings))
        return;
    m_findings = std::move(sorted);
    build();
}

void FindingsView::setTheme(const Theme& theme)
{
    m_theme = theme;
    build();
}

void FindingsView::build()
{
    while (QLayoutItem* item = m_layout->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    const int em = fontMetrics().height();
    for (const Finding& finding : m_findings) {
        const Look look = lookOf(finding.level, m_theme);
        auto* row = new QWidget(this);
        auto* layout = new QHBoxLayout(row);
        layout->setContentsMargins(0, 0, 0, 0);
        layout->setSpacing(em / 2);
        auto* icon = new QLabel(row);
        icon->setPixmap(m_theme.icon(look.icon, look.colour).pixmap(QSize(em, em), devicePixelRatioF()));
        icon->setAccessibleName(look.spoken);
        icon->setToolTip(look.spoken);
        icon->setFixedWidth(em);
        auto* text = makeParagraph("", QString::fromStdString(finding.text), row);
        text->setObjectName(QStringLiteral("findingText"));
        text->setAccessibleName(look.spoken + QStringLiteral(": ") + text->text());
        // A problem or warning in its colour, information in the colour of text.
        if (finding.level != Finding::Level::Info) {
            QPalette palette = text->palette();
            palette.setColor(QPalette::WindowText, look.colour);
            text->setPalette(palette);
        }
        layout->addWidget(icon, 0, Qt::AlignTop);
        layout->addWidget(text, 1);
        m_layout->addWidget(row);
    }
    setVisible(!m_findings.empty());
}

} // namespace assay::widgets
