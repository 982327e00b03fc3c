#include "backend/attacks/class_differences.h"

#include "backend/attacks/attack_task.h"

#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

namespace assay::attacks {

namespace {

constexpr double kNoGradient = 1e-12;

} // namespace

torch::Tensor forEachDifference(const Source& source, const torch::Tensor& x, const torch::Tensor& own,
                                const torch::Tensor& others,
                                const std::function<void(torch::Tensor value, torch::Tensor gradient)>& body)
{
    const torch::AutoGradMode on(true);
    const torch::Tensor leaf = x.detach().requires_grad_(true);
    const torch::Tensor logits = source.logits(leaf);
    const torch::Tensor mine = logits.gather(1, own.unsqueeze(1)).squeeze(1);
    for (std::int64_t j = 0; j < others.size(1); ++j) {
        const torch::Tensor value = logits.gather(1, others.narrow(1, j, 1)).squeeze(1) - mine;
        const bool more = j + 1 < others.size(1);
        const torch::Tensor gradient =
            torch::autograd::grad({value}, {leaf}, {torch::ones_like(value)}, /*retain_graph=*/more)[0];
        body(value.detach(), gradient.contiguous());
    }
    return logits.detach();
}

torch::Tensor otherClasses(const torch::Tensor& classes, std::int64_t count)
{
    const torch::Tensor all = torch::arange(count - 1, classes.options()).unsqueeze(0);
    return all + all.ge(classes.unsqueeze(1)).to(classes.scalar_type());
}

void NearestBoundary::show(const torch::Tensor& value, const torch::Tensor& gradient)
{
    const Norm dual = m_norm == Norm::Linf ? Norm::L1 : m_norm == Norm::L1 ? Norm::Linf : Norm::L2;
    const torch::Tensor slope = perturbationNorm(gradient, dual);
    const torch::Tensor distance = value.abs() / slope.add_(kNoGradient);
    if (!m_distance.defined()) {
        m_distance = distance;
        m_value = value;
        m_gradient = gradient;
        return;
    }
    const torch::Tensor nearer = distance.lt(m_distance);
    m_distance = torch::where(nearer, distance, m_distance);
    m_value = torch::where(nearer, value, m_value);
    m_gradient = torch::where(perImage(nearer), gradient, m_gradient);
}

} // namespace assay::attacks
