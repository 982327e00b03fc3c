#include "widgets/forms/grid_slider_control.h"

#include "widgets/forms/calm_slider.h"
#include "widgets/forms/number_text.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>

#include <algorithm>

namespace assay::widgets {

namespace {

QString shownText(const Json& value)
{
    return value.is_number_float() ? shownNumber(value.get<double>()) : valueText(value);
}

} // namespace

GridSliderControl::GridSliderControl(const protocol::Field& field, QWidget* parent)
    : FieldControl(field, parent)
    , m_slider(new CalmSlider(Qt::Horizontal, this))
    , m_text(new QLabel(this))
{
    setMain(m_slider);
    m_slider->setMinimumWidth(fontMetrics().height() * 5);
    m_slider->setPageStep(1);
    m_text->setObjectName(QStringLiteral("value:") + QString::fromStdString(field.name));
    m_text->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_slider, 1);
    layout->addWidget(m_text);
    connect(m_slider, &QSlider::valueChanged, this, [this](int position) {
        if (std::size_t(position) >= m_offered.size())
            return;
        m_value = m_offered[std::size_t(position)];
        showValue();
        Q_EMIT edited();
    });
    connect(m_slider, &QSlider::sliderReleased, this, &FieldControl::settled);
}

Json GridSliderControl::value() const
{
    return m_value;
}

void GridSliderControl::setValue(const Json& value)
{
    m_value = value;
    const auto it = std::find(m_offered.begin(), m_offered.end(), value);
    const QSignalBlocker quiet(m_slider);
    m_slider->setValue(it == m_offered.end() ? 0 : int(it - m_offered.begin()));
    showValue();
}

void GridSliderControl::setOffered(const std::vector<Json>& offered)
{
    m_offered = offered;
    std::sort(m_offered.begin(), m_offered.end());
    m_offered.erase(std::unique(m_offered.begin(), m_offered.end()), m_offered.end());
    const QSignalBlocker quiet(m_slider);
    m_slider->setRange(0, std::max(0, int(m_offered.size()) - 1));
    m_slider->setEnabled(m_offered.size() > 1);
    int widest = 0;
    const QString unit =
        field().unit.empty() ? QString() : QStringLiteral(" ") + QString::fromStdString(field().unit);
    for (const Json& item : m_offered)
        widest = std::max(widest, m_text->fontMetrics().horizontalAdvance(shownText(item) + unit));
    m_text->setMinimumWidth(widest + m_text->fontMetrics().averageCharWidth()); // the slider stays put
    setValue(m_value);
}

void GridSliderControl::showValue()
{
    // Null is the first value, see FieldControl::create().
    const bool first = m_value.is_null() && !m_offered.empty();
    QString text = m_offered.empty() ? QStringLiteral("–") : shownText(first ? m_offered.front() : m_value);
    if (!field().unit.empty())
        text += QStringLiteral(" ") + QString::fromStdString(field().unit);
    m_text->setText(text);
}

} // namespace assay::widgets
