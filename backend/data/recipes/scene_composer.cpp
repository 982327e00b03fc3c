#include "backend/data/recipes/scene_composer.h"

#include <torch/nn/functional.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::data {

namespace {

constexpr std::int64_t kBackgroundGrid = 6;
constexpr double kBrightestBackground = 0.35;
constexpr double kBackgroundNoise = 0.02;                 ///< standard deviation
constexpr std::int64_t kLeastOther = 16, kMostOther = 30; ///< the larger side
constexpr std::int64_t kMostWidth = 64;                   ///< of a garment whose height asks for more
constexpr double kVisible = 0.5;                          ///< opacity that belongs to the box
/// Pixels of an item that are not background, which is 0 in Fashion-MNIST with a faint fringe around items.
constexpr double kItemEdge = 0.06;
/// Items shine: a black shirt too is brighter than the background, as a body is in the infrared.
constexpr double kDarkestItem = 0.4;
constexpr int kTries = 40;            ///< to find room for an item
constexpr double kMostCovered = 0.15; ///< of the smaller of two boxes

std::int64_t integerIn(SampleRandom& random, std::int64_t least, std::int64_t most)
{
    const double drawn = random.uniform(static_cast<double>(least), static_cast<double>(most + 1));
    return std::min(static_cast<std::int64_t>(drawn), most);
}

torch::Tensor resized(const torch::Tensor& image, std::int64_t height, std::int64_t width, bool corners)
{
    namespace F = torch::nn::functional;
    return F::interpolate(image.unsqueeze(0).unsqueeze(0), F::InterpolateFuncOptions()
                                                               .size(std::vector<std::int64_t>{height, width})
                                                               .mode(torch::kBilinear)
                                                               .align_corners(corners))
        .squeeze(0)
        .squeeze(0);
}

/// Rows or columns, first and number, in which @p visible ([h,w], bool) has something.
std::pair<std::int64_t, std::int64_t> extent(const torch::Tensor& visible, int overAxis)
{
    const torch::Tensor lines = visible.any(overAxis).nonzero().flatten();
    const auto first = lines[0].item<std::int64_t>();
    return {first, lines[-1].item<std::int64_t>() - first + 1};
}

torch::Tensor tight(const torch::Tensor& image, const torch::Tensor& visible)
{
    const auto [top, height] = extent(visible, 1);
    const auto [left, width] = extent(visible, 0);
    return image.narrow(0, top, height).narrow(1, left, width);
}

/// Of the smaller of two boxes, the part that the other covers.
double covered(const Box& a, const Box& b)
{
    const float width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
    const float height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
    if (width <= 0 || height <= 0)
        return 0;
    return static_cast<double>(width * height) / std::min(a.width * a.height, b.width * b.height);
}

} // namespace

SceneComposer::SceneComposer(const torch::Tensor& pixels, const torch::Tensor& labels,
                             const SceneRules& rules)
    : m_pixels(pixels)
    , m_labels(labels)
    , m_rules(rules)
{
    for (std::int64_t i = 0; i < labels.size(0); ++i)
        (categoryOf(i) >= 0 ? m_boxed : m_others).push_back(i);
}

std::int32_t SceneComposer::categoryOf(std::int64_t id) const
{
    return m_rules.category.at(static_cast<std::size_t>(m_labels.data_ptr<std::int64_t>()[id]));
}

torch::Tensor SceneComposer::background(SampleRandom& random) const
{
    torch::Tensor grid = torch::empty({kBackgroundGrid, kBackgroundGrid});
    std::generate_n(grid.data_ptr<float>(), grid.numel(),
                    [&] { return static_cast<float>(random.uniform(0, kBrightestBackground)); });
    torch::Tensor noise = torch::empty({m_rules.side, m_rules.side});
    random.fillNormal({noise.data_ptr<float>(), static_cast<std::size_t>(noise.numel())});
    return resized(grid, m_rules.side, m_rules.side, true).add_(noise, kBackgroundNoise);
}

SceneComposer::Item SceneComposer::item(std::int64_t id, std::int64_t side, bool byHeight) const
{
    const torch::Tensor picture = m_pixels[id][0].to(torch::kFloat32).div_(255);
    const torch::Tensor body = picture > kItemEdge;
    const torch::Tensor value = tight(picture, body);
    const double height = static_cast<double>(value.size(0)), width = static_cast<double>(value.size(1));
    double scale = static_cast<double>(side) / (byHeight ? height : std::max(height, width));
    scale = std::min(scale, kMostWidth / width);
    const auto sized = [scale](double length) {
        return std::max<std::int64_t>(std::llround(length * scale), 1);
    };
    const auto fitted = [&](const torch::Tensor& image) {
        return resized(image, sized(height), sized(width), false);
    };
    const torch::Tensor opacity = fitted(tight(body.to(torch::kFloat32), body));
    const torch::Tensor visible = opacity >= kVisible;
    const torch::Tensor shining = fitted(value).mul_(1 - kDarkestItem).add_(kDarkestItem);
    return {.value = tight(shining, visible), .opacity = tight(opacity, visible)};
}

SceneComposer::Item SceneComposer::drawn(const std::vector<std::int64_t>& ids, bool isBoxed,
                                         SampleRandom& random, std::int32_t& category) const
{
    const auto index = integerIn(random, 0, static_cast<std::int64_t>(ids.size()) - 1);
    const std::int64_t side = isBoxed ? integerIn(random, m_rules.leastSize, m_rules.mostSize)
                                      : integerIn(random, kLeastOther, kMostOther);
    const std::int64_t id = ids[static_cast<std::size_t>(index)];
    category = categoryOf(id);
    return item(id, side, isBoxed && m_rules.byHeight);
}

bool SceneComposer::place(const Item& item, SampleRandom& random, torch::Tensor& canvas,
                          std::vector<Box>& taken) const
{
    for (int attempt = 0; attempt < kTries; ++attempt) {
        const std::int64_t left = integerIn(random, 0, m_rules.side - item.width());
        const std::int64_t top = integerIn(random, 0, m_rules.side - item.height());
        const Box box = {.x = static_cast<float>(left),
                         .y = static_cast<float>(top),
                         .width = static_cast<float>(item.width()),
                         .height = static_cast<float>(item.height())};
        if (std::ranges::any_of(taken, [&](const Box& other) { return covered(box, other) > kMostCovered; }))
            continue;
        torch::Tensor part = canvas.narrow(0, top, item.height()).narrow(1, left, item.width());
        part.copy_(part + (item.value - part) * item.opacity);
        taken.push_back(box);
        return true;
    }
    return false;
}

SceneComposer::Scene SceneComposer::compose(SampleRandom random) const
{
    torch::Tensor canvas = background(random);
    const std::int64_t boxed = integerIn(random, m_rules.leastBoxed, m_rules.mostBoxed);
    const std::int64_t others = integerIn(random, m_rules.leastOther, m_rules.mostOther);
    std::vector<Box> taken;
    std::int32_t category = 0;
    for (std::int64_t i = 0; i < boxed; ++i)
        if (place(drawn(m_boxed, true, random, category), random, canvas, taken))
            taken.back().category = category;
    Scene scene{.pixels = {}, .boxes = taken};
    for (std::int64_t i = 0; i < others; ++i)
        place(drawn(m_others, false, random, category), random, canvas, taken);
    scene.pixels = (canvas.clamp_(0, 1) * 255).round().to(torch::kUInt8).unsqueeze(0);
    return scene;
}

} // namespace assay::data
