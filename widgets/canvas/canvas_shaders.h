#pragma once

namespace assay::widgets {

/// GLSL 3.30 sources of the programs that draw a canvas. The tiles' fragment shader comes without
/// its first lines: version, KIND (as PixelShade::Kind counts, and kTintKind) and CHECKERED (0 or 1).
inline constexpr int kTintKind = 5;
extern const char* const kTileVertexShader;
extern const char* const kTileFragmentShader;
extern const char* const kInstrumentVertexShader;
extern const char* const kInstrumentFragmentShader;

} // namespace assay::widgets
