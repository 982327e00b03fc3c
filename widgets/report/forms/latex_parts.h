#pragma once

#include "widgets/report/forms/pdf_pieces.h"
#include "widgets/report/report_content.h"

#include <QByteArray>
#include <QString>

namespace assay::widgets {

class LatexFolder;

// The parts of the LaTeX report, each as text for main.tex. What a part needs as files it writes into the
// folder. Everything that comes from runs and notes goes through latexText() or markdownLatex().

inline constexpr double kLatexTextMm = 160, kLatexPageMm = 240;

QString latexPreamble(const ReportContent& content);
/// @p figures: what they are drawn with, but for their size.
QString latexFigure(const ContentItem& item, ExportOptions figures, LatexFolder& folder);
QString latexGallery(const ContentItem& item, LatexFolder& folder);
QString latexTable(const ContentItem& item, LatexFolder& folder);
QString latexProblem(const QString& sentence);
QString latexAppendix(const ReportContent& content);

/// A note in Markdown.
QString latexNote(const QString& markdown);
/// The caption and the anchors that \ref and \hyperlink lead to.
QString latexCaption(const ContentItem& item);
/// For floats that go on where a page ends: the same number again.
QString latexContinued();

/// As latexText(), with places at which a long name may be parted between lines.
QString latexBreakable(const QString& text);
/// What stands in \texttt in @p latex with such places.
QString latexBreakableCode(const QString& latex);
/// "12.5mm"
QString latexMm(double mm);

/// Columns of a table for a tabular or longtable, and the size of its letters.
struct LatexColumns
{
    QString spec;    ///< "lrp{30mm}"
    QString letters; ///< "\\footnotesize"
    QVector<bool> breakable;
};
/// Long texts are wrapped so that the table is no wider than the text, where that can be.
LatexColumns latexColumns(const PaperTable& table);
/// Cells with & between them and \\ behind.
QString latexRow(const QStringList& cells, const LatexColumns& columns);

/// The numbers of one layer for pgfplots' "table": a line of names, then a line for each mark, parted by
/// spaces, full precision, "nan" for what is missing.
QByteArray layerData(const protocol::Figure& figure, std::size_t layer);
/// A pgfplots picture of @p figure that reads DATA-1.dat, DATA-2.dat, ..., the data of its layers. Empty when
/// a layer is neither line, band, bars, points nor reference line.
QByteArray pgfPicture(const protocol::Figure& figure, const QString& data, double widthMm, double heightMm);

} // namespace assay::widgets
