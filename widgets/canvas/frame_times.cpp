#include "widgets/canvas/frame_times.h"

#include <algorithm>
#include <cmath>

namespace assay::widgets {

void FrameTimes::add(double milliseconds)
{
    m_times[m_next] = static_cast<float>(milliseconds);
    m_next = (m_next + 1) % kKept;
    m_count = std::min(m_count + 1, kKept);
}

QVector<float> FrameTimes::values() const
{
    QVector<float> result;
    result.reserve(m_count);
    for (int i = 0; i < m_count; ++i)
        result.append(m_times[(m_next - m_count + i + kKept) % kKept]);
    return result;
}

double FrameTimes::quantile(double q) const
{
    QVector<float> sorted = values();
    if (sorted.isEmpty())
        return 0;
    const int rank = std::clamp(static_cast<int>(std::ceil(q * m_count)) - 1, 0, m_count - 1);
    std::ranges::nth_element(sorted, sorted.begin() + rank);
    return sorted[rank];
}

} // namespace assay::widgets
