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

/// Draws onto @p device, whose painter is first scaled by @p scale device units per drawing unit.
void paintOn(QPaintDevice& device, const protocol::Figure& figure, const ExportOptions& options, double scale,
             bool vector)
{
    QCustomPlot plot;
    FigurePlot drawing(plot);
    // The plot only reads the figure, and is gone before this function returns.
    const std::shared_ptr<const protocol::Figure> borrowed(std::shared_ptr<void>(), &figure);
    drawing.build(borrowed, PlotStyle::file(options.fontPt, kUnitsPerInch, options.showTitle));
    const QSize size = unitsOf(options);
    drawing.arrange(size);
    plot.setPlottingHint(QCP::phCacheLabels, false);
    plot.setAntialiasedElements(QCP::aeAll);
    plot.setNotAntialiasedElements(QCP::aeNone);
    QCPPainter painter;
    painter.begin(&device);
    painter.setMode(QCPPainter::pmNoCaching);
    painter.setMode(QCPPainter::pmVectorized, vector);
    painter.scale(scale, scale);
    plot.toPainter(&painter, size.width(), size.height());
    painter.end();
}

} // namespace

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
    paintOn(writer, figure, options, 1, true);
    return bytes;
}

QByteArray renderSvg(const protocol::Figure& figure, const ExportOptions& options)
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
    paintOn(generator, figure, options, 1, true);
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
    paintOn(image, figure, options, pixelsPerMm / kUnitsPerMm, false);
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
