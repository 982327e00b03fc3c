#pragma once

#include "widgets/report/comparison/figure_overlay.h"

#include <vector>

namespace assay::widgets {

/// One axis of figures that are laid over each other.
class AxisMerge
{
public:
    /// @param what "x axis", "y axis": for the sentence why not.
    AxisMerge(const QVector<OverlaidFigure>& figures, protocol::Axis protocol::Figure::*axis,
              const QString& what);

    /// Why the axes do not fit, in words for the end of a sentence; empty when they do.
    const QString& problem() const { return m_problem; }
    /// The axis that holds all of them: categories of all, limits of all.
    const protocol::Axis& axis() const { return m_axis; }
    /// Where @p position of figure @p figure lies on it.
    double place(qsizetype figure, double position) const;
    std::vector<double> placed(qsizetype figure, const std::vector<double>& positions) const;

private:
    void mergeCategories(const QVector<OverlaidFigure>& figures, protocol::Axis protocol::Figure::*axis);
    void mergeLimits(const QVector<OverlaidFigure>& figures, protocol::Axis protocol::Figure::*axis);

    protocol::Axis m_axis;
    QString m_problem;
    std::vector<std::vector<int>> m_places; ///< by figure and category; empty when they are no categories
};

} // namespace assay::widgets
