#pragma once

#include "backend/models/direct/direct_network.h"
#include "backend/models/local_changes.h"

#include <memory>

namespace assay::models::direct {

/// Float32 numbers of kept images, at most: 256 MiB. As many again, at most, remember what ask() has written
/// over; with regions as small as most are it is a few hundredths of that.
inline constexpr std::int64_t kMostKept = std::int64_t(1) << 26;

/// Of a network with layers over images: all of these are kept. A change is written over them together with
/// all that depends on it, layer by layer, region by region; what was there before is put aside and comes
/// back if the change is not accepted. Every number computed is the one of a full pass, to the last digit.
class LocalImages final : public LocalChanges
{
public:
    /// Whether so many images are few enough to be kept.
    static bool fits(const DirectNetwork& network, std::int64_t images);

    explicit LocalImages(std::shared_ptr<const DirectNetwork> network);

    torch::Tensor begin(const torch::Tensor& x) override;
    torch::Tensor ask(const torch::Tensor& x, const std::vector<Region>& regions) override;
    void settle(const torch::Tensor& accepted) override;
    void keep(const torch::Tensor& rows) override;

private:
    float* values(std::size_t image);
    torch::Tensor logits();

    std::shared_ptr<const DirectNetwork> m_network; ///< shared with the model, which may go first
    torch::Tensor m_memory;                         ///< [images that began, numbers of one]
    std::vector<std::int64_t> m_places;             ///< of the images that are left, in m_memory
    std::vector<Region> m_regions;                  ///< of the last ask()
    std::vector<Region> m_parts;                    ///< that depend on one of them
    std::vector<float> m_before;                    ///< what ask() has written over, image by image
};

} // namespace assay::models::direct
