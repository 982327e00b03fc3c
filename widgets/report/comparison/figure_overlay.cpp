#include "widgets/report/comparison/figure_overlay.h"

#include "widgets/report/comparison/axis_merge.h"
#include "widgets/report/comparison/cell_difference.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>

namespace assay::widgets {

namespace {

using protocol::LayerKind;

struct FigureOverlayWords
{
    Q_DECLARE_TR_FUNCTIONS(FigureOverlay)
};

bool anyLayer(const QVector<OverlaidFigure>& figures, LayerKind kind)
{
    return std::any_of(figures.begin(), figures.end(), [kind](const OverlaidFigure& f) {
        const auto& layers = f.figure->layers;
        return std::any_of(layers.begin(), layers.end(), [kind](const auto& l) { return l.kind == kind; });
    });
}

/// What is drawn for orientation, in no run's colour as long as all runs agree about it.
bool isReference(const protocol::Layer& layer)
{
    static const QStringList roles{"chance", "neutral", "ink", "empty"};
    return layer.kind == LayerKind::Marks || roles.contains(QString::fromStdString(layer.role));
}

class OverlayBuilder
{
public:
    OverlayBuilder(const QVector<OverlaidFigure>& figures, bool keepSamples, AxisMerge x, AxisMerge y)
        : m_figures(figures)
        , m_keepSamples(keepSamples)
        , m_x(std::move(x))
        , m_y(std::move(y))
        , m_boxes(anyLayer(figures, LayerKind::Boxes))
        , m_moved(m_figures.size())
    {
        for (qsizetype k = 0; k < m_figures.size(); ++k) {
            for (const protocol::Layer& layer : m_figures[k].figure->layers)
                m_moved[k].push_back(moved(k, layer));
        }
        findShared();
    }

    std::shared_ptr<protocol::Figure> build()
    {
        auto result = std::make_shared<protocol::Figure>(*m_figures.first().figure);
        result->x = m_x.axis();
        result->y = m_y.axis();
        result->sets.clear();
        result->opens.clear();
        result->layers = m_shared;
        if (m_boxes)
            spreadCategories(result->x);
        const bool single = std::all_of(m_moved.begin(), m_moved.end(),
                                        [](const auto& layers) { return layers.size() <= 1; });
        for (qsizetype k = 0; k < m_figures.size(); ++k) {
            for (protocol::Layer layer : m_moved[k]) {
                const int variant = variantOf(layer.name);
                const std::string run = m_figures[k].run.toStdString();
                layer.name = single || layer.name.empty() ? run : layer.name + " · " + run;
                if (!layer.stack.empty())
                    layer.stack += " · " + run;
                if (layer.kind == LayerKind::Marks) { // their labels stand in the plot, not in the legend
                    for (std::string& label : layer.labels)
                        label += label.empty() ? "" : " · " + run;
                }
                layer.role = "series:" + std::to_string(m_figures[k].colour) + ":" + std::to_string(variant);
                if (!m_keepSamples)
                    layer.samples = {};
                result->layers.push_back(std::move(layer));
            }
        }
        return result;
    }

private:
    protocol::Layer moved(qsizetype figure, protocol::Layer layer) const
    {
        // Lines across the plot stay between places; whatever else has an x goes to the places of its run.
        layer.x = m_x.placed(figure, layer.x);
        layer.y = m_y.placed(figure, layer.y);
        if (m_y.axis().scale == protocol::AxisScale::Category) {
            layer.low = m_y.placed(figure, layer.low);
            layer.high = m_y.placed(figure, layer.high);
        }
        if (m_boxes && layer.kind != LayerKind::Marks) {
            for (double& x : layer.x)
                x = x * static_cast<double>(m_figures.size()) + static_cast<double>(figure);
        }
        return layer;
    }

    /// Takes layers out that say the same in all runs and belong to none.
    void findShared()
    {
        auto& first = m_moved.front();
        for (auto it = first.begin(); it != first.end();) {
            const auto inAll = [&](const std::vector<protocol::Layer>& layers) {
                return std::find(layers.begin(), layers.end(), *it) != layers.end();
            };
            if (!isReference(*it) || !std::all_of(m_moved.begin(), m_moved.end(), inAll)) {
                ++it;
                continue;
            }
            const protocol::Layer shared = *it;
            m_shared.push_back(shared);
            for (qsizetype k = 1; k < m_moved.size(); ++k)
                m_moved[k].erase(std::find(m_moved[k].begin(), m_moved[k].end(), shared));
            it = first.erase(it);
        }
        if (!m_keepSamples) {
            for (protocol::Layer& layer : m_shared)
                layer.samples = {};
        }
    }

