#include "widgets/canvas/overlay_painter.h"

#include "widgets/canvas/pixel_shade.h"

#include <QGlyphRun>
#include <QPainter>

#include <cmath>

// The numbers in close pixels: one part of OverlayPainter. All digits of a frame are two glyph runs, one
// black and one white: text by text they would cost more than everything else together.

namespace assay::widgets {

namespace {

/// Glyphs gathered for one colour.
struct GlyphInk
{
    QVector<quint32> glyphs;
    QVector<QPointF> places;

    void add(const QRawFont& font, const QString& text, double centre, double baseline)
    {
        const QVector<quint32> indexes = font.glyphIndexesForString(text);
        const QVector<QPointF> advances = font.advancesForGlyphIndexes(indexes);
        double width = 0;
        for (const QPointF& advance : advances)
            width += advance.x();
        double x = centre - width / 2;
        for (int i = 0; i < indexes.size(); ++i) {
            glyphs.append(indexes[i]);
            places.append({x, baseline});
            x += advances[i].x();
        }
    }

    void draw(QPainter& painter, const QRawFont& font, const QColor& colour) const
    {
        if (glyphs.isEmpty())
            return;
        QGlyphRun run;
        run.setRawFont(font);
        run.setGlyphIndexes(glyphs);
        run.setPositions(places);
        painter.setPen(colour);
        painter.drawGlyphRun({0, 0}, run);
    }
};

QColor asColour(const PixelShade::Sample& s)
{
    return QColor::fromRgbF(s[0], s[1], s[2]);
}

} // namespace

void OverlayPainter::paintValues(QPainter& painter, const CanvasScene& scene, const Pane& pane)
{
    const CanvasImage& image = scene.pyramid(pane.image).image();
    const int channels = image.pixels().channels();
    const double line = m_valueFont.ascent() + m_valueFont.descent();
    const QVector<QPointF> digit =
        m_valueFont.advancesForGlyphIndexes(m_valueFont.glyphIndexesForString("0"));
    const int characters = image.pixels().isFloat() ? 6 : 3;
    const double side = scene.view().scale;
    if (digit.isEmpty() || side < line * channels + 4 || side < digit[0].x() * characters + 6)
        return;
    const QRectF seen = scene.view().toImage(pane.clip.translated(-pane.rect.topLeft()));
    const QRect pixels = seen.toAlignedRect() & QRect(QPoint(0, 0), image.size());
    const PixelShade shade(scene.compare(), scene.look(), pane.against >= 0);
    const ColourTable table = colourTable(shade.map, scene.theme().isDark());
    const CanvasImage& other = scene.pyramid(std::max(0, pane.against)).image();
    GlyphInk black, white;
    for (int y = pixels.top(); y <= pixels.bottom(); ++y)
        for (int x = pixels.left(); x <= pixels.right(); ++x) {
            const PixelShade::Sample drawn = shade.colour(sampleOf(image, image.pixels(), x, y),
                                                          sampleOf(other, other.pixels(), x, y), table);
            GlyphInk& ink = Theme::inkOn(asColour(drawn)) == QColor(Qt::black) ? black : white;
            const QVector<double> values = image.valuesAt({x, y});
            const QVector<double> minus = pane.against >= 0 ? other.valuesAt({x, y}) : QVector<double>();
            const QPointF centre = scene.toView(QPointF(x + 0.5, y + 0.5), pane);
            double baseline = centre.y() - line * channels / 2 + m_valueFont.ascent();
            for (int c = 0; c < values.size(); ++c, baseline += line)
                ink.add(m_valueFont, image.valueText(values[c] - (c < minus.size() ? minus[c] : 0)),
                        centre.x(), baseline);
        }
    black.draw(painter, m_valueFont, QColor(0, 0, 0, 200));
    white.draw(painter, m_valueFont, QColor(255, 255, 255, 220));
}

} // namespace assay::widgets
