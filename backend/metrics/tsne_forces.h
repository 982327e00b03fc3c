#pragma once

#include <torch/types.h>

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

namespace assay::metrics {

/// Calls body(first, last) for as many parts of 0 .. n as there are threads.
template <class Body>
void forRows(std::int64_t n, int threads, const Body& body)
{
    const std::int64_t parts = std::clamp<std::int64_t>(threads, 1, std::max<std::int64_t>(1, n));
    std::vector<std::jthread> others;
    for (std::int64_t part = 1; part < parts; ++part)
        others.emplace_back([&body, part, parts, n] { body(n * part / parts, n * (part + 1) / parts); });
    body(std::int64_t(0), n / parts);
}

/// What every point of a t-SNE pulls and pushes: the sums of its gradient. T is the type of the inner sums.
template <class T>
class TsneForces
{
public:
    /// @param affinities float64 [n,n].
    explicit TsneForces(const torch::Tensor& affinities);

    std::int64_t size() const { return m_size; }
    /// Gradient at points x, y (n each) of the divergence of `exaggeration` times the affinities, into gx and
    /// gy. The same for any number of threads.
    void gradient(const std::vector<double>& x, const std::vector<double>& y, double exaggeration,
                  int threads, std::vector<double>& gx, std::vector<double>& gy);

private:
    struct Sums
    {
        double pullX = 0, pullY = 0, pushX = 0, pushY = 0, kernels = 0;
    };
    Sums ofPoint(std::int64_t i) const;

    std::int64_t m_size;
    std::int64_t m_stride; ///< the size rounded up to whole vectors
    std::vector<T> m_affinities;
    std::vector<T> m_x, m_y; ///< padded with points so far away that they do not count
    std::vector<Sums> m_sums;
};

} // namespace assay::metrics
