#include "widgets/figures/plot_renderer.h"
#include "widgets/report/forms/pdf_pieces.h"
#include "widgets/report/report_markdown.h"

#include <qcustomplot.h>

#include <QAbstractTextDocumentLayout>
#include <QPagedPaintDevice>
#include <QTextBlock>
#include <QTextCursor>
#include <QTextDocument>
#include <QTextLayout>
#include <QTextList>
#include <QTextTable>

#include <algorithm>

namespace assay::widgets {

namespace {

using DocumentPointer = std::shared_ptr<QTextDocument>;

/// One line of a document.
struct DocumentLine
{
    QTextBlock block;
    QPointF origin; ///< of the block in the document, wherever it is nested
    int line = 0;

    QTextLine value() const { return block.layout()->lineAt(line); }
    double top() const { return origin.y() + value().y(); }
};

QPointF originOf(const QTextBlock& block)
{
    return block.document()->documentLayout()->blockBoundingRect(block).topLeft();
}

QString bulletOf(const QTextBlock& block)
{
    const QTextList* list = block.textList();
    if (!list)
        return {};
    switch (list->format().style()) {
    case QTextListFormat::ListDisc:
        return QStringLiteral("•");
    case QTextListFormat::ListCircle:
        return QStringLiteral("◦");
    case QTextListFormat::ListSquare:
        return QStringLiteral("▪");
    default:
        return list->itemText(block);
    }
}

void drawLine(QPainter& painter, const DocumentLine& line, double left, double top)
{
    const QTextLine text = line.value();
    const double x = left + line.origin.x();
    text.draw(&painter, QPointF(x, top - text.y()));
    if (const QString bullet = line.line == 0 ? bulletOf(line.block) : QString(); !bullet.isEmpty()) {
        const QFont font = line.block.charFormat().font();
        painter.setFont(font);
        const QFontMetricsF metrics(font, painter.device());
        painter.drawText(
            QPointF(x + text.x() - metrics.horizontalAdvance(bullet + QLatin1Char(' ')), top + text.ascent()),
            bullet);
    }
}

QTextTable* outerTable(const QTextBlock& block)
{
    QTextTable* found = nullptr;
    for (QTextFrame* frame = QTextCursor(block).currentFrame(); frame; frame = frame->parentFrame()) {
        if (auto* table = qobject_cast<QTextTable*>(frame))
            found = table;
    }
    return found;
}

QVector<DocumentLine> linesOf(const QTextTableCell& cell)
{
    QVector<DocumentLine> lines;
    for (auto it = cell.begin(); !it.atEnd(); ++it) {
        const QTextBlock block = it.currentBlock();
        for (int i = 0; block.isValid() && i < block.layout()->lineCount(); ++i)
            lines.append({block, originOf(block), i});
    }
    return lines;
}

/// Makes pieces of one laid out document.
class DocumentPieces
{
public:
    DocumentPieces(DocumentPointer document, const PdfStyle& style, const PdfTextOptions& options)
        : m_document(std::move(document))
        , m_style(style)
        , m_options(options)
    {}

    PdfPieces run()
    {
        for (QTextBlock block = m_document->begin(); block.isValid();) {
            if (QTextTable* table = outerTable(block)) {
                addTable(*table);
                const int behind = table->lastPosition() + 1;
                while (block.isValid() && block.position() < behind)
                    block = block.next();
                continue;
            }
            addBlock(block);
            block = block.next();
        }
        if (!m_pieces.isEmpty())
            m_pieces.first().flow.gap = 0;
        return std::move(m_pieces);
    }

private:
    /// Adds the strip [top, bottom) of the document.
    void add(double top, double bottom, bool keep,
             std::function<void(QPainter&, double left, double top)> draw)
    {
        const double gap = std::max(0.0, top - m_bottom);
        m_bottom = bottom;
        const QColor ink = m_options.muted ? m_style.theme.mutedText : m_style.theme.text;
        const double indent = m_options.indent;
        m_pieces.append({{bottom - top, gap, keep},
                         [document = m_document, draw = std::move(draw), ink, indent](QCPPainter& painter,
                                                                                      const QRectF& place) {
                             painter.setPen(ink);
                             draw(painter, place.left() + indent, place.top());
                         }});
    }

