#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace assay::transfer {

/// Keeps the last few values that were asked for, so that a slider does not read the same file at every move.
/// Values are shared and immutable: one may still be in use when it is dropped here. Safe from any thread.
template <class T>
class RecentlyUsed
{
public:
    explicit RecentlyUsed(std::size_t most)
        : m_most(most)
    {}

    /// The value of @p key, or else what @p load returns. Two threads that miss together may both load.
    std::shared_ptr<const T> get(const std::string& key, const std::function<T()>& load)
    {
        {
            const std::lock_guard lock(m_mutex);
            for (std::size_t i = 0; i < m_values.size(); ++i) {
                if (m_values[i].first != key)
                    continue;
                auto found = std::move(m_values[i]);
                m_values.erase(m_values.begin() + static_cast<std::ptrdiff_t>(i));
                m_values.push_front(std::move(found));
                return m_values.front().second;
            }
        }
        auto value = std::make_shared<const T>(load());
        const std::lock_guard lock(m_mutex);
        m_values.emplace_front(key, value);
        if (m_values.size() > m_most)
            m_values.pop_back();
        return value;
    }

private:
    std::size_t m_most;
    std::mutex m_mutex;                                                    ///< guards m_values
    std::deque<std::pair<std::string, std::shared_ptr<const T>>> m_values; ///< latest first
};

} // namespace assay::transfer
