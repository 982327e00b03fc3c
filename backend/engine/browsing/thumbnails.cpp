#include "backend/engine/browsing/thumbnails.h"

#include "backend/imaging/image_codec.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace assay::engine {

namespace {

std::int64_t shrunk(std::int64_t length, std::int64_t longest, std::int64_t side)
{
    if (longest <= side)
        return length;
    const double scaled =
        static_cast<double>(length) * static_cast<double>(side) / static_cast<double>(longest);
    return std::max<std::int64_t>(1, std::llround(scaled));
}

void requireIds(const std::vector<std::int64_t>& ids, std::int64_t count)
{
    for (const std::int64_t id : ids) {
        if (id >= count)
            throw Error("there is no image " + std::to_string(id) + "; the split has " +
                            std::to_string(count),
                        "request");
    }
}

} // namespace

bool ThumbnailCache::take(const std::string& key, std::uint8_t* out, std::size_t size)
{
    const std::lock_guard lock(m_mutex);
    const auto it = m_index.find(key);
    if (it == m_index.end() || it->second->pixels.size() != size)
        return false;
    m_entries.splice(m_entries.begin(), m_entries, it->second);
    std::memcpy(out, it->second->pixels.data(), size);
    return true;
}

void ThumbnailCache::put(const std::string& key, Pixels pixels)
{
    const std::lock_guard lock(m_mutex);
    if (m_index.contains(key))
        return;
    m_bytes += pixels.size();
    m_entries.push_front({key, std::move(pixels)});
    m_index[key] = m_entries.begin();
    while (m_bytes > kMostBytes) {
        m_bytes -= m_entries.back().pixels.size();
        m_index.erase(m_entries.back().key);
        m_entries.pop_back();
    }
}

std::size_t ThumbnailCache::bytes() const
{
    const std::lock_guard lock(m_mutex);
    return m_bytes;
}

ThumbnailCache::Page ThumbnailCache::page(const data::Dataset& dataset, data::Split split,
                                          const std::vector<std::int64_t>& ids, std::uint64_t side)
{
    requireIds(ids, dataset.size(split));
    const data::DatasetInfo& info = dataset.info();
    const std::int64_t longest = std::max(info.height, info.width);
    const auto most = static_cast<std::int64_t>(std::clamp<std::uint64_t>(side, 1, kMostSide));
    Page page{info.channels, shrunk(info.height, longest, most), shrunk(info.width, longest, most), {}};
    const auto each = static_cast<std::size_t>(page.channels * page.height * page.width);
    page.pixels.resize(each * ids.size());
    const std::string prefix = dataset.hash() + (split == data::Split::Train ? "|a|" : "|b|") +
                               std::to_string(page.height) + "x" + std::to_string(page.width) + "|";
    std::vector<std::int64_t> missing;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!take(prefix + std::to_string(ids[i]), page.pixels.data() + i * each, each)) {
            missing.push_back(ids[i]);
            places.push_back(i);
        }
    }
    if (missing.empty())
        return page;
    const torch::Tensor images = dataset.pixelsOf(split, torch::tensor(missing, torch::kInt64));
    for (std::size_t i = 0; i < missing.size(); ++i) {
        torch::Tensor image = images[static_cast<std::int64_t>(i)];
        if (longest > most)
            image = imaging::resize(image, static_cast<int>(page.height), static_cast<int>(page.width));
        image = image.contiguous();
        const auto* bytes = image.data_ptr<std::uint8_t>();
        std::memcpy(page.pixels.data() + places[i] * each, bytes, each);
        put(prefix + std::to_string(missing[i]), Pixels(bytes, bytes + each));
    }
    return page;
}

} // namespace assay::engine
