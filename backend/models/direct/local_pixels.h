#pragma once

#include "backend/models/direct/direct_network.h"
#include "backend/models/local_changes.h"

#include <memory>

namespace assay::models::direct {

/// Of a network of linear layers: the first one's sums W x + b are kept, and a change of some pixels adds
/// their columns of W times it. Rounding of at most kChangesOfSums additions piles up: then the sums are
/// computed anew. Keeps the pixels and the sums of every image.
class LocalPixels final : public LocalChanges
{
public:
    static constexpr int kChangesOfSums = 32;

    explicit LocalPixels(std::shared_ptr<const DirectNetwork> network);

    torch::Tensor begin(const torch::Tensor& x) override;
    torch::Tensor ask(const torch::Tensor& x, const std::vector<Region>& regions) override;
    void settle(const torch::Tensor& accepted) override;
    void keep(const torch::Tensor& rows) override;

private:
    /// Writes the region of one image over the @p kept pixels, and notes which changed and by how much.
    void exchange(const float* image, const Region& region, float* kept);

    std::shared_ptr<const DirectNetwork> m_network; ///< shared with the model, which may go first
    torch::Tensor m_pixels;                         ///< [n,C,H,W], since ask() the changed ones
    torch::Tensor m_sums;                           ///< [n,O]
    torch::Tensor m_asked;                          ///< [n,O]: the sums of the changed images
    std::vector<int> m_changes;                     ///< of the sums, since they were computed
    std::vector<Region> m_regions;                  ///< of the last ask()
    std::vector<float> m_before;                    ///< pixels that ask() has written over, image by image
    std::vector<std::int64_t> m_changed;            ///< pixels of one image
    std::vector<float> m_differences;               ///< theirs
};

} // namespace assay::models::direct
