#include "backend/metrics/confusion.h"

#include "backend/protocol/error.h"

#include <numeric>
#include <string>

namespace assay::metrics {

Confusion::Confusion(std::int64_t classes)
    : m_classes(classes)
    , m_counts(static_cast<std::size_t>(classes * classes), 0)
{}

void Confusion::add(std::span<const std::int64_t> rows, std::span<const std::int64_t> columns)
{
    if (rows.size() != columns.size())
        throw Error("a confusion matrix needs pairs; given were " + std::to_string(rows.size()) + " and " +
                    std::to_string(columns.size()) + " classes");
    // Checked first, so that a bad pair leaves the counts as they were.
    for (const auto& side : {rows, columns}) {
        for (const std::int64_t value : side) {
            if (value < 0 || value >= m_classes)
                throw Error("class " + std::to_string(value) + " is outside 0 to " +
                            std::to_string(m_classes - 1));
        }
    }
    for (std::size_t i = 0; i < rows.size(); ++i)
        ++m_counts[static_cast<std::size_t>(rows[i] * m_classes + columns[i])];
}

std::int64_t Confusion::total() const
{
    return std::accumulate(m_counts.begin(), m_counts.end(), std::int64_t(0));
}

std::int64_t Confusion::rowTotal(std::int64_t row) const
{
    const auto first = m_counts.begin() + row * m_classes;
    return std::accumulate(first, first + m_classes, std::int64_t(0));
}

std::int64_t Confusion::agreeing() const
{
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < m_classes; ++i)
        sum += at(i, i);
    return sum;
}

} // namespace assay::metrics
