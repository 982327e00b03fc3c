#include "widgets/figures/plot_renderer.h"
#include "widgets/report/forms/command_lines.h"
#include "widgets/report/forms/pdf_pieces.h"
#include "widgets/report/forms/report_words.h"
#include "widgets/report/run_traces.h"

#include <qcustomplot.h>

#include <QTextLayout>

namespace assay::widgets {

namespace {

PaperTable tableOf(const QVector<TraceRow>& rows, const QStringList& head)
{
    PaperTable table;
    table.head = head;
    table.numeric = {false, false};
    for (const TraceRow& row : rows) {
        table.rows << QStringList{row.name, row.value};
        table.code << row.code;
    }
    return table;
}

PdfPieces tracePieces(const RunTrace& run, const PdfStyle& style)
{
    PdfPieces pieces = pdfText(QStringLiteral("<h3>%1</h3>").arg(traceHeading(run).toHtmlEscaped()), style);
    append(pieces, pdfTable(tableOf(traceRows(run), {}), style), 1.5 * kUnitsPerMm);
    const QVector<TraceRow> parameters = parameterRows(run);
    if (!parameters.isEmpty()) {
        const QStringList head{parameterTitle(), valueTitle()};
        append(pieces, pdfTable(tableOf(parameters, head), style), 3 * kUnitsPerMm);
    }
    if (!run.command.isEmpty()) {
        append(pieces, pdfText(QStringLiteral("<h4>%1</h4>").arg(commandTitle().toHtmlEscaped()), style),
               3 * kUnitsPerMm);
        const QString command = commandLines(run.command).join(QLatin1Char('\n'));
        append(pieces,
               pdfText(QStringLiteral("<pre>%1</pre>").arg(command.toHtmlEscaped()), style, {.pt = 8.5}),
               kUnitsPerMm);
    }
    return pieces;
}

} // namespace

PdfPieces pdfProblem(const QString& sentence, const PdfStyle& style)
{
    const double inside = 2.2 * kUnitsPerMm;
    const PdfLines lines = pdfLines(sentence, style.font(9), style.width - 2 * inside, Qt::AlignLeft, style);
    PdfPiece piece;
    piece.flow.height = lines.height + 2 * inside;
    piece.paint = [=, theme = style.theme, width = style.width](QCPPainter& painter, const QRectF& place) {
        painter.setPen(QPen(theme.text, 0.25 * kUnitsPerMm));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(QRectF(place.left(), place.top(), width, place.height()));
        lines.layout->draw(&painter, place.topLeft() + QPointF(inside, inside));
    };
    return {piece};
}

PdfPieces pdfAppendix(const ReportContent& content, const PdfStyle& style)
{
    PdfPieces pieces;
    if (content.runs.isEmpty() && content.notices.isEmpty())
        return pieces;
    pieces = pdfText(QStringLiteral("<h2>%1</h2><p>%2</p>")
                         .arg(appendixTitle().toHtmlEscaped(), appendixText().toHtmlEscaped()),
                     style);
    pieces.last().flow.keepWithNext = true;
    for (const QString& notice : content.notices)
        append(pieces, pdfProblem(notice, style), 2.5 * kUnitsPerMm);
    for (const RunTrace& run : content.runs)
        append(pieces, tracePieces(run, style), 6 * kUnitsPerMm);
    return pieces;
}

} // namespace assay::widgets
