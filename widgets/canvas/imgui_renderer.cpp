#include "widgets/canvas/imgui_renderer.h"

#include "backend/protocol/error.h"
#include "widgets/canvas/canvas_shaders.h"

#include <QOpenGLContext>

#include <imgui.h>

#include <algorithm>
#include <cstddef>

namespace assay::widgets {

namespace {

QOpenGLExtraFunctions& instrumentGl()
{
    return *QOpenGLContext::currentContext()->extraFunctions();
}

const void* offsetPointer(std::size_t bytes)
{
    return reinterpret_cast<const void*>(bytes);
}

} // namespace

ImguiRenderer::ImguiRenderer()
{
    if (!m_program.addShaderFromSourceCode(QOpenGLShader::Vertex, kInstrumentVertexShader) ||
        !m_program.addShaderFromSourceCode(QOpenGLShader::Fragment, kInstrumentFragmentShader) ||
        !m_program.link())
        throw Error("the graphics driver refuses the shaders: " + m_program.log().toStdString(), "OpenGL");
    auto& f = instrumentGl();
    f.glGenVertexArrays(1, &m_array);
    f.glGenBuffers(1, &m_vertices);
    f.glGenBuffers(1, &m_indexes);
    f.glGenTextures(1, &m_glyphs);
    f.glBindVertexArray(m_array);
    f.glBindBuffer(GL_ARRAY_BUFFER, m_vertices);
    f.glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, m_indexes);
    for (GLuint i = 0; i < 3; ++i)
        f.glEnableVertexAttribArray(i);
    constexpr GLsizei stride = sizeof(ImDrawVert);
    f.glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, stride, offsetPointer(offsetof(ImDrawVert, pos)));
    f.glVertexAttribPointer(1, 2, GL_FLOAT, GL_FALSE, stride, offsetPointer(offsetof(ImDrawVert, uv)));
    f.glVertexAttribPointer(2, 4, GL_UNSIGNED_BYTE, GL_TRUE, stride,
                            offsetPointer(offsetof(ImDrawVert, col)));
    f.glBindVertexArray(0);
    f.glBindBuffer(GL_ARRAY_BUFFER, 0);
}

ImguiRenderer::~ImguiRenderer()
{
    auto& f = instrumentGl();
    f.glDeleteVertexArrays(1, &m_array);
    f.glDeleteBuffers(1, &m_vertices);
    f.glDeleteBuffers(1, &m_indexes);
    f.glDeleteTextures(1, &m_glyphs);
}

void ImguiRenderer::setFonts(ImFontAtlas& atlas)
{
    uchar* pixels = nullptr;
    int width = 0, height = 0;
    atlas.GetTexDataAsAlpha8(&pixels, &width, &height);
    auto& f = instrumentGl();
    f.glBindTexture(GL_TEXTURE_2D, m_glyphs);
    f.glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
    f.glTexImage2D(GL_TEXTURE_2D, 0, GL_R8, width, height, 0, GL_RED, GL_UNSIGNED_BYTE, pixels);
    f.glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
    f.glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    f.glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    f.glBindTexture(GL_TEXTURE_2D, 0);
}

void ImguiRenderer::draw(const ImDrawData& data, const QSize& size)
{
    if (size.isEmpty() || data.DisplaySize.x <= 0 || data.DisplaySize.y <= 0)
        return;
    auto& f = instrumentGl();
    f.glViewport(0, 0, size.width(), size.height());
    f.glEnable(GL_BLEND);
    f.glBlendFuncSeparate(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
    f.glDisable(GL_DEPTH_TEST);
    f.glDisable(GL_STENCIL_TEST);
    f.glDisable(GL_CULL_FACE);
    f.glEnable(GL_SCISSOR_TEST);
    f.glActiveTexture(GL_TEXTURE0);
    f.glBindSampler(0, 0);
    f.glBindTexture(GL_TEXTURE_2D, m_glyphs);
    m_program.bind();
    m_program.setUniformValue("glyphs", 0);
    const float sx = 2 / data.DisplaySize.x, sy = -2 / data.DisplaySize.y;
    m_program.setUniformValue("scaleAndShift",
                              QVector4D(sx, sy, -1 - data.DisplayPos.x * sx, 1 - data.DisplayPos.y * sy));
    f.glBindVertexArray(m_array);
    f.glBindBuffer(GL_ARRAY_BUFFER, m_vertices);
    f.glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, m_indexes);
    const ImVec2 ratio = data.FramebufferScale;
    for (int n = 0; n < data.CmdListsCount; ++n) {
        const ImDrawList* list = data.CmdLists[n];
        f.glBufferData(GL_ARRAY_BUFFER, list->VtxBuffer.size_in_bytes(), list->VtxBuffer.Data,
                       GL_STREAM_DRAW);
        f.glBufferData(GL_ELEMENT_ARRAY_BUFFER, list->IdxBuffer.size_in_bytes(), list->IdxBuffer.Data,
                       GL_STREAM_DRAW);
        for (const ImDrawCmd& command : list->CmdBuffer) {
            if (command.UserCallback != nullptr) {
                if (command.UserCallback != ImDrawCallback_ResetRenderState)
                    command.UserCallback(list, &command);
                continue;
            }
            const int left =
                std::max(0, static_cast<int>((command.ClipRect.x - data.DisplayPos.x) * ratio.x));
            const int top = std::max(0, static_cast<int>((command.ClipRect.y - data.DisplayPos.y) * ratio.y));
            const int right = static_cast<int>((command.ClipRect.z - data.DisplayPos.x) * ratio.x);
            const int bottom = static_cast<int>((command.ClipRect.w - data.DisplayPos.y) * ratio.y);
            if (right <= left || bottom <= top)
                continue;
            f.glScissor(left, size.height() - bottom, right - left, bottom - top);
            f.glDrawElementsBaseVertex(GL_TRIANGLES, static_cast<GLsizei>(command.ElemCount),
                                       sizeof(ImDrawIdx) == 2 ? GL_UNSIGNED_SHORT : GL_UNSIGNED_INT,
                                       offsetPointer(command.IdxOffset * sizeof(ImDrawIdx)),
                                       static_cast<GLint>(command.VtxOffset));
        }
    }
    f.glBindVertexArray(0);
    f.glBindBuffer(GL_ARRAY_BUFFER, 0);
    f.glDisable(GL_SCISSOR_TEST);
    f.glDisable(GL_BLEND);
    f.glBindTexture(GL_TEXTURE_2D, 0);
    m_program.release();
}

} // namespace assay::widgets
