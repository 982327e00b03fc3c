#pragma once

#include "backend/protocol/figure.h"

#include <QString>
#include <QVector>

#include <memory>

namespace assay::widgets {

/// A figure of one run, and which run that is.
struct OverlaidFigure
{
    std::shared_ptr<const protocol::Figure> figure;
    QString run;    ///< what the run is called in legends
    int colour = 0; ///< its place among the runs compared: the same run has the same colour in all figures
};

struct FigureOverlay
{
    std::shared_ptr<const protocol::Figure> figure; ///< null when there is none
    QString notice; ///< why there is none, or what was lost; a sentence, or empty
};

/// Draws figures of one name over each other. Their axes must have the same label, unit and scale.
///
/// Lines, points, bands and bars: a layer becomes "layer · run" ("run" where each figure has only one), in
/// the colour of its run (role "series:N:V"), with dash, marker or hatch V by layer. Bars stand side by
/// side; those that were stacked stay stacked, run by run. Names of category axes are merged: a mark goes to
/// the place of its name in the union, first run first. Boxes go to places of their own, "name · run".
/// Reference lines, and layers of roles such as "chance", that are the same in all runs stay as they are,
/// once. Fixed axis limits are widened to hold all of them.
///
/// Cells: for two figures of one cell layer each, a figure of the difference, second minus first, on a
/// diverging scale about 0; cells go by the names of their axes, and those of one run only stay empty. Cells
/// whose colours are categories, more than two runs, and grids of different places have none.
///
/// @param keepSamples marks keep their sample ids: only right where all runs have one data set.
/// Pure. Marks of an overlay set no live parameters and open no gallery.
FigureOverlay overlayFigures(const QVector<OverlaidFigure>& figures, bool keepSamples);

} // namespace assay::widgets
