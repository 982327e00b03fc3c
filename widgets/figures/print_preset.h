#pragma once

#include <QString>
#include <QVector>

namespace assay::widgets {

/// How wide figures are at one venue, and how large the letters in them.
struct PrintPreset
{
    QString id;      ///< stored in reports and settings: never changed
    QString name;    ///< for people
    double columnMm; ///< one column; as wide as pageMm where the text has only one
    double pageMm;   ///< the whole text
    double fontPt;   ///< of the text in figures, printed at that width
};

/// All presets, the one for reports on A4 first.
///
/// Widths: what the venues' own style files and author pages say. cvpr.sty (\textwidth 6.875 in, \columnsep
/// 0.3125 in), IEEE Author Center "Size requirements for graphics" (3.5 in, 7.16 in), neurips.sty and
/// iclr.sty (5.5 in), icml.sty (3.25 in, 6.75 in), acmart.cls sigconf (letter paper less 54 pt left and
/// right, \columnsep 24 pt), llncs.cls (12.2 cm), Elsevier "Artwork sizing" (90 mm, 190 mm), Nature "Building
/// and exporting figure panels" (89 mm, 183 mm). Letters: 7 pt where the venue says so (Elsevier, Nature: 5
/// to 7 pt); elsewhere 8 pt, a size below the captions; slides are our choice (10 in wide, 16 pt).
const QVector<PrintPreset>& printPresets();

/// The preset of that id; the first when it is empty or unknown.
const PrintPreset& printPreset(const QString& id);

/// A height that suits a figure of that width, in whole mm: narrow figures are taller in proportion (0.7 of
/// the width in a column, 0.48 across a page). Slides: 9/16.
double usualHeightMm(const PrintPreset& preset, double widthMm);

} // namespace assay::widgets
