#pragma once

#include <torch/types.h>

#include <cstdint>
#include <list>
#include <mutex>
#include <unordered_map>

namespace assay::data {

/// Decoded images by key, at most so many bytes of pixels: those used longest ago fall out. Safe from any
/// thread; tensors handed out stay valid when they fall out.
class PixelCache
{
public:
    explicit PixelCache(std::int64_t maxBytes)
        : m_maxBytes(maxBytes)
    {}

    /// Undefined when absent.
    torch::Tensor find(std::uint64_t key);
    /// Keeps a copy of @p pixels (uint8, CPU) unless they alone are larger than the bound.
    void put(std::uint64_t key, const torch::Tensor& pixels);
    void clear();

    std::int64_t bytes() const;
    std::int64_t maxBytes() const { return m_maxBytes; }

private:
    struct Entry
    {
        std::uint64_t key;
        torch::Tensor pixels;
    };
    void dropLast();

    const std::int64_t m_maxBytes;
    mutable std::mutex m_mutex; ///< guards all below
    std::list<Entry> m_entries; ///< the one used last in front
    std::unordered_map<std::uint64_t, std::list<Entry>::iterator> m_index;
    std::int64_t m_bytes = 0;
};

} // namespace assay::data
