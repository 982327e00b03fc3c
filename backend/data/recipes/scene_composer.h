#pragma once

#include "backend/data/corruptions/sample_random.h"
#include "backend/data/dataset.h"

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <vector>

namespace assay::data {

/// What lies on a scene.
struct SceneRules
{
    std::int64_t side = 96; ///< of the scene, in pixels
    /// For every class of Fashion-MNIST the category of its boxes; -1 has none and is there to be mistaken.
    std::array<std::int32_t, 10> category = {};
    std::int64_t leastBoxed = 1, mostBoxed = 2; ///< items with a box
    std::int64_t leastOther = 0, mostOther = 0; ///< items without
    std::int64_t leastSize = 24, mostSize = 43; ///< of items with a box, in pixels
    bool byHeight = true;                       ///< that size is the height, else the larger side
};

/// Lays grey items on grey canvases; see garment_scenes.h for what the scenes look like.
class SceneComposer
{
public:
    /// @param pixels uint8 [N,1,28,28] and @p labels int64 [N] of one split of Fashion-MNIST. Both are kept.
    SceneComposer(const torch::Tensor& pixels, const torch::Tensor& labels, const SceneRules& rules);

    struct Scene
    {
        torch::Tensor pixels;   ///< uint8 [1,side,side]
        std::vector<Box> boxes; ///< of the items with one; sample is 0
    };
    /// @param random of this scene alone.
    Scene compose(SampleRandom random) const;

private:
    struct Item ///< cut out of its picture and brought to its size in the scene
    {
        torch::Tensor value;   ///< float32 [h,w] in [0,1]
        torch::Tensor opacity; ///< likewise; its outermost rows and columns each have a visible pixel
        std::int64_t height() const { return value.size(0); }
        std::int64_t width() const { return value.size(1); }
    };
    /// @param side its height or its larger side, in pixels.
    Item item(std::int64_t id, std::int64_t side, bool byHeight) const;
    bool place(const Item& item, SampleRandom& random, torch::Tensor& canvas, std::vector<Box>& taken) const;
    /// @param category becomes that of the item drawn.
    Item drawn(const std::vector<std::int64_t>& ids, bool isBoxed, SampleRandom& random,
               std::int32_t& category) const;
    torch::Tensor background(SampleRandom& random) const;
    std::int32_t categoryOf(std::int64_t id) const;

    torch::Tensor m_pixels; ///< as given
    torch::Tensor m_labels; ///< likewise
    SceneRules m_rules;
    std::vector<std::int64_t> m_boxed;
    std::vector<std::int64_t> m_others;
};

} // namespace assay::data
