#include "widgets/canvas/gl_renderer.h"

#include "backend/protocol/error.h"
#include "widgets/canvas/canvas_shaders.h"
#include "widgets/canvas/software_renderer.h"

#include <QOpenGLContext>

#include <cmath>

namespace assay::widgets {

namespace {

constexpr double kMaskOpacity = 0.45;

QOpenGLExtraFunctions& functions()
{
    return *QOpenGLContext::currentContext()->extraFunctions();
}

QVector4D asVector(const QRectF& r)
{
    return {static_cast<float>(r.x()), static_cast<float>(r.y()), static_cast<float>(r.width()),
            static_cast<float>(r.height())};
}

/// A rectangle of device pixels (y down) in clip space (y up): its height becomes negative.
QRectF inClipSpace(const QRectF& r, const QSize& size)
{
    return {2 * r.x() / size.width() - 1, 1 - 2 * r.y() / size.height(), 2 * r.width() / size.width(),
            -2 * r.height() / size.height()};
}

} // namespace

GlRenderer::GlRenderer()
{
    program(0, false); // the driver's objections are heard now, and not in the first frame
    auto& f = functions();
    f.glGenVertexArrays(1, &m_emptyArray);
    f.glGenSamplers(2, m_samplers);
    for (int i = 0; i < 2; ++i) {
        const GLint filter = i == 0 ? GL_NEAREST : GL_LINEAR;
        f.glSamplerParameteri(m_samplers[i], GL_TEXTURE_MIN_FILTER, filter);
        f.glSamplerParameteri(m_samplers[i], GL_TEXTURE_MAG_FILTER, filter);
        f.glSamplerParameteri(m_samplers[i], GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
        f.glSamplerParameteri(m_samplers[i], GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    }
    f.glGenTextures(2, m_tables);
}

GlRenderer::~GlRenderer()
{
    auto& f = functions();
    m_tiles.release();
    f.glDeleteTextures(2, m_tables);
    f.glDeleteSamplers(2, m_samplers);
    f.glDeleteVertexArrays(1, &m_emptyArray);
}

QOpenGLShaderProgram& GlRenderer::program(int kind, bool checkered)
{
    QOpenGLShaderProgram& made = m_programs[{kind, checkered}];
    if (made.isLinked()) {
        made.bind();
        return made;
    }
    const QByteArray head = "#version 330 core\n#define KIND " + QByteArray::number(kind) +
                            "\n#define CHECKERED " + QByteArray::number(int(checkered)) + "\n";
    if (!made.addShaderFromSourceCode(QOpenGLShader::Vertex, kTileVertexShader) ||
        !made.addShaderFromSourceCode(QOpenGLShader::Fragment, head + kTileFragmentShader) || !made.link())
        throw Error("the graphics driver refuses the shaders: " + made.log().toStdString(), "OpenGL");
    made.bind();
    made.setUniformValue("imageA", 0);
    made.setUniformValue("imageB", 1);
    made.setUniformValue("table", 2);
    return made;
}

void GlRenderer::bindTables(bool dark)
{
    if (m_tablesDark == dark)
        return;
    m_tablesDark = dark;
    auto& f = functions();
    for (const ColourMap map : {ColourMap::Sequential, ColourMap::Diverging}) {
        QImage row(256, 1, QImage::Format_RGBA8888);
        const ColourTable table = colourTable(map, dark);
        for (int i = 0; i < 256; ++i)
            row.setPixel(i, 0, table[i]);
        f.glBindTexture(GL_TEXTURE_2D, m_tables[static_cast<int>(map)]);
        f.glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, 256, 1, 0, GL_RGBA, GL_UNSIGNED_BYTE, row.constBits());
        f.glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAX_LEVEL, 0);
    }
}

void GlRenderer::draw(const CanvasScene& scene, const QSize& size)
{
    auto& f = functions();
    const QColor ground = scene.theme().window;
    f.glViewport(0, 0, size.width(), size.height());
    f.glDisable(GL_SCISSOR_TEST);
    f.glDisable(GL_DEPTH_TEST);
    f.glDisable(GL_CULL_FACE);
    f.glClearColor(ground.redF(), ground.greenF(), ground.blueF(), 1);
    f.glClear(GL_COLOR_BUFFER_BIT);
    m_tiles.beginFrame();
    f.glActiveTexture(GL_TEXTURE0);
    bindTables(scene.theme().isDark());
    f.glBindVertexArray(m_emptyArray);
    f.glBlendFuncSeparate(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
    f.glEnable(GL_SCISSOR_TEST);
    for (const Pane& pane : scene.panes())
        drawPane(scene, pane, size);
    f.glDisable(GL_SCISSOR_TEST);
    f.glDisable(GL_BLEND);
    f.glBindVertexArray(0);
    // QPainter and the instruments bind textures of their own and expect no samplers.
    for (GLuint unit = 0; unit < 3; ++unit)
        f.glBindSampler(unit, 0);
    f.glActiveTexture(GL_TEXTURE0);
    f.glUseProgram(0);
    m_tiles.endFrame();
}

GlRenderer::Layer GlRenderer::imageLayer(const CanvasScene& scene, const Pane& pane) const
{
    const PixelShade shade(scene.compare(), scene.look(), pane.against >= 0);
    const ImagePyramid& image = scene.pyramid(pane.image);
    const ImagePyramid& against = scene.pyramid(pane.against >= 0 ? pane.against : pane.image);
    return {.source = &image,
            .against = pane.against >= 0 ? &against : nullptr,
            .extent = QRectF(QPointF(0, 0), scene.imageSize()),
            .kind = static_cast<int>(shade.kind),
            .map = shade.map,
            .gain = shade.gain,
            .low = image.image().low(),
            .high = image.image().high(),
            .lowAgainst = against.image().low(),
            .highAgainst = against.image().high(),
            .checkered = image.image().pixels().channels() == 4 || image.image().pixels().isFloat(),
            .filter = shade.filter(scene.look().filter)};
}

void GlRenderer::drawPane(const CanvasScene& scene, const Pane& pane, const QSize& size)
{
    auto& f = functions();
    const double ratio = scene.pixelRatio();
    const int left = qRound(pane.clip.left() * ratio), right = qRound(pane.clip.right() * ratio);
    const int top = qRound(pane.clip.top() * ratio), bottom = qRound(pane.clip.bottom() * ratio);
    f.glScissor(left, size.height() - bottom, right - left, bottom - top);
    f.glDisable(GL_BLEND);
    drawLayer(scene, pane, size, imageLayer(scene, pane));
    if (!scene.look().overlays)
        return;
    f.glEnable(GL_BLEND);
    for (const CanvasScene::HeatLayer& layer : scene.heatLayers()) {
        const HeatMap& heat = layer.heat;
        drawLayer(scene, pane, size,
                  {.source = layer.pyramid.get(),
                   .extent = heat.extent.isNull() ? QRectF(QPointF(0, 0), scene.imageSize()) : heat.extent,
                   .kind = static_cast<int>(PixelShade::Kind::Mapped),
                   .map = heat.map,
                   .opacity = static_cast<float>(heat.opacity * scene.look().heatOpacity),
                   .fades = heat.fadesLow ? 1.0F : 0.0F,
                   .low = heat.values.low(),
                   .high = heat.values.high(),
                   .filter = CanvasFilter::Linear});
    }
    if (scene.mask() && !scene.mask()->isUntouched())
        drawLayer(scene, pane, size,
                  {.source = scene.mask().get(),
                   .extent = QRectF(QPointF(0, 0), scene.imageSize()),
                   .kind = kTintKind,
                   .opacity = kMaskOpacity,
                   .tint = scene.theme().role("bad")});
}

void GlRenderer::setUniforms(QOpenGLShaderProgram& program, const Layer& layer, bool dark)
{
    const Checkerboard board = checkerboard(dark);
    const auto range = [](double low, double high) {
        return QVector2D(static_cast<float>(low), static_cast<float>(1 / (high - low)));
    };
    program.setUniformValue("gain", layer.gain);
    program.setUniformValue("rangeA", range(layer.low, layer.high));
    program.setUniformValue("rangeB", range(layer.lowAgainst, layer.highAgainst));
    program.setUniformValue("opacity", layer.opacity);
    program.setUniformValue("fades", layer.fades);
    program.setUniformValue("tint", QVector3D(layer.tint.redF(), layer.tint.greenF(), layer.tint.blueF()));
    program.setUniformValue("board", QVector3D(board.first, board.second,
                                               layer.checkered ? static_cast<float>(board.side) : 0.0F));
}

void GlRenderer::drawLayer(const CanvasScene& scene, const Pane& pane, const QSize& size, const Layer& layer)
{
    auto& f = functions();
    const TileGrid& grid = layer.source->grid();
    if (grid.levels() == 0 || layer.extent.isEmpty())
        return;
    const double ratio = scene.pixelRatio();
    // Image pixels of the scene per pixel of the layer: 1 but for heat maps.
    const double stretchX = layer.extent.width() / grid.imageSize().width();
    const double stretchY = layer.extent.height() / grid.imageSize().height();
    const double devicePixels = scene.view().scale * ratio * stretchX;
    const bool linear = devicePixels < 1 || (layer.filter == CanvasFilter::Linear && layer.kind != kTintKind);
    QOpenGLShaderProgram& shader = program(layer.kind, layer.checkered);
    setUniforms(shader, layer, scene.theme().isDark());
    f.glBindSampler(0, m_samplers[linear]);
    f.glBindSampler(1, m_samplers[linear]);
    f.glBindSampler(2, m_samplers[1]);
    f.glActiveTexture(GL_TEXTURE2);
    f.glBindTexture(GL_TEXTURE_2D, m_tables[static_cast<int>(layer.map)]);

    // A pixel more than the pane shows: rounding must not leave its border bare.
    const QRectF clip = pane.clip.adjusted(-1, -1, 1, 1).translated(-pane.rect.topLeft());
    const QRectF inImage = scene.view().toImage(clip).translated(-layer.extent.topLeft());
    const QRectF seen(inImage.x() / stretchX, inImage.y() / stretchY, inImage.width() / stretchX,
                      inImage.height() / stretchY);
    for (const TileKey& key : grid.visible(seen, grid.levelFor(devicePixels))) {
        f.glActiveTexture(GL_TEXTURE0);
        const TileCache::Found a = m_tiles.find(*layer.source, key);
        const TileCache::Found b = layer.against ? m_tiles.find(*layer.against, key) : a;
        const QRectF part = grid.extent(key) & seen;
        const QRectF inScene(layer.extent.x() + part.x() * stretchX, layer.extent.y() + part.y() * stretchY,
                             part.width() * stretchX, part.height() * stretchY);
        const QRectF inView = scene.view().toView(inScene).translated(pane.rect.topLeft());
        const QRectF device(inView.topLeft() * ratio, inView.size() * ratio);
        shader.setUniformValue("place", asVector(inClipSpace(device, size)));
        shader.setUniformValue("areaA", asVector(grid.textureRect(a.key, part)));
        shader.setUniformValue("areaB", asVector(grid.textureRect(b.key, part)));
        f.glBindTexture(GL_TEXTURE_2D, a.texture);
        f.glActiveTexture(GL_TEXTURE1);
        f.glBindTexture(GL_TEXTURE_2D, b.texture);
        f.glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
    }
}

} // namespace assay::widgets
