#pragma once

#include "backend/models/direct/direct_network.h"
#include "backend/models/local_changes.h"

#include <array>
#include <memory>
#include <vector>

namespace assay::models::direct {

/// Float32 numbers of kept images, at most: 256 MiB. As many again, at most, remember what ask() has written
/// over; with regions as small as most are it is a few hundredths of that.
inline constexpr std::int64_t kMostKept = std::int64_t(1) << 26;

/// Of a network with layers over images: all of these are kept. A change is written over them together with
/// all that depends on it, layer by layer, region by region; what was there before is put aside and comes
/// back if the change is not accepted. Every number computed is the one of a full pass, to the last digit. Of
/// a region only what differs counts, and where that lies in two places apart, as the two windows of Square
/// Attack in L2 do, each is written by itself if that is less.
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
    /// Where an image changes: nowhere, in one place or in two. What is in an empty region is no place.
    struct Change
    {
        Region whole; ///< least around both
        std::array<Region, 2> places;
    };

    float* values(std::size_t image);
    float* pixels(std::size_t image);
    /// Of @p image against the kept one, looking only within @p region.
    Change changeOf(const float* image, const Region& region, const float* kept);
    /// The least region around the marked pixels of @p within.
    Region marked(const Region& within) const;
    /// Puts the pixels of a change into the kept image, and what was there aside.
    void exchange(const float* image, const Change& change, float* kept);
    torch::Tensor logits();

    std::shared_ptr<const DirectNetwork> m_network; ///< shared with the model, which may go first
    torch::Tensor m_memory;                         ///< [images that began, numbers of one]
    std::vector<std::int64_t> m_places;             ///< of the images that are left, in m_memory
    torch::Tensor m_pixels;                         ///< [images that began, C H W]: the images themselves
    std::vector<Change> m_changes;                  ///< of the last ask()
    std::vector<char> m_marks;                      ///< [H,W]: which pixels of an image change
    std::vector<Region> m_parts;                    ///< that depend on one of them
    std::vector<float> m_pixelsBefore;              ///< what ask() has written over in m_pixels
    std::vector<float> m_before;                    ///< and what in m_memory, change by change
};

} // namespace assay::models::direct
