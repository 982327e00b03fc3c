#include "widgets/studies/metrics_strip.h"

#include "widgets/studies/metric_layout.h"
#include "widgets/studies/text_kit.h"

#include <QCoreApplication>
#include <QFrame>
#include <QHash>
#include <QLocale>
#include <QPushButton>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

struct MetricsStripWords
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::MetricText)
};

/// "Calibrated ECE clean" of "calibrated_ece_clean".
QString humanised(const QString& name)
{
    static const QHash<QString, QString> kAbbreviations = {
        {"aurc", "AURC"}, {"auroc", "AUROC"}, {"ece", "ECE"},    {"ks", "KS"},
        {"mce", "MCE"},   {"nll", "NLL"},     {"smece", "smECE"}};
    QStringList words = name.split(QLatin1Char('_'));
    if (QString& first = words.front(); !first.isEmpty() && !kAbbreviations.contains(first))
        first[0] = first[0].toUpper();
    for (QString& word : words)
        word = kAbbreviations.value(word, word);
    return words.join(QLatin1Char(' '));
}

QString plainNumber(double value)
{
    if (!std::isfinite(value))
        return QStringLiteral("–");
    if (value == std::round(value) && std::abs(value) < 1e9)
        return QLocale().toString(qint64(value));
    return QLocale().toString(value, 'g', 4);
}

} // namespace

MetricText metricText(const protocol::Metric& metric, const std::function<QString(const QString&)>& titleOf)
{
    MetricText text;
    const QString name = QString::fromStdString(metric.name);
    const qsizetype dot = name.indexOf(QLatin1Char('.'));
    text.name = humanised(name.left(dot));
    if (dot > 0) {
        // What follows the dot names models: one, or source and target.
        QStringList parts = name.mid(dot + 1).split(QLatin1Char('.'));
        for (QString& part : parts) {
            if (const QString title = titleOf ? titleOf(part) : QString(); !title.isEmpty())
                part = title;
        }
        text.name += QStringLiteral(" · ") + parts.join(QStringLiteral(" → "));
    }
    const bool rate = !metric.rateOf.empty() && metric.unit.empty();
    const auto shown = [&](double value) {
        return rate ? QLocale().toString(100 * value, 'f', 1) : plainNumber(value);
    };
    const QString unit = rate ? QStringLiteral("%") : QString::fromStdString(metric.unit);
    text.value = unit.isEmpty() ? shown(metric.value) : shown(metric.value) + QChar(0x202f) + unit;
    if (metric.low && metric.high)
        text.interval = shown(*metric.low) + QStringLiteral(" – ") + shown(*metric.high);
    if (metric.denominator > 0) {
        text.counts =
            MetricsStripWords::tr("%1 of %2").arg(plainNumber(metric.count), plainNumber(metric.denominator));
        if (!metric.rateOf.empty())
            text.counts += QLatin1Char(' ') + QString::fromStdString(metric.rateOf);
    }
    return text;
}

MetricsStrip::MetricsStrip(QWidget* parent)
    : QWidget(parent)
    , m_body(new QWidget(this))
    , m_toggle(new QPushButton(this))
{
    const int em = fontMetrics().height();
    setObjectName(QStringLiteral("metricsStrip"));
    m_flow = new MetricLayout(13 * em, em / 2, m_body);
    m_flow->setMaxRows(1);
    m_toggle->setObjectName(QStringLiteral("metricsToggle"));
    m_toggle->setProperty("kind", QStringLiteral("flat"));
    m_toggle->setCheckable(true);
    m_toggle->hide();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(em / 4);
    layout->addWidget(m_body);
    layout->addWidget(m_toggle, 0, Qt::AlignLeft);
    connect(m_toggle, &QPushButton::toggled, this, [this](bool all) {
        m_flow->setMaxRows(all ? 0 : 1);
        updateToggle();
    });
}

MetricsStrip::Tile MetricsStrip::makeTile()
{
    const int em = fontMetrics().height();
    Tile tile;
    tile.frame = new QFrame(m_body);
    tile.frame->setProperty("kind", QStringLiteral("card"));
    tile.name = new ElidedLabel("small", tile.frame);
    tile.name->setElideMode(Qt::ElideMiddle); // the last part tells one model's numbers apart
    tile.value = makeText("title", {}, tile.frame);
    tile.detail = new ElidedLabel("small", tile.frame);
    auto* layout = new QVBoxLayout(tile.frame);
    layout->setContentsMargins(em * 3 / 4, em / 2, em * 3 / 4, em / 2);
    layout->setSpacing(em / 8);
    layout->addWidget(tile.name);
    layout->addWidget(tile.value);
    layout->addWidget(tile.detail);
    m_flow->addWidget(tile.frame);
    tile.frame->show();
    return tile;
}

void MetricsStrip::setMetrics(const std::vector<protocol::Metric>& metrics)
{
    while (m_tiles.size() > metrics.size()) {
        delete m_tiles.back().frame;
        m_tiles.pop_back();
    }
    while (m_tiles.size() < metrics.size())
        m_tiles.push_back(makeTile());
    for (size_t i = 0; i < metrics.size(); ++i) {
        const MetricText text = metricText(metrics[i], m_titleOf);
        const Tile& tile = m_tiles[i];
        tile.name->setWholeText(text.name);
        tile.value->setText(text.value);
        tile.detail->setWholeText(text.interval.isEmpty() ? text.counts : text.interval);
        QStringList tip{text.name + QStringLiteral(": ") + text.value, text.counts};
        if (!text.interval.isEmpty())
            tip << tr("%1 interval: %2").arg(QString::fromStdString(metrics[i].interval), text.interval);
        tip.removeAll(QString());
        tile.frame->setToolTip(tip.join(QLatin1Char('\n')));
        tile.frame->setAccessibleName(tip.join(QStringLiteral(". ")));
    }
    setVisible(!metrics.empty());
    QTimer::singleShot(0, this, &MetricsStrip::updateToggle);
}

void MetricsStrip::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    QTimer::singleShot(0, this, &MetricsStrip::updateToggle);
}

void MetricsStrip::updateToggle()
{
    const bool all = m_toggle->isChecked();
    m_toggle->setText(all ? tr("Fewer numbers") : tr("All %1 numbers").arg(m_tiles.size()));
    m_toggle->setVisible(all || m_flow->hiddenItems() > 0);
}

} // namespace assay::widgets
