#include "backend/data/images/own_pages.h"

#include <sys/mman.h>

#include <deque>
#include <functional>
#include <mutex>
#include <numeric>

namespace assay::data {

namespace {

/// Blocks that nobody uses, the oldest in front. Safe from any thread.
class FreePages
{
public:
    /// Null when no block of @p size waits and the system gives none.
    void* take(std::size_t size)
    {
        {
            const std::lock_guard lock(m_mutex);
            for (auto it = m_blocks.begin(); it != m_blocks.end(); ++it) {
                if (it->size == size) {
                    void* pages = it->pages;
                    m_bytes -= size;
                    m_blocks.erase(it);
                    return pages;
                }
            }
        }
        void* pages = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return pages == MAP_FAILED ? nullptr : pages;
    }

    void give(void* pages, std::size_t size)
    {
        constexpr std::size_t kMostKept = 32 << 20;
        if (size > kMostKept) { // or it would drive out all that wait, and go with them
            munmap(pages, size);
            return;
        }
        const std::lock_guard lock(m_mutex);
        m_blocks.push_back({pages, size});
        m_bytes += size;
        while (m_bytes > kMostKept) {
            m_bytes -= m_blocks.front().size;
            munmap(m_blocks.front().pages, m_blocks.front().size);
            m_blocks.pop_front();
        }
    }

private:
    struct Block
    {
        void* pages;
        std::size_t size;
    };
    std::mutex m_mutex; ///< guards all below
    std::deque<Block> m_blocks;
    std::size_t m_bytes = 0;
};

FreePages& freePages()
{
    static auto* pages = new FreePages; // never destroyed: tensors may outlive everything static
    return *pages;
}

} // namespace

torch::Tensor bytesInOwnPages(torch::IntArrayRef sizes)
{
    constexpr std::int64_t kWorthPages = 64 * 1024;
    const auto bytes = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>());
    const auto size = static_cast<std::size_t>(bytes);
    void* pages = bytes < kWorthPages ? nullptr : freePages().take(size);
    if (!pages)
        return torch::empty(sizes, torch::kUInt8);
    return torch::from_blob(
        pages, sizes, [size](void* at) { freePages().give(at, size); }, torch::kUInt8);
}

} // namespace assay::data
