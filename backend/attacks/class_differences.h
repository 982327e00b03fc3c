#pragma once

#include "backend/attacks/budget.h"
#include "backend/attacks/source.h"

#include <torch/types.h>

#include <functional>

namespace assay::attacks {

/// For every column j of @p others, calls body(value [n], gradient [n,C,H,W]) with z_{others(i,j)} -
/// z_{own(i)} at
/// @p x and its gradient in the pixels: the local picture of the boundaries between classes. One forward pass
/// and as many backward passes as columns. @param own int64 [n]. @param others int64 [n,m].
/// @returns the logits [n,K], without a graph.
torch::Tensor forEachDifference(const Source& source, const torch::Tensor& x, const torch::Tensor& own,
                                const torch::Tensor& others,
                                const std::function<void(torch::Tensor value, torch::Tensor gradient)>& body);

/// All classes but the given ones, int64 [n, K-1] ascending.
torch::Tensor otherClasses(const torch::Tensor& classes, std::int64_t count);

/// Keeps, of the linearised boundaries it is shown, the nearest of each sample: |value| / ||gradient||_q, q
/// the dual of the norm; the first of equals.
class NearestBoundary
{
public:
    explicit NearestBoundary(Norm norm)
        : m_norm(norm)
    {}
    void show(const torch::Tensor& value, const torch::Tensor& gradient);

    const torch::Tensor& distance() const { return m_distance; } ///< [n]
    const torch::Tensor& value() const { return m_value; }       ///< [n]
    const torch::Tensor& gradient() const { return m_gradient; } ///< [n,C,H,W]

private:
    Norm m_norm;
    torch::Tensor m_distance;
    torch::Tensor m_value;
    torch::Tensor m_gradient;
};

} // namespace assay::attacks