    int variantOf(const std::string& name)
    {
        const QString text = QString::fromStdString(name);
        if (!m_names.contains(text))
            m_names << text;
        return static_cast<int>(m_names.indexOf(text));
    }

    /// A place for each name and run.
    void spreadCategories(protocol::Axis& axis) const
    {
        std::vector<std::string> spread;
        for (const std::string& name : axis.categories) {
            for (const OverlaidFigure& figure : m_figures)
                spread.push_back(name + " · " + figure.run.toStdString());
        }
        axis.categories = std::move(spread);
        axis.low = axis.high = std::nullopt;
    }

    const QVector<OverlaidFigure>& m_figures;
    bool m_keepSamples;
    AxisMerge m_x, m_y;
    bool m_boxes;
    QVector<std::vector<protocol::Layer>> m_moved;
    std::vector<protocol::Layer> m_shared;
    QStringList m_names;
};

QString runsText(const QVector<OverlaidFigure>& figures)
{
    QStringList runs;
    for (const OverlaidFigure& figure : figures)
        runs << figure.run;
    return runs.join(QStringLiteral(", "));
}

/// The caption that all share; else the first one's, as such.
QString captionOf(const QVector<OverlaidFigure>& figures)
{
    const std::string& first = figures.first().figure->caption;
    const bool shared = std::all_of(figures.begin(), figures.end(),
                                    [&](const OverlaidFigure& f) { return f.figure->caption == first; });
    const QString caption = QString::fromStdString(first);
    return shared || caption.isEmpty()
               ? caption
               : FigureOverlayWords::tr("Of %1: %2").arg(figures.first().run, caption);
}

/// What the values are: kept where all figures say the same.
QString settleMeaning(const QVector<OverlaidFigure>& figures, protocol::Figure& result)
{
    QString notice;
    for (const OverlaidFigure& other : figures) {
        if (other.figure->interval != result.interval)
            result.interval.clear();
        if (other.figure->rateOf == result.rateOf)
            continue;
        if (!result.rateOf.empty())
            notice = FigureOverlayWords::tr("“%1” shows rates of different things: of %2 in %3, of %4 in %5.")
                         .arg(QString::fromStdString(result.title), QString::fromStdString(result.rateOf),
                              figures.first().run, QString::fromStdString(other.figure->rateOf), other.run);
        result.rateOf.clear();
    }
    return notice;
}

} // namespace

FigureOverlay overlayFigures(const QVector<OverlaidFigure>& figures, bool keepSamples)
{
    const QString title = QString::fromStdString(figures.first().figure->title);
    const auto refused = [&](const QString& why) {
        return FigureOverlay{nullptr, FigureOverlayWords::tr("“%1” is not overlaid: %2.").arg(title, why)};
    };
    AxisMerge x(figures, &protocol::Figure::x, FigureOverlayWords::tr("x axis"));
    AxisMerge y(figures, &protocol::Figure::y, FigureOverlayWords::tr("y axis"));
    for (const AxisMerge* axis : {&x, &y}) {
        if (!axis->problem().isEmpty())
            return refused(axis->problem());
    }
    FigureOverlay overlay;
    std::shared_ptr<protocol::Figure> result;
    if (anyLayer(figures, LayerKind::Cells)) {
        QString why;
        result = cellDifference(figures, x, y, why);
        if (!result)
            return refused(why);
    } else {
        if (anyLayer(figures, LayerKind::Boxes) && x.axis().scale != protocol::AxisScale::Category)
            return refused(FigureOverlayWords::tr("boxes over numbers would cover each other"));
        result = OverlayBuilder(figures, keepSamples, std::move(x), std::move(y)).build();
        overlay.notice = settleMeaning(figures, *result);
    }
    const QString made = anyLayer(figures, LayerKind::Cells)
                             ? FigureOverlayWords::tr("%1 minus %2.").arg(figures[1].run, figures[0].run)
                             : FigureOverlayWords::tr("%1 overlaid.").arg(runsText(figures));
    result->caption = (made + QLatin1Char(' ') + captionOf(figures)).trimmed().toStdString();
    overlay.figure = std::move(result);
    return overlay;
}

} // namespace assay::widgets
