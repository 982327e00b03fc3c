#include "widgets/figures/figure_plot.h"

#include "widgets/figures/category_labels.h"
#include "widgets/figures/colour_bar.h"
#include "widgets/figures/header_element.h"
#include "widgets/figures/log_ticks.h"
#include "widgets/selection/selection.h"

#include <QSet>

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

using protocol::AxisScale;
using protocol::LayerKind;

bool has(const protocol::Figure& figure, LayerKind kind)
{
    return std::any_of(figure.layers.begin(), figure.layers.end(),
                       [kind](const auto& l) { return l.kind == kind; });
}

bool isOnlyCells(const protocol::Figure& figure)
{
    return !figure.layers.empty() && std::all_of(figure.layers.begin(), figure.layers.end(),
                                                 [](const auto& l) { return l.kind == LayerKind::Cells; });
}

} // namespace

FigurePlot::FigurePlot(QCustomPlot& plot)
    : m_plot(plot)
{
    setUpLayout();
}

void FigurePlot::setUpLayout()
{
    m_plot.setAutoAddPlottableToLegend(false);
    m_plot.setAntialiasedElements(QCP::aeAll);
    m_plot.setNotAntialiasedElements(QCP::aeAxes | QCP::aeGrid | QCP::aeSubGrid);
    m_plot.legend->setVisible(false);
    QCPAxisRect* area = m_plot.axisRect();
    m_plot.plotLayout()->take(area);
    m_header = new HeaderElement(&m_plot);
    m_colourBar = new ColourBar(&m_plot, area);
    auto* body = new QCPLayoutGrid;
    m_plot.plotLayout()->setRowSpacing(0);
    m_plot.plotLayout()->addElement(0, 0, m_header);
    m_plot.plotLayout()->addElement(1, 0, body);
    m_plot.plotLayout()->setRowStretchFactor(0, 1e-3);
    body->setColumnSpacing(0);
    body->addElement(0, 0, area);
    body->addElement(0, 1, m_colourBar);
    // Takes what a plot of square cells leaves over.
    auto* rest = new QCPLayoutElement(&m_plot);
    rest->setAutoMargins(QCP::msNone);
    body->addElement(0, 2, rest);
    body->setColumnStretchFactor(1, 1e-3);
    body->setColumnStretchFactor(2, 1e-3);
    area->setupFullAxesBox(false);
    m_plot.xAxis2->setVisible(false);
    m_plot.yAxis2->setVisible(false);
}

void FigurePlot::build(std::shared_ptr<const protocol::Figure> figure, const PlotStyle& style,
                       bool keepRanges)
{
    auto drawn = std::make_shared<DrawnFigure>();
    drawn->figure = std::move(figure);
    drawn->bars = layoutBars(*drawn->figure);
    drawn->style = style;
    m_home = rangesOf(*drawn->figure, drawn->bars);
    drawn->colourLow = m_home.colour.low;
    drawn->colourHigh = m_home.colour.high;
    m_drawn = std::move(drawn);
    m_plot.setBackground(QBrush(style.theme.plotBackground));
    setUpAxes();
    setUpLayers();
    setUpHeader();
    if (!keepRanges)
        showAll();
}

