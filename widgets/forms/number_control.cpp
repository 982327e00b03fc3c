#include "widgets/forms/number_control.h"

#include "widgets/forms/calm_slider.h"
#include "widgets/forms/number_box.h"

#include <QHBoxLayout>
#include <QSignalBlocker>

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

constexpr int kPositions = 200; // of a slider whose field names no step
constexpr int kMostPositions = 2000;
/// Of a slider whose upper end is so many times the lower, equal steps multiply equally.
constexpr double kManyTimes = 100;

/// A whole number out of more than a slider has positions, such as that of an image, is typed.
bool isForSlider(const protocol::Field& field)
{
    if (!field.low || !field.high || *field.high <= *field.low)
        return false;
    const double span = (*field.high - *field.low) / field.step.value_or(1);
    return field.type != protocol::FieldType::Integer || span <= kMostPositions;
}

} // namespace

NumberControl::NumberControl(const protocol::Field& field, bool live, QWidget* parent)
    : FieldControl(field, parent)
    , m_box(new NumberBox(field.type == protocol::FieldType::Integer ? NumberBox::Kind::Integer
                                                                     : NumberBox::Kind::Real,
                          this))
{
    m_box->setLimits(field.low, field.high, field.step);
    m_box->setUnit(QString::fromStdString(field.unit));
    setMain(m_box);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    if (field.live && isForSlider(field))
        addSlider();
    layout->addWidget(m_box, m_slider ? 0 : 1);
    if (live)
        m_box->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(m_box, &NumberBox::valueChanged, this, [this] {
        showOnSlider();
        Q_EMIT edited();
    });
    connect(m_box, &NumberBox::editingFinished, this, &FieldControl::settled);
}

void NumberControl::addSlider()
{
    const protocol::Field& f = field();
    const double span = *f.high - *f.low;
    m_logarithmic = f.type == protocol::FieldType::Real && *f.low > 0 && *f.high / *f.low >= kManyTimes;
    double positions = kPositions;
    if (f.type == protocol::FieldType::Integer)
        positions = span / f.step.value_or(1);
    else if (f.step && !m_logarithmic)
        positions = std::round(span / *f.step);
    m_slider = new CalmSlider(Qt::Horizontal, this);
    m_slider->setObjectName(QStringLiteral("slider:") + QString::fromStdString(f.name));
    m_slider->setAccessibleName(QString::fromStdString(f.label));
    m_slider->setRange(0, int(std::clamp(positions, 1.0, double(kMostPositions))));
    m_slider->setPageStep(std::max(1, m_slider->maximum() / 10));
    m_slider->setMinimumWidth(fontMetrics().height() * 5);
    static_cast<QHBoxLayout*>(layout())->addWidget(m_slider, 1);
    connect(m_slider, &QSlider::valueChanged, this,
            [this](int position) { m_box->setValue(valueAt(position)); });
    connect(m_slider, &QSlider::sliderReleased, this, &FieldControl::settled);
}

double NumberControl::valueAt(int position) const
{
    const double low = *field().low, high = *field().high;
    const double part = double(position) / m_slider->maximum();
    double value = m_logarithmic ? low * std::pow(high / low, part) : low + (high - low) * part;
    if (field().type == protocol::FieldType::Integer)
        return std::round(value);
    // Three digits are what a hand can aim at; the ends stay exact.
    if (position == 0 || position == m_slider->maximum())
        return position == 0 ? low : high;
    return QString::number(value, 'g', m_logarithmic ? 3 : 6).toDouble();
}

int NumberControl::positionOf(double value) const
{
    const double low = *field().low, high = *field().high;
    const double inside = std::clamp(value, low, high);
    const double part =
        m_logarithmic ? std::log(inside / low) / std::log(high / low) : (inside - low) / (high - low);
    return int(std::lround(part * m_slider->maximum()));
}

void NumberControl::showOnSlider()
{
    if (!m_slider)
        return;
    const QSignalBlocker quiet(m_slider);
    m_slider->setValue(positionOf(m_box->value()));
}

Json NumberControl::value() const
{
    if (field().type == protocol::FieldType::Integer)
        return std::int64_t(std::clamp(m_box->value(), -9e15, 9e15));
    return m_box->value();
}

void NumberControl::setValue(const Json& value)
{
    if (!value.is_number() || value == this->value())
        return;
    {
        const QSignalBlocker quiet(m_box);
        m_box->setValue(value.get<double>());
    }
    showOnSlider();
}

void NumberControl::setBlank()
{
    const QSignalBlocker quiet(m_box);
    // Below the range, so that every value that can be typed differs from it and is reported.
    m_box->setValue(field().low.value_or(0) - 1);
    m_box->clear();
}

} // namespace assay::widgets
