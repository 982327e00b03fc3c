#pragma once

#include "backend/data/images/image_list.h"
#include "backend/data/images/pixel_cache.h"

#include <array>
#include <memory>
#include <mutex>

namespace assay::data {

/// How much memory a data set of picture files keeps, besides what its user asked for with pixels().
struct ImageMemory
{
    std::int64_t pixelBytes = std::int64_t(512) << 20;    ///< decoded pictures, the ones used last
    std::int64_t thumbnailBytes = std::int64_t(64) << 20; ///< the same for thumbnails
};

/// A data set whose pictures stay in their files and are decoded when asked for, with all cores. Memory: at
/// most ImageMemory, the tensors handed out, and one picture in flight a core; pixels() adds the whole split
/// (bounded by kMaxResidentBytes) and keeps it, after which the split costs nothing more.
class LazyImageDataset final : public Dataset
{
public:
    /// @param info counts and sizes are filled in from @p list and @p shape.
    /// @throws Error when the list is empty, a label has no class, or the shape is out of range.
    LazyImageDataset(DatasetInfo info, ImageList list, ImageRoot root, ImageShape shape,
                     ImageMemory memory = {});

    const DatasetInfo& info() const override { return m_info; }
    std::int64_t size(Split split) const override { return m_list.part(split).size(); }
    torch::Tensor pixels(Split split) const override;
    torch::Tensor pixelsOf(Split split, const torch::Tensor& ids) const override;
    torch::Tensor thumbnails(Split split, const torch::Tensor& ids, std::int64_t side) const override;
    bool resident() const override; ///< once pixels() was asked for every split that has pictures
    torch::Tensor original(Split split, std::int64_t id) const override;
    torch::Tensor labels(Split split) const override { return m_labels[index(split)]; }
    const SampleTable& samples(Split split) const override { return m_list.part(split).table; }
    /// SHA-256 over the shape, and of every picture in the order of ids: its name, label and content; then
    /// the describing files. Read with all cores at the first call (a few per cent of what decoding costs),
    /// then remembered. @throws Error naming a file that cannot be read.
    const std::string& hash() const override;

    const ImageShape& shape() const { return m_shape; }
    std::int64_t cachedBytes() const { return m_cache.bytes() + m_thumbnails.bytes(); }

private:
    static std::size_t index(Split split) { return split == Split::Train ? 0 : 1; }
    const std::string& nameOf(Split split, std::int64_t id) const;
    std::vector<std::int64_t> checkedIds(Split split, const torch::Tensor& ids) const;
    torch::Tensor held(Split split) const; ///< pixels() when they were asked for, else undefined
    void decode(Split split, std::int64_t id, const torch::Tensor& out, int reduce) const;
    void fill(Split split, std::int64_t id, const torch::Tensor& out) const;
    torch::Tensor thumbnail(Split split, std::int64_t id, int height, int width) const;
    std::string computeHash() const;

    DatasetInfo m_info;
    ImageList m_list;
    ImageRoot m_root;
    ImageShape m_shape;
    std::array<torch::Tensor, 2> m_labels;
    mutable PixelCache m_cache;
    mutable PixelCache m_thumbnails;
    mutable std::mutex m_mutex; ///< guards m_pixels
    mutable std::array<torch::Tensor, 2> m_pixels;
    mutable std::mutex m_fillMutex; ///< held while a split is decoded: two callers share the work
    mutable std::mutex m_hashMutex; ///< guards m_hash
    mutable std::string m_hash;
};

} // namespace assay::data