    void addBlock(const QTextBlock& block)
    {
        const int count = block.layout()->lineCount();
        const bool heading = block.blockFormat().headingLevel() > 0;
        const bool announces = block.text().trimmed().endsWith(QLatin1Char(':'));
        if (block.blockFormat().hasProperty(QTextFormat::BlockTrailingHorizontalRulerWidth))
            return addRule(block);
        if (block.text().isEmpty())
            return; // between a table and what follows it
        for (int i = 0; i < count; ++i) {
            const DocumentLine line{block, originOf(block), i};
            const bool keep =
                i + 1 == count ? heading || announces : heading || count <= 3 || i == 0 || i + 2 == count;
            add(line.top(), line.top() + line.value().height(), keep,
                [line](QPainter& painter, double left, double top) { drawLine(painter, line, left, top); });
        }
    }

    void addRule(const QTextBlock& block)
    {
        const double y = originOf(block).y();
        const double width = m_style.width, stroke = 0.12 * kUnitsPerMm;
        const QColor colour = m_style.theme.plotAxis;
        add(y, y + 2.0 * kUnitsPerMm, false, [=](QPainter& painter, double left, double top) {
            painter.fillRect(QRectF(left, top + kUnitsPerMm, width, stroke), colour);
        });
    }

    void addTable(QTextTable& table)
    {
        const QRectF frame = m_document->documentLayout()->frameBoundingRect(&table);
        const double padding = 0.9 * kUnitsPerMm;
        const int head = int(m_pieces.size());
        double bottom = frame.top();
        for (int row = 0; row < table.rows(); ++row) {
            QVector<DocumentLine> lines;
            double top = 1e18;
            for (int column = 0; column < table.columns(); ++column)
                lines += linesOf(table.cellAt(row, column));
            for (const DocumentLine& line : lines) {
                top = std::min(top, line.top());
                bottom = std::max(bottom, line.top() + line.value().height());
            }
            const bool first = row == 0, last = row + 1 == table.rows();
            const double from = std::min(top, bottom) - padding, shift = top - from;
            const QColor ink = m_style.theme.text;
            const double width = frame.width(), height = bottom + padding - from;
            add(from, from + height, !last && (row < 2 || row + 2 >= table.rows()),
                [=](QPainter& painter, double left, double at) {
                    for (const DocumentLine& line : lines)
                        drawLine(painter, line, left, at + shift + line.top() - top);
                    const auto rule = [&](double y, double mm) {
                        painter.fillRect(QRectF(left, y, width, mm * kUnitsPerMm), ink);
                    };
                    if (first)
                        rule(at, 0.28);
                    if (first || last)
                        rule(at + height, last ? 0.28 : 0.17);
                });
            if (!first) {
                m_pieces.last().flow.gap = 0;
                m_pieces.last().flow.repeats = head;
            }
        }
        m_bottom = frame.bottom();
    }

    DocumentPointer m_document;
    const PdfStyle& m_style;
    const PdfTextOptions& m_options;
    PdfPieces m_pieces;
    double m_bottom = 0;
};

/// What Qt's HTML reader makes of tables and code, set for paper.
void settle(QTextDocument& document, const PdfStyle& style)
{
    const QString mono = style.mono(9).family();
    for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) {
        QTextBlockFormat format = block.blockFormat();
        if (!format.nonBreakableLines())
            continue;
        QTextCursor cursor(block);
        format.setNonBreakableLines(false);
        format.setLeftMargin(format.leftMargin() + 12);
        cursor.setBlockFormat(format);
    }
    const auto frames = document.rootFrame()->childFrames();
    for (QTextFrame* frame : frames) {
        if (auto* table = qobject_cast<QTextTable*>(frame)) {
            QTextTableFormat format = table->format();
            format.setBorder(0);
            format.setCellSpacing(0);
            format.setCellPadding(5);
            format.setTopMargin(6);
            format.setBottomMargin(8);
            table->setFormat(format);
        }
    }
}

} // namespace

QFont PdfStyle::font(double pt, QFont::Weight weight) const
{
    QFont font = theme.font();
    font.setPointSizeF(pt);
    font.setWeight(weight);
    font.setHintingPreference(QFont::PreferNoHinting);
    // Fonts draw some pairs as glyphs of their own, which no reader of the file could find or copy as text.
    font.setStyleStrategy(QFont::PreferNoShaping);
    return font;
}

