#include "widgets/forms/number_box.h"

#include "widgets/forms/number_text.h"

#include <QLineEdit>
#include <QLocale>
#include <QRegularExpression>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::widgets {

namespace {

constexpr int kDecimals = 40; // the base rounds to this many; a learning rate of 1e-12 must survive
constexpr int kShownCharacters = 9;

/// 0.1 + 0.2 is shown, and stored, as 0.3.
double cleaned(double value)
{
    return QString::number(value, 'g', 12).toDouble();
}

} // namespace

double suggestedStep(double low, double high)
{
    const double raw = (high - low) / 20;
    if (!(raw > 0))
        return 1;
    const double decade = std::pow(10.0, std::floor(std::log10(raw) + 1e-9));
    for (const double factor : {5.0, 2.0}) {
        if (raw >= factor * decade * (1 - 1e-9))
            return cleaned(factor * decade);
    }
    return cleaned(decade);
}

NumberBox::NumberBox(Kind kind, QWidget* parent)
    : QDoubleSpinBox(parent)
    , m_kind(kind)
{
    setLocale(QLocale::c());
    setDecimals(kind == Kind::Integer ? 0 : kDecimals);
    setRange(std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max());
    setFocusPolicy(Qt::StrongFocus);
}

void NumberBox::setLimits(std::optional<double> low, std::optional<double> high, std::optional<double> step)
{
    m_low = low;
    m_high = high;
    m_step = step;
}

void NumberBox::setUnit(const QString& unit)
{
    setSuffix(unit.isEmpty() ? QString() : QStringLiteral(" ") + unit);
}

QSize NumberBox::sizeHint() const
{
    // The base asks for room for the largest double; this asks for a usual number and the unit.
    const int text = fontMetrics().horizontalAdvance(QString(kShownCharacters, u'0') + suffix());
    const int arrows = fontMetrics().height() * 2;
    return {text + arrows, lineEdit()->sizeHint().height()};
}

double NumberBox::increment() const
{
    if (m_step)
        return *m_step;
    if (m_kind == Kind::Integer)
        return 1;
    if (m_low && m_high)
        return suggestedStep(*m_low, *m_high);
    const double size = std::abs(value());
    return size > 0 ? std::pow(10.0, std::floor(std::log10(size))) / 10 : 0.1;
}

void NumberBox::stepBy(int steps)
{
    double next = cleaned(value() + steps * increment());
    next = std::max(next, m_low.value_or(next));
    next = std::min(next, m_high.value_or(next));
    setValue(next);
    selectAll();
}

QAbstractSpinBox::StepEnabled NumberBox::stepEnabled() const
{
    StepEnabled steps = StepNone;
    if (!m_low || value() > *m_low)
        steps |= StepDownEnabled;
    if (!m_high || value() < *m_high)
        steps |= StepUpEnabled;
    return isReadOnly() ? StepEnabled(StepNone) : steps;
}

void NumberBox::wheelEvent(QWheelEvent* event)
{
    if (hasFocus())
        QDoubleSpinBox::wheelEvent(event);
    else
        event->ignore();
}

QString NumberBox::bare(const QString& text) const
{
    QString number = text;
    if (!suffix().isEmpty() && number.endsWith(suffix()))
        number.chop(suffix().size());
    return number.trimmed();
}

QString NumberBox::textFromValue(double value) const
{
    if (m_kind == Kind::Integer)
        return QString::number(value, 'f', 0);
    return shownNumber(value);
}

double NumberBox::valueFromText(const QString& text) const
{
    // What is shown rounded is kept as it is until something else is typed.
    const QString number = bare(text);
    return number == textFromValue(value()) ? value() : QLocale::c().toDouble(number);
}

QValidator::State NumberBox::validate(QString& text, int&) const
{
    static const QRegularExpression integer(QStringLiteral("^[+-]?\\d{0,15}$"));
    static const QRegularExpression real(QStringLiteral("^[+-]?\\d{0,20}\\.?\\d{0,20}([eE][+-]?\\d{0,3})?$"));
    if (m_kind == Kind::Real) {
        const qsizetype end = text.size() - (text.endsWith(suffix()) ? suffix().size() : 0);
        text = text.left(end).replace(u',', u'.') + text.mid(end);
    }
    const QString number = bare(text);
    if (!(m_kind == Kind::Integer ? integer : real).match(number).hasMatch())
        return QValidator::Invalid;
    bool complete = false;
    const double value = QLocale::c().toDouble(number, &complete);
    return complete && std::isfinite(value) ? QValidator::Acceptable : QValidator::Intermediate;
}

} // namespace assay::widgets
