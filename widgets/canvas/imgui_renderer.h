#pragma once

#include <QOpenGLExtraFunctions>
#include <QOpenGLShaderProgram>
#include <QSize>

struct ImDrawData;
struct ImFontAtlas;

namespace assay::widgets {

/// Draws what Dear ImGui made of a frame with OpenGL 3.3 core. Make, use and destroy it with the same context
/// current.
class ImguiRenderer
{
public:
    /// Throws Error when the driver refuses the shaders.
    ImguiRenderer();
    ~ImguiRenderer();

    /// After the atlas was built: its coverage becomes the texture that all drawing uses.
    void setFonts(ImFontAtlas& atlas);
    /// Into the bound framebuffer of @p size device pixels.
    void draw(const ImDrawData& data, const QSize& size);

private:
    QOpenGLShaderProgram m_program;
    GLuint m_array = 0, m_vertices = 0, m_indexes = 0, m_glyphs = 0;
};

} // namespace assay::widgets
