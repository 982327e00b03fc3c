#include "widgets/canvas/instrument_fonts.h"

#include <QFontInfo>
#include <QFontMetrics>
#include <QImage>
#include <QPainter>

#include <imgui.h>

#include <algorithm>
#include <vector>

namespace assay::widgets {

namespace {

struct PendingGlyph
{
    int rect; ///< of the atlas
    QChar letter;
    QPoint origin; ///< of the letter's baseline in its rectangle
};

/// One font whose glyphs are rectangles of the atlas that Qt will fill.
class GlyphSheet
{
public:
    GlyphSheet(ImFontAtlas& atlas, QFont font, double pixelRatio, const QSet<char16_t>& letters)
        : m_font(std::move(font))
    {
        m_font.setPixelSize(std::max(1, qRound(QFontInfo(m_font).pixelSize() * pixelRatio)));
        const QFontMetrics metrics(m_font);
        // The built-in font carries sizes and fallbacks; every letter below takes the place of its own.
        ImFontConfig config;
        config.SizePixels = static_cast<float>(metrics.height());
        m_target = atlas.AddFontDefault(&config);
        for (const char16_t letter : letters) {
            const QChar c(letter);
            const QRect ink = metrics.boundingRect(c).adjusted(-1, -1, 1, 1);
            const int index = atlas.AddCustomRectFontGlyph(
                m_target, letter, ink.width(), ink.height(), static_cast<float>(metrics.horizontalAdvance(c)),
                ImVec2(static_cast<float>(ink.left()), static_cast<float>(metrics.ascent() + ink.top())));
            m_pending.push_back({index, c, -ink.topLeft()});
        }
    }

    ImFont* target() const { return m_target; }

    void draw(ImFontAtlas& atlas, uchar* pixels, int width) const
    {
        for (const PendingGlyph& glyph : m_pending) {
            const ImFontAtlasCustomRect* rect = atlas.GetCustomRectByIndex(glyph.rect);
            QImage image(rect->Width, rect->Height, QImage::Format_ARGB32_Premultiplied);
            image.fill(Qt::transparent);
            QPainter painter(&image);
            painter.setFont(m_font);
            painter.setPen(Qt::white);
            painter.drawText(glyph.origin, QString(glyph.letter));
            painter.end();
            for (int y = 0; y < image.height(); ++y) {
                const auto* line = reinterpret_cast<const QRgb*>(image.constScanLine(y));
                std::transform(line, line + image.width(), pixels + (rect->Y + y) * width + rect->X,
                               [](QRgb pixel) { return static_cast<uchar>(qAlpha(pixel)); });
            }
        }
    }

private:
    QFont m_font;
    ImFont* m_target = nullptr;
    std::vector<PendingGlyph> m_pending;
};

} // namespace

QSet<char16_t> instrumentLetters()
{
    QSet<char16_t> letters;
    const auto add = [&letters](int first, int last) {
        for (int c = first; c <= last; ++c)
            letters.insert(static_cast<char16_t>(c));
    };
    add(0x20, 0x7e);     // ASCII
    add(0xa0, 0x17f);    // Latin
    add(0x391, 0x3c9);   // Greek
    add(0x2010, 0x2026); // dashes, quotes, ellipsis
    add(0x2190, 0x2193); // arrows
    for (const char16_t c :
         {u'\u2032', u'\u20ac', u'\u2212', u'\u221e', u'\u2248', u'\u2260', u'\u2264', u'\u2265'})
        letters.insert(c);
    return letters;
}

InstrumentFonts buildInstrumentFonts(ImFontAtlas& atlas, const Theme& theme, double pixelRatio,
                                     const QSet<char16_t>& letters)
{
    atlas.Flags |= ImFontAtlasFlags_NoMouseCursors;
    const GlyphSheet text(atlas, theme.font(), pixelRatio, letters);
    const GlyphSheet mono(atlas, theme.monoFont(), pixelRatio, letters);
    atlas.Build();
    uchar* pixels = nullptr;
    int width = 0, height = 0;
    atlas.GetTexDataAsAlpha8(&pixels, &width, &height);
    text.draw(atlas, pixels, width);
    mono.draw(atlas, pixels, width);
    return {text.target(), mono.target()};
}

} // namespace assay::widgets
