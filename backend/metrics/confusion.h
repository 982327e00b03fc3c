#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace assay::metrics {

/// Counts of (row class, column class) pairs.
class Confusion
{
public:
    explicit Confusion(std::int64_t classes);

    /// Counts N pairs, e.g. true and predicted classes.
    /// @throws Error when the lengths differ or a class is outside 0 .. classes-1.
    void add(std::span<const std::int64_t> rows, std::span<const std::int64_t> columns);

    std::int64_t classes() const { return m_classes; }
    std::int64_t at(std::int64_t row, std::int64_t column) const
    {
        return m_counts[row * m_classes + column];
    }
    std::int64_t total() const;
    std::int64_t rowTotal(std::int64_t row) const;
    /// Pairs on the diagonal.
    std::int64_t agreeing() const;
    /// Row-major, classes x classes.
    const std::vector<std::int64_t>& counts() const { return m_counts; }

private:
    std::int64_t m_classes;
    std::vector<std::int64_t> m_counts;
};

} // namespace assay::metrics
