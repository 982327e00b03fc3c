#include "backend/metrics/tsne_forces.h"

#include <cstring>

namespace assay::metrics {

namespace {

// Vectors that every processor of the architecture has, so that the same input gives the same picture on all
// of them: a layout follows its rounding errors.
template <class T>
struct TsneVector
{
    static constexpr std::int64_t kLanes = 16 / sizeof(T);
    using Type __attribute__((vector_size(16))) = T;
};

constexpr double kFarAway = 1e15;

template <class V, class T>
V vectorAt(const T* from)
{
    V vector;
    std::memcpy(&vector, from, sizeof vector);
    return vector;
}

template <class T, class V>
double sumOfLanes(const V& vector)
{
    double sum = 0;
    for (std::int64_t lane = 0; lane < TsneVector<T>::kLanes; ++lane)
        sum += static_cast<double>(vector[lane]);
    return sum;
}

} // namespace

template <class T>
TsneForces<T>::TsneForces(const torch::Tensor& affinities)
    : m_size(affinities.size(0))
{
    constexpr std::int64_t kLanes = TsneVector<T>::kLanes;
    m_stride = (m_size + kLanes - 1) / kLanes * kLanes;
    m_affinities.assign(static_cast<std::size_t>(m_size * m_stride), T(0));
    const torch::Tensor from = affinities.contiguous();
    const double* p = from.data_ptr<double>();
    for (std::int64_t i = 0; i < m_size; ++i)
        std::copy(p + i * m_size, p + (i + 1) * m_size, m_affinities.begin() + i * m_stride);
    m_x.assign(static_cast<std::size_t>(m_stride), T(kFarAway));
    m_y = m_x;
    m_sums.resize(static_cast<std::size_t>(m_size));
}

template <class T>
typename TsneForces<T>::Sums TsneForces<T>::ofPoint(std::int64_t i) const
{
    using V = typename TsneVector<T>::Type;
    const T* p = m_affinities.data() + i * m_stride;
    const V one = V{} + T(1);
    const V x = V{} + m_x[static_cast<std::size_t>(i)], y = V{} + m_y[static_cast<std::size_t>(i)];
    V pullX{}, pullY{}, pushX{}, pushY{}, kernels{};
    for (std::int64_t j = 0; j < m_stride; j += TsneVector<T>::kLanes) {
        const V dx = x - vectorAt<V>(m_x.data() + j), dy = y - vectorAt<V>(m_y.data() + j);
        const V q = one / (one + dx * dx + dy * dy);
        const V pull = vectorAt<V>(p + j) * q, push = q * q;
        pullX += pull * dx;
        pullY += pull * dy;
        pushX += push * dx;
        pushY += push * dy;
        kernels += q;
    }
    return {sumOfLanes<T>(pullX), sumOfLanes<T>(pullY), sumOfLanes<T>(pushX), sumOfLanes<T>(pushY),
            sumOfLanes<T>(kernels) - 1}; // without the point itself
}

template <class T>
void TsneForces<T>::gradient(const std::vector<double>& x, const std::vector<double>& y, double exaggeration,
                             int threads, std::vector<double>& gx, std::vector<double>& gy)
{
    std::copy(x.begin(), x.end(), m_x.begin());
    std::copy(y.begin(), y.end(), m_y.begin());
    forRows(m_size, threads, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i)
            m_sums[static_cast<std::size_t>(i)] = ofPoint(i);
    });
    double kernels = 0;
    for (const Sums& sums : m_sums)
        kernels += sums.kernels;
    gx.resize(m_sums.size());
    gy.resize(m_sums.size());
    for (std::size_t i = 0; i < m_sums.size(); ++i) {
        gx[i] = 4 * (exaggeration * m_sums[i].pullX - m_sums[i].pushX / kernels);
        gy[i] = 4 * (exaggeration * m_sums[i].pullY - m_sums[i].pushY / kernels);
    }
}

template class TsneForces<float>;
template class TsneForces<double>;

} // namespace assay::metrics
