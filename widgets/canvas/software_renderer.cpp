#include "widgets/canvas/software_renderer.h"

#include "widgets/canvas/pixel_shade.h"

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

using Sample = PixelShade::Sample;

/// Samples one level of a pyramid at places given in image pixels.
class LevelSampler
{
public:
    LevelSampler(const ImagePyramid& pyramid, double devicePixels, CanvasFilter filter)
        : m_image(pyramid.image())
        , m_linear(devicePixels < 1 || filter == CanvasFilter::Linear)
    {
        int level = pyramid.grid().levelFor(devicePixels);
        while (!pyramid.level(level))
            --level;
        m_pixels = pyramid.level(level);
        m_factor = 1.0 / (1 << level);
    }

    Sample at(const QPointF& place) const
    {
        const double x = place.x() * m_factor, y = place.y() * m_factor;
        if (!m_linear)
            return pixel(static_cast<int>(std::floor(x)), static_cast<int>(std::floor(y)));
        const double left = std::floor(x - 0.5), top = std::floor(y - 0.5);
        const auto fx = static_cast<float>(x - 0.5 - left), fy = static_cast<float>(y - 0.5 - top);
        const int i = static_cast<int>(left), j = static_cast<int>(top);
        const Sample a = pixel(i, j), b = pixel(i + 1, j), c = pixel(i, j + 1), d = pixel(i + 1, j + 1);
        Sample mixed;
        for (std::size_t k = 0; k < mixed.size(); ++k)
            mixed[k] = (a[k] * (1 - fx) + b[k] * fx) * (1 - fy) + (c[k] * (1 - fx) + d[k] * fx) * fy;
        return mixed;
    }

private:
    Sample pixel(int x, int y) const
    {
        return sampleOf(m_image, *m_pixels, std::clamp(x, 0, m_pixels->size().width() - 1),
                        std::clamp(y, 0, m_pixels->size().height() - 1));
    }

    const CanvasImage& m_image;
    const PixelBuffer* m_pixels = nullptr;
    double m_factor = 1;
    bool m_linear;
};

void blend(Sample& under, const Sample& over)
{
    for (std::size_t k = 0; k < 3; ++k)
        under[k] += (over[k] - under[k]) * over[3];
}

Sample sampleColour(const QColor& colour)
{
    return {static_cast<float>(colour.redF()), static_cast<float>(colour.greenF()),
            static_cast<float>(colour.blueF()), 1};
}

QRgb packed(const Sample& s)
{
    const auto byte = [](float v) { return static_cast<int>(std::lround(std::clamp(v, 0.0F, 1.0F) * 255)); };
    return qRgb(byte(s[0]), byte(s[1]), byte(s[2]));
}

/// Draws one pane: the scene's layers from the image up.
class PanePainter
{
public:
    PanePainter(const CanvasScene& scene, const Pane& pane)
        : m_scene(scene)
        , m_pane(pane)
        , m_shade(scene.compare(), scene.look(), pane.against >= 0)
        , m_table(colourTable(m_shade.map, scene.theme().isDark()))
        , m_image(scene.pyramid(pane.image), devicePixels(), m_shade.filter(scene.look().filter))
        , m_against(scene.pyramid(std::max(0, pane.against)), devicePixels(),
                    m_shade.filter(scene.look().filter))
        , m_maskColour(sampleColour(scene.theme().role("bad")))
    {
        for (const CanvasScene::HeatLayer& layer : scene.heatLayers()) {
            m_heat.emplace_back(*layer.pyramid, devicePixels() * stretch(layer).width(),
                                CanvasFilter::Linear);
            m_heatTables.push_back(colourTable(layer.heat.map, scene.theme().isDark()));
        }
    }

    /// Colour of a device pixel, given its place in the image; @p under what lies below.
    Sample colour(const QPointF& place, const Sample& under) const
    {
        Sample result = under;
        blend(result, m_shade.colour(m_image.at(place), m_against.at(place), m_table));
        if (!m_scene.look().overlays)
            return result;
        for (std::size_t i = 0; i < m_heat.size(); ++i)
            blendHeat(result, place, i);
        blendMask(result, place);
        return result;
    }

private:
    double devicePixels() const { return m_scene.view().scale * m_scene.pixelRatio(); }

