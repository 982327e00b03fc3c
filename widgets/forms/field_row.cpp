#include "widgets/forms/field_row.h"

#include "widgets/forms/number_text.h"
#include "widgets/theme/theme.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QToolTip>

namespace assay::widgets {

namespace {

QString text(const std::string& utf8)
{
    return QString::fromStdString(utf8);
}

/// The tooltip is rich text so that it wraps; what it says is not markup.
QString toolTipOf(const protocol::Field& field)
{
    if (field.help.empty())
        return {};
    return QStringLiteral("<qt>%1</qt>").arg(text(field.help).toHtmlEscaped());
}

} // namespace

FieldRow::FieldRow(const protocol::Field& field, const FormChoices& choices, bool live, QWidget* parent)
    : QObject(parent)
    , m_head(makeLabel(parent, !live && !field.help.empty()))
    , m_control(FieldControl::create(field, choices, live, parent))
    , m_problem(new QLabel(parent))
{
    const QString name = text(field.name);
    m_label->setText(
        text(field.label).replace(u'&', QStringLiteral("&&"))); // a buddy's label reads & as a shortcut
    m_label->setBuddy(m_control->focusProxy() ? m_control->focusProxy() : m_control);
    m_head->setToolTip(toolTipOf(field));
    m_control->setToolTip(toolTipOf(field));
    m_problem->setObjectName(QStringLiteral("problem:") + name);
    m_problem->setProperty("kind", QStringLiteral("problem"));
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setWordWrap(true);
    m_problem->hide();
    if (m_info) {
        m_info->setObjectName(QStringLiteral("help:") + name);
        m_info->setAccessibleName(tr("Help on %1").arg(text(field.label)));
        m_info->setToolTip(toolTipOf(field));
        connect(m_info, &QToolButton::clicked, this,
                [this] { QToolTip::showText(QCursor::pos(), m_info->toolTip(), m_info); });
    }
    if (live)
        return;
    m_reset = new QToolButton(parent);
    m_reset->setObjectName(QStringLiteral("reset:") + name);
    m_reset->setAutoRaise(true);
    m_reset->setAccessibleName(tr("Reset %1").arg(text(field.label)));
    m_reset->setToolTip(tr("Back to %1").arg(valueText(field.defaultValue)));
    QSizePolicy keep = m_reset->sizePolicy();
    keep.setRetainSizeWhenHidden(true);
    m_reset->setSizePolicy(keep);
    m_reset->hide();
    connect(m_reset, &QToolButton::clicked, this, &FieldRow::resetRequested);
    refreshIcons();
}

QWidget* FieldRow::makeLabel(QWidget* parent, bool withInfo)
{
    auto* head = new QWidget(parent);
    auto* layout = new QHBoxLayout(head);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(parent->fontMetrics().height() / 4);
    m_label = new QLabel(head);
    m_label->setTextFormat(Qt::PlainText);
    layout->addWidget(m_label);
    if (withInfo) {
        m_info = new QToolButton(head);
        m_info->setAutoRaise(true);
        m_info->setFocusPolicy(Qt::NoFocus); // the keyboard finds the help at the control, with Shift+F1
        const int size = parent->fontMetrics().height() * 7 / 8;
        m_info->setIconSize({size, size});
        m_info->setFixedSize(size + 2, size + 2);
        m_info->setStyleSheet(QStringLiteral("QToolButton { padding: 0; border: none; }"));
        layout->addWidget(m_info);
    }
    layout->addStretch(1);
    return head;
}

int FieldRow::labelWidth() const
{
    return m_head->sizeHint().width();
}

int FieldRow::placeIn(QGridLayout* grid, int row, int labelWidth)
{
    if (m_control->isWide()) {
        grid->addWidget(m_head, row, 0, 1, 2);
        grid->addWidget(m_reset, row++, 2);
        grid->addWidget(m_control, row++, 0, 1, 3);
        grid->addWidget(m_problem, row++, 0, 1, 3);
        return row;
    }
    if (m_head->sizeHint().width() > labelWidth)
        m_label->setWordWrap(true);
    grid->addWidget(m_head, row, 0);
    grid->addWidget(m_control, row, 1);
    grid->addWidget(m_reset, row++, 2);
    grid->addWidget(m_problem, row++, 1, 1, 2);
    return row;
}

QWidget* FieldRow::makeCell(QWidget* parent)
{
    auto* cell = new QWidget(parent);
    auto* layout = new QGridLayout(cell);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setHorizontalSpacing(cell->fontMetrics().height() / 2);
    layout->setVerticalSpacing(2);
    layout->addWidget(m_head, 0, 0);
    layout->addWidget(m_control, 0, 1);
    layout->addWidget(m_problem, 1, 0, 1, 2);
    layout->setColumnStretch(1, 1);
    cell->setSizePolicy(m_control->sizePolicy().horizontalPolicy(), QSizePolicy::Preferred);
    return cell;
}

void FieldRow::setProblem(const QString& sentence)
{
    m_control->setProblem(!sentence.isEmpty());
    m_problemText = sentence;
    showSentence();
}

void FieldRow::setNote(const QString& sentence)
{
    m_control->setAsked(!sentence.isEmpty());
    m_note = sentence;
    showSentence();
}

void FieldRow::showSentence()
{
    const bool problem = !m_problemText.isEmpty();
    const QString& sentence = problem ? m_problemText : m_note;
    const QString kind = problem || m_note.isEmpty() ? QStringLiteral("problem") : QStringLiteral("warning");
    if (m_problem->property("kind").toString() != kind) {
        m_problem->setProperty("kind", kind);
        Theme::refresh(m_problem);
    }
    if (m_problem->text() == sentence)
        return;
    m_problem->setText(sentence);
    m_problem->setVisible(!sentence.isEmpty());
}

void FieldRow::setIsDefault(bool isDefault)
{
    if (m_reset)
        m_reset->setVisible(!isDefault);
}

void FieldRow::refreshIcons()
{
    // Tinted with the palette, which the theme has set, so that the form need not be told of the theme.
    const QColor muted = m_control->palette().color(QPalette::PlaceholderText);
    if (m_info)
        m_info->setIcon(Theme::light().icon(QStringLiteral("info"), muted));
    if (m_reset)
        m_reset->setIcon(Theme::light().icon(QStringLiteral("reset"), muted));
}

} // namespace assay::widgets