void FigurePlot::setUpAxes()
{
    const PlotStyle& style = m_drawn->style;
    const protocol::Figure& figure = *m_drawn->figure;
    const bool bars = has(figure, LayerKind::Bars) || has(figure, LayerKind::Boxes);
    const bool onlyCells = isOnlyCells(figure);
    const QFont small = style.font;
    for (QCPAxis* axis : {m_plot.xAxis, m_plot.yAxis}) {
        const protocol::Axis& from = axis == m_plot.xAxis ? figure.x : figure.y;
        const bool log = from.scale == AxisScale::Log;
        axis->setScaleType(log ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
        axis->setLabel(axisText(from.label, from.unit));
        axis->setLabelFont(style.font);
        axis->setLabelColor(style.theme.mutedText);
        axis->setTickLabelFont(small);
        axis->setTickLabelColor(style.theme.mutedText);
        axis->setLabelPadding(qRound(style.px(6)));
        axis->setTickLabelPadding(qRound(style.px(6)));
        axis->setTickLength(0, 0);
        axis->setTickPen(Qt::NoPen); // a tick of no length is still a dot
        axis->setSubTicks(false);
        axis->setPadding(qRound(style.px(axis == m_plot.xAxis ? 8 : 10)));
        axis->setNumberFormat("gb");
        axis->setNumberPrecision(log ? 4 : 6);
        const bool line = axis == m_plot.xAxis && !onlyCells;
        axis->setBasePen(line ? QPen(style.theme.plotAxis, style.px(1)) : QPen(Qt::NoPen));
        const bool grid =
            !onlyCells && !(axis == m_plot.xAxis && (bars || from.scale == AxisScale::Category));
        axis->grid()->setVisible(grid);
        axis->grid()->setPen(QPen(style.theme.plotGrid, style.px(1)));
        axis->grid()->setSubGridVisible(false);
        axis->grid()->setZeroLinePen(axis == m_plot.yAxis && bars ? QPen(style.theme.plotAxis, style.px(1))
                                                                  : QPen(Qt::NoPen));
        if (log)
            axis->setTicker(QSharedPointer<LogTicks>::create());
        else if (from.scale == AxisScale::Category)
            axis->setTicker(QSharedPointer<QCPAxisTickerText>::create());
        else
            axis->setTicker(QSharedPointer<QCPAxisTicker>::create());
    }
    m_plot.axisRect()->setMinimumMargins(QMargins(qRound(style.side()), qRound(style.px(6)),
                                                  qRound(style.side() + style.px(6)), qRound(style.px(4))));
}

void FigurePlot::setUpLayers()
{
    const auto& layers = m_drawn->figure->layers;
    bool same = m_layers.size() == static_cast<qsizetype>(layers.size());
    for (qsizetype i = 0; same && i < m_layers.size(); ++i)
        same = m_layers[i]->layer().kind == layers[static_cast<std::size_t>(i)].kind;
    if (!same) {
        m_plot.clearPlottables();
        m_layers.clear();
        for (const auto& layer : layers)
            m_layers << LayerPlottable::create(layer.kind, m_plot.xAxis, m_plot.yAxis);
    }
    const QVector<LayerLook> look = looks();
    for (qsizetype i = 0; i < m_layers.size(); ++i)
        m_layers[i]->show(m_drawn, static_cast<int>(i), look[i]);
}

QVector<LayerLook> FigurePlot::looks() const
{
    QVector<LayerLook> result;
    QHash<QRgb, QStringList> namesOf;
    int unnamed = 0;
    for (const auto& layer : m_drawn->figure->layers) {
        const QString role = QString::fromStdString(layer.role);
        const bool quiet = role.isEmpty() && layer.kind == LayerKind::Marks;
        const QColor colour = m_drawn->style.theme.role(quiet ? QStringLiteral("chance") : role,
                                                        role.isEmpty() && !quiet ? unnamed++ : 0);
        const bool greySafe = m_drawn->style.greySafe;
        if (greySafe && layer.kind == LayerKind::Marks) { // reference lines are dashed as they are
            result.append({colour, 0});
            continue;
        }
        if (role.startsWith(QLatin1String("series:")) && !greySafe) {
            result.append({colour, role.section(QLatin1Char(':'), 2, 2).toInt()});
            continue;
        }
        // Layers of one name are one thing (a line and its band); another name of the same colour gets
        // another shape. In grey all have the same colour.
        QStringList& names = namesOf[greySafe ? QRgb() : colour.rgb()];
        const QString name = QString::fromStdString(layer.name);
        if (!names.contains(name))
            names << name;
        result.append({colour, static_cast<int>(names.indexOf(name))});
    }
    return result;
}

namespace {

/// Names of the colour categories that some cell has; the others empty.
QStringList shownCategories(const protocol::Figure& figure)
{
    QStringList names;
    for (const std::string& name : figure.colour.categories)
        names << QString::fromStdString(name);
    QVector<bool> used(names.size(), false);
    for (const protocol::Layer& layer : figure.layers) {
        for (const double z : layer.kind == LayerKind::Cells ? layer.z : std::vector<double>()) {
            if (z >= 0 && z < static_cast<double>(names.size()))
                used[static_cast<int>(z)] = true;
        }
    }
    for (int i = 0; i < names.size(); ++i) {
        if (!used[i])
            names[i].clear();
    }
    return names;
}

} // namespace

void FigurePlot::setUpHeader()
{
    const protocol::Figure& figure = *m_drawn->figure;
    QVector<LayerPlottable*> legend;
    QStringList names;
    int data = 0;
    QString map;
    for (LayerPlottable* layer : m_layers) {
        const LayerKind kind = layer->layer().kind;
        if (kind == LayerKind::Cells) {
            map = layer->layer().colourMap.empty() ? QStringLiteral("sequential")
                                                   : QString::fromStdString(layer->layer().colourMap);
            continue;
        }
        if (kind == LayerKind::Marks && !layer->layer().labels.empty())
            continue; // says what it is at its end
        ++data;
        const auto& labels = layer->layer().labels;
        const bool labelled =
            kind == LayerKind::Points && labels.size() == 1 && labels.front() == layer->layer().name;
        if (layer->name().isEmpty() || names.contains(layer->name()) || labelled)
            continue;
        names << layer->name();
        legend << layer;
    }
    if (data < 2)
        legend.clear(); // the axis label says what the only layer is
    QStringList subtitle;
    if (!figure.rateOf.empty())
        subtitle << QStringLiteral("Rate of %1").arg(QString::fromStdString(figure.rateOf));
    if (const QString interval = QString::fromStdString(figure.interval); !interval.isEmpty())
        subtitle << (interval.endsWith(QLatin1Char('%')) ? QStringLiteral("%1 intervals").arg(interval)
                                                         : QStringLiteral("intervals: %1").arg(interval));
    const PlotStyle& style = m_drawn->style;
    m_header->setContent(style.showTitle ? QString::fromStdString(figure.title) : QString(),
                         style.showTitle || !style.print ? subtitle.join(QStringLiteral(" · ")) : QString(),
                         legend, style);
    if (!map.isEmpty() && figure.colour.scale == protocol::AxisScale::Category) {
        m_colourBar->setCategories(shownCategories(figure), QString::fromStdString(figure.colour.label),
                                   style);
        return;
    }
    m_colourBar->setContent(map, m_home.colour.low, m_home.colour.high,
                            axisText(figure.colour.label, figure.colour.unit), style);
}

void FigurePlot::arrange(const QSize& size)
{
    if (!m_drawn || size.isEmpty())
        return;
    const PlotStyle& style = m_drawn->style;
    const auto pass = [&] {
        for (const auto phase :
             {QCPLayoutElement::upPreparation, QCPLayoutElement::upMargins, QCPLayoutElement::upLayout})
            m_plot.plotLayout()->update(phase);
    };
    m_plot.setViewport(QRect(QPoint(0, 0), size));
    // Labels decide the margins and the margins decide how much room labels have: twice settles it.
    for (int round = 0; round < 2; ++round) {
        pass();
        limitCells(size);
        pass();
        const QRect area = m_plot.axisRect()->rect();
        const double longest = std::min(style.px(130), size.height() * 0.34);
        labelAxis(m_plot.xAxis, m_drawn->figure->x, area.width() / m_plot.xAxis->range().size(), longest);
        labelAxis(m_plot.yAxis, m_drawn->figure->y, area.height() / m_plot.yAxis->range().size(),
                  std::min(style.px(230), size.width() * 0.28));
    }
}

void FigurePlot::labelAxis(QCPAxis* axis, const protocol::Axis& from, double spacing, double longest)
{
    const PlotStyle& style = m_drawn->style;
    const bool horizontal = axis == m_plot.xAxis;
    const QRect area = axis->axisRect()->rect();
    axis->setLabel(fittedLabel(axisText(from.label, from.unit), QFontMetricsF(axis->labelFont()),
                               horizontal ? area.width() : area.height()));
    if (from.scale != AxisScale::Category) {
        const double length = horizontal ? area.width() : area.height();
        axis->ticker()->setTickCount(
            std::clamp(static_cast<int>(length / style.px(horizontal ? 100 : 58)), 2, 6));
        axis->setTickLabelRotation(0);
        return;
    }
    QStringList names;
    for (const auto& name : from.categories)
        names << QString::fromStdString(name);
    CategoryLabels labels;
    const QFontMetricsF metrics(axis->tickLabelFont());
    if (horizontal) {
        labels = fitCategories(names, metrics, spacing, longest);
    } else {
        const int every =
            std::max(1, static_cast<int>(std::ceil(metrics.height() * 0.9 / std::max(1.0, spacing))));
        const QStringList fitting = shortened(names, metrics, longest);
        for (int i = 0; i < names.size(); ++i)
            labels.texts << (i % every == 0 ? fitting[i] : QString());
    }
    const auto ticker = axis->ticker().dynamicCast<QCPAxisTickerText>();
    if (!ticker)
        return;
    ticker->clear();
    for (int i = 0; i < labels.texts.size(); ++i)
        if (!labels.texts[i].isEmpty())
            ticker->addTick(i, labels.texts[i]);
    axis->setTickLabelRotation(labels.rotation);
}

/// Confusion matrices keep cells near to squares instead of stretching over a wide window.
void FigurePlot::limitCells(const QSize& size)
{
    QCPAxisRect* area = m_plot.axisRect();
    const protocol::Figure& figure = *m_drawn->figure;
    area->setMaximumSize(QWIDGETSIZE_MAX, QWIDGETSIZE_MAX);
    if (!isOnlyCells(figure) || figure.x.scale != AxisScale::Category ||
        figure.y.scale != AxisScale::Category)
        return;
    constexpr double kWidest = 1.45;
    const double columns = m_home.x.high - m_home.x.low, rows = m_home.y.high - m_home.y.low;
    const double height = std::min(area->height(), size.height());
    area->setMaximumSize(std::max(qRound(m_drawn->style.px(40)), qRound(height * columns / rows * kWidest)),
                         QWIDGETSIZE_MAX);
}

void FigurePlot::showAll()
{
    m_plot.xAxis->setRange(m_home.x.low, m_home.x.high);
    m_plot.yAxis->setRange(m_home.y.low, m_home.y.high);
}

bool FigurePlot::showsAll() const
{
    const QCPRange x = m_plot.xAxis->range(), y = m_plot.yAxis->range();
    return x == QCPRange(m_home.x.low, m_home.x.high) && y == QCPRange(m_home.y.low, m_home.y.high);
}

void FigurePlot::setVisible(Range x, Range y)
{
    const auto apply = [](QCPAxis* axis, Range wanted, const Range& home) {
        const bool log = axis->scaleType() == QCPAxis::stLogarithmic;
        const auto in = [log](double v) { return log ? std::log10(v) : v; };
        const auto out = [log](double v) { return log ? std::pow(10.0, v) : v; };
        if (log && !(wanted.low > 0))
            return;
        const double homeLow = in(home.low), homeHigh = in(home.high), whole = homeHigh - homeLow;
        const double size = std::clamp(in(wanted.high) - in(wanted.low), whole * 1e-6, whole * 1.5);
        const double centre = std::clamp((in(wanted.low) + in(wanted.high)) / 2, homeLow, homeHigh);
        if (std::isfinite(size) && std::isfinite(centre))
            axis->setRange(out(centre - size / 2), out(centre + size / 2));
    };
    apply(m_plot.xAxis, x, m_home.x);
    apply(m_plot.yAxis, y, m_home.y);
}

FigurePlot::Hit FigurePlot::hit(const QPointF& position) const
{
    Hit best;
    if (!m_drawn || !m_plot.axisRect()->rect().adjusted(-3, -3, 3, 3).contains(position.toPoint()))
        return best;
    double nearest = m_drawn->style.px(9);
    for (qsizetype i = m_layers.size() - 1; i >= 0; --i) {
        double distance = 0;
        const int mark = m_layers[i]->markAt(position, nearest, &distance);
        // Reference lines lie across everything; data under the cursor comes first.
        const double weighed =
            m_layers[i]->layer().kind == LayerKind::Marks ? distance + m_drawn->style.px(5) : distance;
        if (mark >= 0 && (weighed < nearest || !best.isValid())) {
            nearest = weighed;
            best = {static_cast<int>(i), mark};
        }
    }
    return best;
}

QVector<FigurePlot::Hit> FigurePlot::within(const QRectF& rect) const
{
    QVector<Hit> hits;
    for (qsizetype i = 0; i < m_layers.size(); ++i) {
        if (m_layers[i]->layer().kind == LayerKind::Marks)
            continue;
        for (int mark = 0; mark < m_layers[i]->markCount(); ++mark)
            if (const QRectF place = m_layers[i]->markRect(mark); !place.isNull() && rect.intersects(place))
                hits.append({static_cast<int>(i), mark});
    }
    return hits;
}

QRectF FigurePlot::rectOf(const Hit& hit) const
{
    return hit.isValid() && hit.layer < m_layers.size() && hit.mark < m_layers[hit.layer]->markCount()
               ? m_layers[hit.layer]->markRect(hit.mark)
               : QRectF();
}

QVector<qint64> FigurePlot::samplesOf(const QVector<Hit>& hits) const
{
    QVector<qint64> ids;
    QSet<qint64> seen;
    for (const Hit& hit : hits)
        for (const std::int64_t id :
             m_layers[hit.layer]->layer().samples.of(static_cast<std::size_t>(hit.mark)))
            if (!seen.contains(id)) {
                seen.insert(id);
                ids << id;
            }
    return ids;
}

void FigurePlot::showSelection(const Selection& selection)
{
    for (LayerPlottable* layer : m_layers) {
        const auto& samples = layer->layer().samples;
        QVector<float> shares;
        if (!selection.isEmpty() && !samples.empty()) {
            shares.fill(0, static_cast<qsizetype>(samples.marks()));
            for (std::size_t mark = 0; mark < samples.marks(); ++mark) {
                const auto from = samples.ids.begin() + samples.offsets[mark];
                const auto to = samples.ids.begin() + samples.offsets[mark + 1];
                const auto chosen =
                    std::count_if(from, to, [&](qint64 id) { return selection.contains(id); });
                if (chosen > 0)
                    shares[static_cast<qsizetype>(mark)] =
                        static_cast<float>(chosen) / static_cast<float>(to - from);
            }
        }
        layer->setShares(std::move(shares));
    }
}

void FigurePlot::setHot(const Hit& hit)
{
    for (qsizetype i = 0; i < m_layers.size(); ++i)
        m_layers[i]->setHot(i == hit.layer ? hit.mark : -1);
}

} // namespace assay::widgets