    QRectF extentOf(const CanvasScene::HeatLayer& layer) const
    {
        return layer.heat.extent.isNull() ? QRectF(QPointF(0, 0), m_scene.imageSize()) : layer.heat.extent;
    }

    /// Image pixels per value.
    QSizeF stretch(const CanvasScene::HeatLayer& layer) const
    {
        const QSize values = layer.heat.values.size();
        const QRectF extent = extentOf(layer);
        return {extent.width() / values.width(), extent.height() / values.height()};
    }

    void blendHeat(Sample& under, const QPointF& place, std::size_t index) const
    {
        const CanvasScene::HeatLayer& layer = m_scene.heatLayers()[index];
        const QRectF extent = extentOf(layer);
        if (!extent.contains(place))
            return;
        const QSizeF size = stretch(layer);
        const QPointF own((place.x() - extent.x()) / size.width(), (place.y() - extent.y()) / size.height());
        const Sample value = m_heat[index].at(own);
        PixelShade shade(m_scene.compare(), m_scene.look(), false);
        shade.kind = PixelShade::Kind::Mapped;
        Sample over = shade.colour(value, {}, m_heatTables[index]);
        over[3] *= static_cast<float>(layer.heat.opacity * m_scene.look().heatOpacity);
        if (layer.heat.fadesLow)
            over[3] *= std::clamp(value[0], 0.0F, 1.0F);
        blend(under, over);
    }

    void blendMask(Sample& under, const QPointF& place) const
    {
        if (!m_scene.mask() || m_scene.mask()->isUntouched())
            return;
        Sample over = m_maskColour;
        over[3] = kMaskOpacity * static_cast<float>(m_scene.mask()->coverage(place, devicePixels()));
        blend(under, over);
    }

    static constexpr float kMaskOpacity = 0.45F;

    const CanvasScene& m_scene;
    const Pane& m_pane;
    PixelShade m_shade;
    ColourTable m_table;
    LevelSampler m_image, m_against;
    std::vector<LevelSampler> m_heat;
    std::vector<ColourTable> m_heatTables;
    Sample m_maskColour;
};

void paintPane(QImage& out, const CanvasScene& scene, const Pane& pane)
{
    const double ratio = scene.pixelRatio();
    const QSizeF image = scene.imageSize();
    const QRectF clip(pane.clip.topLeft() * ratio, pane.clip.size() * ratio);
    const PanePainter painter(scene, pane);
    const Checkerboard board = checkerboard(scene.theme().isDark());
    const int left = qRound(clip.left()), right = std::min(out.width(), qRound(clip.right()));
    const int top = qRound(clip.top()), bottom = std::min(out.height(), qRound(clip.bottom()));
    for (int y = top; y < bottom; ++y) {
        auto* line = reinterpret_cast<QRgb*>(out.scanLine(y));
        for (int x = left; x < right; ++x) {
            const QPointF view = QPointF(x + 0.5, y + 0.5) / ratio - pane.rect.topLeft();
            const QPointF place = scene.view().toImage(view);
            if (place.x() < 0 || place.y() < 0 || place.x() >= image.width() || place.y() >= image.height())
                continue;
            const bool odd = (x / board.side + (out.height() - 1 - y) / board.side) % 2 == 1;
            const float shade = odd ? board.second : board.first;
            line[x] = packed(painter.colour(place, {shade, shade, shade, 1}));
        }
    }
}

} // namespace

Checkerboard checkerboard(bool dark)
{
    return dark ? Checkerboard{0.22F, 0.28F, 8} : Checkerboard{0.80F, 0.90F, 8};
}

QImage renderOnProcessor(const CanvasScene& scene)
{
    QImage out((scene.viewport() * scene.pixelRatio()).toSize(), QImage::Format_RGB32);
    out.fill(scene.theme().window);
    for (const Pane& pane : scene.panes())
        paintPane(out, scene, pane);
    return out;
}

} // namespace assay::widgets
