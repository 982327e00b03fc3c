#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/json.h"

#include <QByteArray>
#include <QString>
#include <QStringList>
#include <QVector>

#include <optional>

namespace assay::widgets {

struct ExportOptions
{
    double widthMm = 120;
    double heightMm = 75;
    int dpi = 300; ///< true resolution of PNG, stored in the file
    double fontPt = 8;
    bool showTitle = true; ///< off for papers, where the caption says it
    bool greySafe = false; ///< dashes, markers and hatches by series: survives printing in grey
};

/// What a figure carries of where it came from: {"assay", "run", "spec", "figure", "figure_sha256",
/// "provenance", "outputs_sha256"}. Enough to open the run or to run it again and compare the digits.
struct Evidence
{
    Json json;
    static QByteArray key(); ///< "Assay-Evidence": PNG text key, SVG metadata id, PDF information key
};

/// Draws @p figure in the light print theme and writes it with its evidence inside, atomically.
/// The suffix of @p path chooses the format: pdf, svg, png or csv. Beside pdf, svg and png the plotted
/// numbers are written as PATH.csv. @returns the files written. @throws Error (unwritable, disk full, ...).
/// Needs a QApplication (offscreen will do) except for csv.
QStringList exportFigure(const protocol::Figure& figure, const Evidence& evidence, const QString& path,
                         const ExportOptions& options = {});

/// The plotted numbers of a figure: one row per mark, full precision.
QByteArray figureCsv(const protocol::Figure& figure);

/// SHA-256 of the figure's numbers: equal digits, equal hash.
QString figureHash(const protocol::Figure& figure);

/// Reads the evidence of a file exported by Assay; nullopt when it has none. Hostile files give nullopt
/// or an Error, never more than a bounded amount of memory.
std::optional<Evidence> readEvidence(const QString& path);

/// That of each figure in the PDF of a report, in their order; nullopt for any other file. Bounds and errors
/// as those of readEvidence().
std::optional<QVector<Evidence>> readReportEvidence(const QString& path);

} // namespace assay::widgets