QFont PdfStyle::mono(double pt) const
{
    QFont font = theme.monoFont();
    font.setPointSizeF(pt);
    font.setHintingPreference(QFont::PreferNoHinting);
    // Fonts draw some pairs as glyphs of their own, which no reader of the file could find or copy as text.
    font.setStyleStrategy(QFont::PreferNoShaping);
    return font;
}

QFontMetricsF PdfStyle::metrics(const QFont& font) const
{
    return QFontMetricsF(font, device);
}

void append(PdfPieces& pieces, PdfPieces more, double gap)
{
    const int base = int(pieces.size());
    for (qsizetype i = 0; i < more.size(); ++i) {
        if (more[i].flow.repeats >= 0)
            more[i].flow.repeats += base;
        if (i == 0)
            more[i].flow.gap = gap;
    }
    pieces += more;
}

void keepTogether(PdfPieces& pieces)
{
    for (qsizetype i = 0; i + 1 < pieces.size(); ++i)
        pieces[i].flow.keepWithNext = true;
}

PdfPieces pdfText(const QString& html, const PdfStyle& style, const PdfTextOptions& options)
{
    auto document = std::make_shared<QTextDocument>();
    document->setUndoRedoEnabled(false);
    document->setDocumentMargin(0);
    document->setDefaultFont(style.font(options.pt));
    document->documentLayout()->setPaintDevice(style.device);
    QTextOption wrap(options.centred ? Qt::AlignHCenter : Qt::AlignLeft);
    wrap.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    document->setDefaultTextOption(wrap);
    const QString ink = (options.muted ? style.theme.mutedText : style.theme.text).name();
    const QString mono = style.mono(9).family();
    document->setDefaultStyleSheet(
        QStringLiteral("body { color: %1 } p { margin-top: 0; margin-bottom: 7px; line-height: 118% }"
                       "li { margin-bottom: 2px } a { color: #1F3F8F; text-decoration: none }"
                       "h1 { font-size: 17pt } h2 { font-size: 14pt; margin-top: 16px; margin-bottom: 6px }"
                       "h3 { font-size: 11.5pt; margin-top: 12px; margin-bottom: 5px }"
                       "h4, h5, h6 { font-size: 10pt; margin-top: 10px; margin-bottom: 4px }"
                       "h1, h2, h3, h4, h5, h6 { font-weight: 600 }"
                       "pre, code, tt { font-family: '%2'; font-size: %3pt }")
            .arg(ink, mono)
            .arg(options.pt * 0.9));
    document->setHtml(QStringLiteral("<body>%1</body>").arg(html));
    settle(*document, style);
    document->setTextWidth(style.width - 2 * options.indent);
    document->size(); // lays it out to its end
    return DocumentPieces(std::move(document), style, options).run();
}

PdfPieces pdfCaption(const QString& label, const QString& captionMarkdown, const PdfStyle& style)
{
    const QString caption = markdownInlineHtml(captionMarkdown);
    const QString head =
        label.isEmpty() ? QString() : QStringLiteral("<b>%1.</b> ").arg(label.toHtmlEscaped());
    const QString html = caption.startsWith(QLatin1String("<p>"))
                             ? QStringLiteral("<p>") + head + caption.mid(3)
                             : QStringLiteral("<p>%1%2</p>").arg(head, caption);
    PdfPieces pieces = pdfText(html, style, {.pt = 8.5, .indent = 4.0 * kUnitsPerMm});
    keepTogether(pieces);
    return pieces;
}

PdfLines pdfLines(const QString& text, const QFont& font, double width, Qt::Alignment alignment,
                  const PdfStyle& style)
{
    PdfLines lines{std::make_shared<QTextLayout>(text, font, style.device)};
    QTextOption option(alignment);
    option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    lines.layout->setTextOption(option);
    lines.layout->beginLayout();
    for (QTextLine line = lines.layout->createLine(); line.isValid(); line = lines.layout->createLine()) {
        line.setLineWidth(width);
        line.setPosition(QPointF(0, lines.height));
        lines.height += line.height();
        lines.natural = std::max(lines.natural, line.naturalTextWidth());
    }
    lines.layout->endLayout();
    return lines;
}

} // namespace assay::widgets
