#pragma once

#include "backend/data/dataset.h"

#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace assay::engine {

/// Small pictures of samples, made once while they stay in the cache. Safe from any thread.
class ThumbnailCache
{
public:
    /// Thumbnails that were used longest ago are forgotten beyond this.
    static constexpr std::size_t kMostBytes = std::size_t(64) << 20;
    static constexpr std::size_t kMostIds = 256; ///< of one request
    static constexpr std::uint64_t kMostSide = 512;

    struct Page
    {
        std::int64_t channels = 0;
        std::int64_t height = 0;
        std::int64_t width = 0;
        std::vector<std::uint8_t> pixels; ///< [n,C,H,W]
    };
    /// The images of @p ids, the larger side at most @p side, shrunk by area averaging; smaller images stay
    /// as they are. @throws Error for an id outside the split.
    Page page(const data::Dataset& dataset, data::Split split, const std::vector<std::int64_t>& ids,
              std::uint64_t side);

    std::size_t bytes() const;

private:
    using Pixels = std::vector<std::uint8_t>;
    struct Entry
    {
        std::string key;
        Pixels pixels;
    };

    bool take(const std::string& key, std::uint8_t* out, std::size_t size);
    void put(const std::string& key, Pixels pixels);

    mutable std::mutex m_mutex; ///< guards all below; not held while images are decoded
    std::list<Entry> m_entries; ///< used last first
    std::unordered_map<std::string, std::list<Entry>::iterator> m_index;
    std::size_t m_bytes = 0;
};

} // namespace assay::engine
