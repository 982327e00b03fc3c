#include "widgets/figures/plot_renderer.h"

#include "widgets/figures/figure_plot.h"

#include <QBuffer>
#include <QPageSize>
#include <QPdfWriter>
#include <QSvgGenerator>

#include <cmath>

namespace assay::widgets {

namespace {

QSize unitsOf(const ExportOptions& options)
{
    return {qRound(options.widthMm * kUnitsPerMm), qRound(options.heightMm * kUnitsPerMm)};
}

/// Draws onto @p device, which has @p unitsPerMm units to the millimetre.
void paintOn(QPaintDevice& device, const protocol::Figure& figure, const ExportOptions& options,
             double unitsPerMm, FigurePainting painting, const Theme& theme = Theme::print())
{
    QCPPainter painter;
    painter.begin(&device);
    paintFigure(painter, figure, options, {}, unitsPerMm, painting, theme);
    painter.end();
}

} // namespace

void paintFigure(QCPPainter& painter, const protocol::Figure& figure, const ExportOptions& options,
                 const QPointF& placeMm, double unitsPerMm, FigurePainting painting, const Theme& theme)
{
    QCustomPlot plot;
    FigurePlot drawing(plot);
    // The plot only reads the figure, and is gone before this function returns.
    const std::shared_ptr<const protocol::Figure> borrowed(std::shared_ptr<void>(), &figure);
    PlotStyle style = PlotStyle::file(options.fontPt, kUnitsPerInch, options.showTitle);
    style.theme = theme;
    style.greySafe = options.greySafe;
    drawing.build(borrowed, style);
    const QSize size = unitsOf(options);
    drawing.arrange(size);
    plot.setPlottingHint(QCP::phCacheLabels, false);
    plot.setAntialiasedElements(QCP::aeAll);
    plot.setNotAntialiasedElements(QCP::aeNone);
    const bool vector = painting == FigurePainting::Vector;
    const auto modes = painter.modes();
    painter.save();
    painter.setMode(QCPPainter::pmNoCaching);
    painter.setMode(QCPPainter::pmVectorized, vector);
    painter.translate(placeMm * unitsPerMm);
    painter.scale(unitsPerMm / kUnitsPerMm, unitsPerMm / kUnitsPerMm);
    plot.toPainter(&painter, size.width(), size.height());
    painter.restore();
    painter.setModes(modes);
}

QByteArray renderPdf(const protocol::Figure& figure, const ExportOptions& options)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    writer.setPdfVersion(QPagedPaintDevice::PdfVersion_1_4);
    writer.setCreator(QStringLiteral("Assay"));
    writer.setTitle(QString::fromStdString(figure.title));
    writer.setPageSize(QPageSize(QSizeF(options.widthMm, options.heightMm), QPageSize::Millimeter,
                                 QStringLiteral("Figure"), QPageSize::ExactMatch));
    writer.setPageMargins(QMarginsF());
    writer.setResolution(2540);
    paintOn(writer, figure, options, kUnitsPerMm, FigurePainting::Vector);
    return bytes;
}

QByteArray renderSvg(const protocol::Figure& figure, const ExportOptions& options, const Theme& theme)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setResolution(2540);
    generator.setSize(unitsOf(options));
    generator.setViewBox(QRect(QPoint(0, 0), unitsOf(options)));
    generator.setTitle(QString::fromStdString(figure.title));
    generator.setDescription(QString::fromStdString(figure.caption));
    paintOn(generator, figure, options, kUnitsPerMm, FigurePainting::Vector, theme);
    return bytes;
}

QImage renderImage(const protocol::Figure& figure, const ExportOptions& options)
{
    const double pixelsPerMm = options.dpi / 25.4;
    QImage image(qRound(options.widthMm * pixelsPerMm), qRound(options.heightMm * pixelsPerMm),
                 QImage::Format_RGB32);
    image.fill(Qt::white);
    image.setDotsPerMeterX(qRound(pixelsPerMm * 1000));
    image.setDotsPerMeterY(qRound(pixelsPerMm * 1000));
    paintOn(image, figure, options, pixelsPerMm, FigurePainting::Pixels);
    return image;
}

QByteArray renderPng(const protocol::Figure& figure, const ExportOptions& options)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    renderImage(figure, options).save(&buffer, "PNG");
    return bytes;
}

} // namespace assay::widgets
