#include "backend/data/images/pixel_cache.h"

#include "backend/data/images/own_pages.h"

#include <torch/types.h>

namespace assay::data {

torch::Tensor PixelCache::find(std::uint64_t key)
{
    const std::lock_guard lock(m_mutex);
    const auto it = m_index.find(key);
    if (it == m_index.end())
        return {};
    m_entries.splice(m_entries.begin(), m_entries, it->second);
    return it->second->pixels;
}

void PixelCache::put(std::uint64_t key, const torch::Tensor& pixels)
{
    const auto size = static_cast<std::int64_t>(pixels.nbytes());
    if (size > m_maxBytes)
        return;
    torch::Tensor copy = bytesInOwnPages(pixels.sizes()); // before the lock, which other threads wait for
    copy.copy_(pixels);
    const std::lock_guard lock(m_mutex);
    if (m_index.contains(key))
        return;
    while (m_bytes + size > m_maxBytes)
        dropLast();
    m_entries.push_front({key, std::move(copy)});
    m_index[key] = m_entries.begin();
    m_bytes += size;
}

void PixelCache::clear()
{
    const std::lock_guard lock(m_mutex);
    m_entries.clear();
    m_index.clear();
    m_bytes = 0;
}

std::int64_t PixelCache::bytes() const
{
    const std::lock_guard lock(m_mutex);
    return m_bytes;
}

void PixelCache::dropLast()
{
    m_bytes -= static_cast<std::int64_t>(m_entries.back().pixels.nbytes());
    m_index.erase(m_entries.back().key);
    m_entries.pop_back();
}

} // namespace assay::data
