#pragma once

#include "widgets/canvas/canvas_scene.h"
#include "widgets/canvas/pixel_shade.h"
#include "widgets/canvas/tile_cache.h"

#include <QOpenGLShaderProgram>

#include <map>
#include <optional>

namespace assay::widgets {

/// Draws the images, heat maps and mask of a scene with OpenGL 3.3 core. Make, use and destroy it with the
/// same context current.
class GlRenderer
{
public:
    /// Throws Error when the driver refuses the shaders.
    GlRenderer();
    ~GlRenderer();

    /// Into the bound framebuffer of @p size device pixels.
    void draw(const CanvasScene& scene, const QSize& size);
    const TileCache& tiles() const { return m_tiles; }

private:
    /// How one layer's tiles are drawn.
    struct Layer
    {
        const TileSource* source = nullptr;
        const TileSource* against = nullptr;
        QRectF extent; ///< in image pixels of the scene
        int kind = 0;
        ColourMap map = ColourMap::Sequential;
        float gain = 1, opacity = 1, fades = 0;
        double low = 0, high = 1, lowAgainst = 0, highAgainst = 1;
        QColor tint;
        bool checkered = false;
        CanvasFilter filter = CanvasFilter::Nearest;
    };
    void drawPane(const CanvasScene& scene, const Pane& pane, const QSize& size);
    void drawLayer(const CanvasScene& scene, const Pane& pane, const QSize& size, const Layer& layer);
    /// The program for a kind of layer, made when it is first needed and bound.
    QOpenGLShaderProgram& program(int kind, bool checkered);
    void setUniforms(QOpenGLShaderProgram& program, const Layer& layer, bool dark);
    void bindTables(bool dark);
    Layer imageLayer(const CanvasScene& scene, const Pane& pane) const;

    std::map<std::pair<int, bool>, QOpenGLShaderProgram> m_programs; ///< by kind and checkered
    TileCache m_tiles;
    GLuint m_emptyArray = 0;   ///< a vertex array without buffers, which the core profile asks for
    GLuint m_samplers[2] = {}; ///< nearest, linear
    GLuint m_tables[2] = {};   ///< colour maps: sequential, diverging
    std::optional<bool> m_tablesDark;
};

} // namespace assay::widgets
