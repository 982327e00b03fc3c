#include "widgets/report/comparison/axis_merge.h"

#include "widgets/figures/plot_style.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

struct AxisMergeWords
{
    Q_DECLARE_TR_FUNCTIONS(AxisMerge)
};

QString scaleText(protocol::AxisScale scale)
{
    switch (scale) {
    case protocol::AxisScale::Log:
        return AxisMergeWords::tr("logarithmic");
    case protocol::AxisScale::Category:
        return AxisMergeWords::tr("names");
    case protocol::AxisScale::Linear:
        break;
    }
    return AxisMergeWords::tr("linear");
}

} // namespace

AxisMerge::AxisMerge(const QVector<OverlaidFigure>& figures, protocol::Axis protocol::Figure::*axis,
                     const QString& what)
    : m_axis((*figures.first().figure).*axis)
{
    m_axis.sets.clear();
    for (const OverlaidFigure& other : figures) {
        const protocol::Axis& theirs = (*other.figure).*axis;
        QString mine, its;
        if (theirs.scale != m_axis.scale) {
            mine = scaleText(m_axis.scale);
            its = scaleText(theirs.scale);
        } else if (theirs.label != m_axis.label || theirs.unit != m_axis.unit) {
            mine = axisText(m_axis.label, m_axis.unit);
            its = axisText(theirs.label, theirs.unit);
        } else {
            continue;
        }
        m_problem = AxisMergeWords::tr("its %1 is “%2” in %3 and “%4” in %5")
                        .arg(what, mine, figures.first().run, its, other.run);
        return;
    }
    if (m_axis.scale == protocol::AxisScale::Category)
        mergeCategories(figures, axis);
    mergeLimits(figures, axis);
}

void AxisMerge::mergeCategories(const QVector<OverlaidFigure>& figures,
                                protocol::Axis protocol::Figure::*axis)
{
    std::vector<std::string>& all = m_axis.categories;
    all.clear();
    for (const OverlaidFigure& other : figures) {
        std::vector<int>& places = m_places.emplace_back();
        std::vector<bool> taken(all.size(), false);
        for (const std::string& name : ((*other.figure).*axis).categories) {
            // A name that a figure has twice has two places.
            std::size_t at = 0;
            while (at < all.size() && (taken[at] || all[at] != name))
                ++at;
            if (at == all.size()) {
                all.push_back(name);
                taken.push_back(true);
            }
            taken[at] = true;
            places.push_back(static_cast<int>(at));
        }
    }
}

void AxisMerge::mergeLimits(const QVector<OverlaidFigure>& figures, protocol::Axis protocol::Figure::*axis)
{
    for (const OverlaidFigure& other : figures) {
        const protocol::Axis& theirs = (*other.figure).*axis;
        m_axis.low =
            m_axis.low && theirs.low ? std::optional(std::min(*m_axis.low, *theirs.low)) : std::nullopt;
        m_axis.high =
            m_axis.high && theirs.high ? std::optional(std::max(*m_axis.high, *theirs.high)) : std::nullopt;
        // Limits of places: one more name, and they no longer fit.
        if (theirs.categories.size() != m_axis.categories.size())
            m_axis.low = m_axis.high = std::nullopt;
    }
}

double AxisMerge::place(qsizetype figure, double position) const
{
    if (m_places.empty() || !std::isfinite(position))
        return position;
    const std::vector<int>& places = m_places[static_cast<std::size_t>(figure)];
    const double category = std::round(position);
    if (category < 0 || category >= static_cast<double>(places.size()))
        return position;
    // Marks may lie beside the middle of their place.
    return places[static_cast<std::size_t>(category)] + (position - category);
}

std::vector<double> AxisMerge::placed(qsizetype figure, const std::vector<double>& positions) const
{
    std::vector<double> result = positions;
    for (double& position : result)
        position = place(figure, position);
    return result;
}

} // namespace assay::widgets
