#include "widgets/studies/welcome_page.h"

#include "widgets/studies/catalogue.h"
#include "widgets/studies/text_kit.h"

#include <QHBoxLayout>
#include <QVBoxLayout>

namespace assay::widgets {

namespace {

constexpr int kTextInEm = 44; ///< about 80 characters: a comfortable line

} // namespace

WelcomePage::WelcomePage(QWidget* parent)
    : QScrollArea(parent)
    , m_hint(makeParagraph("good", {}, this))
    , m_title(makeParagraph("title", {}, this))
    , m_question(makeParagraph("subtitle", {}, this))
    , m_summary(makeParagraph("", {}, this))
    , m_outputsHeading(makeText("heading", tr("What you get"), this))
    , m_outputs(makeParagraph("", {}, this))
    , m_referenceHeading(makeText("heading", tr("Reference"), this))
    , m_reference(makeParagraph("muted", {}, this))
    , m_next(makeParagraph("muted", {}, this))
{
    setObjectName(QStringLiteral("welcomePage"));
    m_hint->setObjectName(QStringLiteral("welcomeHint"));
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    const int em = fontMetrics().height();
    m_next->setText(tr(
        "Set the parameters at the left and press Run. Figures appear here while the study runs; the run is "
        "kept in the workspace and can be opened again from the library."));

    auto* contents = new QWidget(this);
    contents->setObjectName(QStringLiteral("scrollContents"));
    auto* column = new QWidget(contents);
    column->setMaximumWidth(kTextInEm * em);
    auto* text = new QVBoxLayout(column);
    text->setContentsMargins(2 * em, 2 * em, 2 * em, 2 * em);
    text->setSpacing(em / 2);
    for (QWidget* widget : {m_hint, m_title, m_question, m_summary})
        text->addWidget(widget);
    text->addSpacing(em / 2);
    text->addWidget(m_outputsHeading);
    text->addWidget(m_outputs);
    text->addSpacing(em / 2);
    text->addWidget(m_referenceHeading);
    text->addWidget(m_reference);
    text->addSpacing(em / 2);
    text->addWidget(m_next);
    text->addStretch(1);
    auto* row = new QHBoxLayout(contents);
    row->setContentsMargins(0, 0, 0, 0);
    row->addStretch(1);
    row->addWidget(column, 1000);
    row->addStretch(1);
    setWidget(contents);
    m_hint->hide();
}

void WelcomePage::setStudy(const StudyEntry& study)
{
    m_title->setText(study.title);
    m_question->setText(study.question);
    m_summary->setText(study.summary);
    m_reference->setText(study.reference);
    m_referenceHeading->setVisible(!study.reference.isEmpty());
    QStringList lines;
    for (const QString& output : study.outputs)
        lines << QStringLiteral("•  ") + output;
    m_outputs->setText(lines.join(QLatin1Char('\n')));
    m_outputsHeading->setVisible(!lines.isEmpty());
}

void WelcomePage::setHint(const QString& hint)
{
    m_hint->setText(hint);
    m_hint->setVisible(!hint.isEmpty());
}

} // namespace assay::widgets
