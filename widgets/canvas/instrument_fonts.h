#pragma once

#include "widgets/theme/theme.h"

#include <QSet>

struct ImFont;
struct ImFontAtlas;

namespace assay::widgets {

/// The theme's fonts for Dear ImGui. The glyphs are drawn by Qt into the atlas: any installed font with Qt's
/// hinting and substitutes, without knowing its file.
struct InstrumentFonts
{
    ImFont* text = nullptr;
    ImFont* mono = nullptr;
};

/// The letters that are always there: Latin, Greek, punctuation, arrows, common mathematics.
QSet<char16_t> instrumentLetters();

/// Fills an atlas that holds no fonts yet and builds it as one byte of coverage per pixel.
/// @param pixelRatio glyphs are that many times larger than in logical pixels; set io.FontGlobalScale to its
///                   inverse
InstrumentFonts buildInstrumentFonts(ImFontAtlas& atlas, const Theme& theme, double pixelRatio,
                                     const QSet<char16_t>& letters);

} // namespace assay::widgets
