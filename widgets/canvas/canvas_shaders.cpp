#include "widgets/canvas/canvas_shaders.h"

namespace assay::widgets {

// A quad without buffers: its corners come from the number of the vertex.
const char* const kTileVertexShader = R"(#version 330 core
uniform vec4 place;  // left, top, width, height in clip space
uniform vec4 areaA;  // the same in the texture of the image
uniform vec4 areaB;  // and of the one that is subtracted
out vec2 atA;
out vec2 atB;
void main()
{
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    gl_Position = vec4(place.xy + corner * place.zw, 0.0, 1.0);
    atA = areaA.xy + corner * areaA.zw;
    atB = areaB.xy + corner * areaB.zw;
}
)";

// KIND and CHECKERED are defined in front: software renderers compute all branches of an `if`.
const char* const kTileFragmentShader = R"(
uniform sampler2D imageA;
uniform sampler2D imageB;
uniform sampler2D table;
uniform float gain;
uniform vec2 rangeA;    // the value drawn black, and one over the distance to white
uniform vec2 rangeB;
uniform float opacity;
uniform float fades;    // 1: the lower the value, the more transparent
uniform vec3 tint;
uniform vec3 board;     // two shades and the side of a field, in device pixels
in vec2 atA;
in vec2 atB;
out vec4 colour;

float meanOf(vec3 v) { return (v.r + v.g + v.b) / 3.0; }

vec4 lookedUp(float t, float alpha)
{
    if (isnan(t))
        return vec4(0.0);
    // Centres of the first and the last of the table's 256 texels.
    float place = (clamp(t, 0.0, 1.0) * 255.0 + 0.5) / 256.0;
    return vec4(texture(table, vec2(place, 0.5)).rgb, alpha);
}

void main()
{
    vec4 a = texture(imageA, atA);
    a.rgb = (a.rgb - rangeA.x) * rangeA.y;
#if KIND >= 2 && KIND <= 4
    vec3 d = (a.rgb - (texture(imageB, atB).rgb - rangeB.x) * rangeB.y) * gain;
#endif
#if KIND == 0
    vec4 result = vec4(clamp(a.rgb, 0.0, 1.0), a.a);
#elif KIND == 1
    vec4 result = lookedUp(meanOf(a.rgb), a.a);
#elif KIND == 2
    vec4 result = vec4(min(abs(d), 1.0), 1.0);
#elif KIND == 3
    vec4 result = lookedUp(0.5 + 0.5 * meanOf(d), 1.0);
#elif KIND == 4
    vec4 result = lookedUp(meanOf(abs(d)), 1.0);
#else
    vec4 result = vec4(tint, a.r);
#endif
#if CHECKERED
    vec2 field = floor(gl_FragCoord.xy / board.z);
    float shade = mod(field.x + field.y, 2.0) == 1.0 ? board.y : board.x;
    colour = vec4(mix(vec3(shade), result.rgb, result.a), 1.0);
#else
    colour = vec4(result.rgb, result.a * opacity * mix(1.0, clamp(a.r, 0.0, 1.0), fades));
#endif
}
)";

const char* const kInstrumentVertexShader = R"(#version 330 core
uniform vec4 scaleAndShift;  // clip = position * xy + zw
layout(location = 0) in vec2 position;
layout(location = 1) in vec2 texturePlace;
layout(location = 2) in vec4 ink;
out vec2 place;
out vec4 inkColour;
void main()
{
    place = texturePlace;
    inkColour = ink;
    gl_Position = vec4(position * scaleAndShift.xy + scaleAndShift.zw, 0.0, 1.0);
}
)";

const char* const kInstrumentFragmentShader = R"(#version 330 core
uniform sampler2D glyphs;
in vec2 place;
in vec4 inkColour;
out vec4 colour;
void main() { colour = inkColour * vec4(1.0, 1.0, 1.0, texture(glyphs, place).r); }
)";

} // namespace assay::widgets
