#pragma once

#include <QVector>

#include <array>

namespace assay::widgets {

/// What the last frames cost, in milliseconds. Keeps the newest 240.
class FrameTimes
{
public:
    static constexpr int kKept = 240;

    void add(double milliseconds);
    int count() const { return m_count; }
    /// Oldest first.
    QVector<float> values() const;
    /// The smallest time that a share of @p q (0..1) of the frames does not exceed; 0 without frames.
    double quantile(double q) const;

private:
    std::array<float, kKept> m_times{};
    int m_count = 0;
    int m_next = 0;
};

} // namespace assay::widgets
