#pragma once

#include <QDoubleSpinBox>

#include <optional>

namespace assay::widgets {

/// A number with arrows. Unlike its base it lets a number outside the allowed range stand, so that the form
/// can say what is wrong instead of silently changing what was typed; the arrows stay inside. Numbers are
/// written with a point whatever the locale (a typed comma becomes one), and the wheel only works on the
/// box that has the focus, so that scrolling past it changes nothing.
class NumberBox : public QDoubleSpinBox
{
    Q_OBJECT
public:
    enum class Kind { Integer, Real };
    explicit NumberBox(Kind kind, QWidget* parent = nullptr);

    void setLimits(std::optional<double> low, std::optional<double> high, std::optional<double> step);
    void setUnit(const QString& unit);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }
    void stepBy(int steps) override;
    QString textFromValue(double value) const override;
    double valueFromText(const QString& text) const override;
    QValidator::State validate(QString& text, int& position) const override;

protected:
    StepEnabled stepEnabled() const override;
    void wheelEvent(QWheelEvent* event) override;

private:
    double increment() const;
    QString bare(const QString& text) const;

    Kind m_kind;
    std::optional<double> m_low;
    std::optional<double> m_high;
    std::optional<double> m_step;
};

/// The step a range suggests: a twentieth of it, rounded down to 1, 2 or 5 times a power of ten.
double suggestedStep(double low, double high);

} // namespace assay::widgets
