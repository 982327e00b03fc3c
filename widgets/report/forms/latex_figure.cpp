#include "widgets/figures/evidence_formats.h"
#include "widgets/figures/plot_renderer.h"
#include "widgets/report/forms/latex_folder.h"
#include "widgets/report/forms/latex_parts.h"
#include "widgets/report/forms/report_gallery.h"
#include "widgets/report/forms/report_panels.h"
#include "widgets/report/report_markdown.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

constexpr double kMostFloatMm = 200; ///< with its caption it fits a page

/// One float, or several of the same number where the rows are higher than a page.
class FloatRows
{
public:
    explicit FloatRows(const ContentItem& item)
        : m_item(item)
    {
        open();
    }

    void add(const QString& row, double heightMm)
    {
        if (m_filledMm > 0 && m_filledMm + heightMm > kMostFloatMm) {
            close();
            open();
        }
        if (m_filledMm > 0)
            m_text += QStringLiteral("  \\par\\medskip\n");
        m_text += row;
        m_filledMm += heightMm;
    }

    /// @param note below the last row
    QString finish(const QString& note)
    {
        if (!note.isEmpty())
            m_text += QStringLiteral("  \\par\\smallskip{\\footnotesize %1}\n").arg(note);
        close();
        return m_text + QLatin1Char('\n');
    }

private:
    void open()
    {
        m_text += QStringLiteral("\\begin{figure}[H]\n");
        m_text += m_floats > 0 ? QStringLiteral("  \\ContinuedFloat\n")
                               : QStringLiteral("  \\hypertarget{%1}{}%\n").arg(m_item.anchor);
        m_text += QStringLiteral("  \\centering\n");
        m_filledMm = 0;
    }

    void close()
    {
        m_text += m_floats > 0 ? latexContinued() : latexCaption(m_item);
        m_text += QStringLiteral("\\end{figure}\n");
        ++m_floats;
    }

    const ContentItem& m_item;
    QString m_text;
    int m_floats = 0;
    double m_filledMm = 0;
};

QByteArray evidenceText(const Evidence& evidence)
{
    return QByteArray::fromStdString(evidence.json.dump(-1, ' ', true, Json::error_handler_t::replace));
}

/// Writes a panel's drawing, data and pgfplots picture. @returns how main.tex includes it.
QString panelText(const QString& name, const ContentPanel& panel, const ExportOptions& options,
                  LatexFolder& folder)
{
    const QString pdf = QStringLiteral("figures/%1.pdf").arg(name);
    folder.write(pdf, embedInPdf(renderPdf(*panel.figure, options), evidenceText(panel.evidence)));
    const QString data = QStringLiteral("data/%1").arg(name);
    for (std::size_t i = 0; i < panel.figure->layers.size(); ++i)
        folder.write(QStringLiteral("%1-%2.dat").arg(data).arg(i + 1), layerData(*panel.figure, i));
    const QByteArray picture = pgfPicture(*panel.figure, data, options.widthMm, options.heightMm);
    QString text;
    if (!picture.isEmpty()) {
        const QString pgf = QStringLiteral("figures/%1.pgf.tex").arg(name);
        folder.write(pgf, picture);
        text = QStringLiteral("  % pgfplots: \\input{%1} in place of the next line\n").arg(pgf);
    }
    return text + QStringLiteral("  \\includegraphics[width=%1]{%2}%\n").arg(latexMm(options.widthMm), pdf);
}

} // namespace

QString latexFigure(const ContentItem& item, ExportOptions figures, LatexFolder& folder)
{
    const PanelGrid grid = panelGrid(item, kLatexTextMm, 0.42 * kLatexPageMm, 0.8 * kLatexPageMm);
    FloatRows rows(item);
    for (const PanelRow& row : grid.rows) {
        QString text;
        figures.widthMm = row.panelWidthMm;
        figures.heightMm = row.heightMm;
        for (int i = row.first; i < row.first + row.count; ++i) {
            const ContentPanel& panel = item.panels[i];
            const QString drawn = panelText(item.anchor + panel.letter, panel, figures, folder);
            if (panel.letter.isEmpty())
                text += drawn + QLatin1Char('\n');
            else
                text += QStringLiteral("  \\begin{minipage}[t]{%1}\\raggedright\n  \\textbf{(%2)}\\par\n%3"
                                       "  \\end{minipage}%4%\n")
                            .arg(latexMm(row.panelWidthMm), latexText(panel.letter), drawn,
                                 i + 1 < row.first + row.count
                                     ? QStringLiteral("\\hspace{%1}").arg(latexMm(kPanelGapMm - 0.1))
                                     : QString());
        }
        rows.add(text, row.heightMm + 6);
    }
    return rows.finish({});
}

namespace {

/// One image of a gallery in its variants, with what is known of it.
QString galleryCell(const ContentItem& item, int index, const GallerySheet& sheet, bool names,
                    LatexFolder& folder)
{
    const double width = sheet.imageWidthMm;
    QString text = QStringLiteral("  \\begin{minipage}[t]{%1}\\raggedright\\scriptsize\n")
                       .arg(latexMm(sheet.cellWidthMm + 0.2));
    const auto gap = [](int v) {
        return v > 0 ? QStringLiteral("\\hspace{%1}").arg(latexMm(kVariantGapMm - 0.1)) : QString();
    };
    if (const QStringList variants = sheetVariants(*item.grid); names && !variants.isEmpty()) {
        for (int v = 0; v < variants.size(); ++v)
            text += QStringLiteral("  %1\\parbox[b]{%2}{\\centering\\tiny %3}%\n")
                        .arg(gap(v), latexMm(width), latexBreakable(variants[v]));
        text += QStringLiteral("  \\par\\smallskip\n");
    }
    for (int v = 0; v < int(item.grid->variants.size()); ++v) {
        const QImage image = sheetImage(*item.grid, index, v);
        const QString name = QStringLiteral("images/%1-%2-%3.png").arg(item.anchor).arg(index + 1).arg(v + 1);
        if (image.isNull()) {
            text += QStringLiteral("  %1\\framebox[%2]{?}%\n").arg(gap(v), latexMm(width));
            continue;
        }
        folder.write(name, pngOf(image));
        text += QStringLiteral("  %1\\reportimage{%2}{%3}%\n").arg(gap(v), latexMm(width), name);
    }
    return text + QStringLiteral("  \\par\\smallskip\n  %1\n  \\end{minipage}%\n")
                      .arg(latexBreakable(sheetCaption(*item.grid, index)));
}

} // namespace

QString latexGallery(const ContentItem& item, LatexFolder& folder)
{
    const GallerySheet sheet = gallerySheet(*item.grid, item.most, kLatexTextMm - 1);
    FloatRows rows(item);
    for (int first = 0; first < sheet.images; first += sheet.columns) {
        const int end = std::min(first + sheet.columns, sheet.images);
        QString text;
        qsizetype letters = 0;
        for (int i = first; i < end; ++i) {
            letters = std::max(letters, sheetCaption(*item.grid, i).size());
            text += galleryCell(item, i, sheet, first == 0, folder);
            if (i + 1 < end)
                text += QStringLiteral("  \\hspace{%1}%\n").arg(latexMm(kCellGapMm - 0.3));
        }
        const double lines = 1 + std::floor(double(letters) * 1.3 / sheet.cellWidthMm);
        rows.add(text, sheet.imageHeightMm + 3 + 3 * lines + (first == 0 ? 5 : 0));
    }
    return rows.finish(latexText(sheet.note));
}

} // namespace assay::widgets
