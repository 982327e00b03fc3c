#pragma once

#include "backend/data/corruptions/sample_random.h"
#include "backend/data/dataset.h"

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace assay::data {

/// Lays grey items on grey canvases; see garment_scenes.h for what the scenes look like.
class SceneComposer
{
public:
    static constexpr std::int64_t kSide = 96;

    /// @param pixels uint8 [N,1,28,28] and @p labels int64 [N] of one split of Fashion-MNIST. Both are kept.
    SceneComposer(const torch::Tensor& pixels, const torch::Tensor& labels);

    struct Scene
    {
        torch::Tensor pixels;   ///< uint8 [1,96,96]
        std::vector<Box> boxes; ///< of the garments; sample is 0
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
    /// @param longSide height of a garment, the larger side of another item, in pixels.
    Item item(std::int64_t id, std::int64_t side, bool byHeight) const;
    bool place(const Item& item, SampleRandom& random, torch::Tensor& canvas, std::vector<Box>& taken) const;
    Item drawn(const std::vector<std::int64_t>& ids, bool isGarment, SampleRandom& random) const;

    torch::Tensor m_pixels; ///< as given
    std::vector<std::int64_t> m_garments;
    std::vector<std::int64_t> m_others;
};

} // namespace assay::data
