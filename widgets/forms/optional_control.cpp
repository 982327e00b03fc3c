#include "widgets/forms/optional_control.h"

#include <QBoxLayout>
#include <QCheckBox>

namespace assay::widgets {

namespace {

/// What a control shows that was never given a value: something inside the range.
Json startingValue(const protocol::Field& field)
{
    if (field.list)
        return Json::array();
    switch (field.type) {
    case protocol::FieldType::Integer:
        return std::int64_t(field.low.value_or(0));
    case protocol::FieldType::Real:
        return field.low.value_or(0) > 0 ? *field.low : field.step.value_or(field.low.value_or(0));
    case protocol::FieldType::Bool:
        return false;
    case protocol::FieldType::Choice:
        return field.choices.empty() ? std::string() : field.choices.front();
    default:
        return "";
    }
}

} // namespace

OptionalControl::OptionalControl(const protocol::Field& field,
                                 const std::function<FieldControl*(QWidget*)>& makeInner, QWidget* parent)
    : FieldControl(field, parent)
    , m_automatic(new QCheckBox(tr("automatic"), this))
    , m_inner(makeInner(this))
{
    m_automatic->setObjectName(QStringLiteral("automatic:") + QString::fromStdString(field.name));
    m_automatic->setAccessibleName(tr("%1: automatic").arg(QString::fromStdString(field.label)));
    m_automatic->setToolTip(tr("The value is chosen for you"));
    auto* layout =
        new QBoxLayout(m_inner->isWide() ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight, this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_automatic);
    layout->addWidget(m_inner, 1);
    m_inner->setValue(startingValue(field));
    m_automatic->setChecked(true);
    showState();
    connect(m_automatic, &QCheckBox::clicked, this, [this] {
        showState();
        step();
        if (!m_automatic->isChecked())
            m_inner->setFocus();
    });
    connect(m_inner, &FieldControl::edited, this, [this] {
        m_automatic->setChecked(false); // it is enabled while automatic only when it is asked for
        Q_EMIT edited();
    });
    connect(m_inner, &FieldControl::settled, this, &FieldControl::settled);
}

void OptionalControl::showState()
{
    const bool left = m_automatic->isChecked() && !m_asked;
    m_automatic->setVisible(!m_asked);
    m_inner->setEnabled(!left);
    setFocusProxy(left ? static_cast<QWidget*>(m_automatic) : m_inner);
}

Json OptionalControl::value() const
{
    return m_automatic->isChecked() ? Json(nullptr) : m_inner->value();
}

void OptionalControl::setValue(const Json& value)
{
    m_automatic->setChecked(value.is_null());
    if (!value.is_null())
        m_inner->setValue(value);
    showState();
}

void OptionalControl::setProblem(bool problem)
{
    m_inner->setProblem(problem);
}

void OptionalControl::setAsked(bool asked)
{
    if (m_asked == asked)
        return;
    m_asked = asked;
    if (asked && m_automatic->isChecked())
        m_inner->setBlank();
    m_inner->setAsked(asked);
    showState();
}

bool OptionalControl::isWide() const
{
    return m_inner->isWide();
}

} // namespace assay::widgets
