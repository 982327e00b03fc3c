#include "backend/calibration/linear_loss.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <utility>

namespace assay::calibration {

torch::Tensor linearFeatures(const LinearShape& shape, const torch::Tensor& logits)
{
    return shape.ofLogarithms ? logits.log_softmax(1) : logits;
}

torch::Tensor linearMap(const LinearShape& shape, const torch::Tensor& features, const torch::Tensor& weights,
                        const torch::Tensor& intercepts)
{
    return shape.full ? torch::addmm(intercepts, features, weights.t()) : features * weights + intercepts;
}

LinearLoss::LinearLoss(const LinearShape& shape, torch::Tensor features, const torch::Tensor& labels,
                       const Odir& odir)
    : m_shape(shape)
    , m_features(std::move(features))
    , m_labels(labels.unsqueeze(1))
    , m_truth(torch::zeros_like(m_features).scatter_(1, m_labels, 1.0))
    , m_odir(odir)
{}

double LinearLoss::operator()(std::span<const double> x, std::span<double> gradient) const
{
    const torch::NoGradGuard guard;
    const torch::Tensor all = torch::from_blob(const_cast<double*>(x.data()), // only read
                                               {static_cast<std::int64_t>(x.size())}, torch::kFloat64);
    const torch::Tensor into = torch::from_blob(gradient.data(), {all.size(0)}, torch::kFloat64);
    const torch::Tensor w = shaped(all), b = all.narrow(0, weights(), classes());
    const torch::Tensor logarithms = linearMap(m_shape, m_features, w, b).log_softmax(1);
    const torch::Tensor off = (logarithms.exp() - m_truth).div_(static_cast<double>(m_features.size(0)));
    shaped(into).copy_(m_shape.full ? off.t().matmul(m_features) : (off * m_features).sum(0));
    into.narrow(0, weights(), classes()).copy_(off.sum(0));
    return -logarithms.gather(1, m_labels).mean().item<double>() + regularise(w, b, into);
}

torch::Tensor LinearLoss::shaped(const torch::Tensor& all) const
{
    const torch::Tensor w = all.narrow(0, 0, weights());
    return m_shape.full ? w.view({classes(), classes()}) : w;
}

double LinearLoss::regularise(const torch::Tensor& w, const torch::Tensor& b, const torch::Tensor& into) const
{
    const double c = static_cast<double>(classes());
    double value = m_odir.intercept / c * b.square().sum().item<double>();
    into.narrow(0, weights(), classes()).add_(b, 2 * m_odir.intercept / c);
    if (m_shape.full) {
        const torch::Tensor others = w - w.diag().diag();
        const double scale = m_odir.offDiagonal / (c * (c - 1));
        value += scale * others.square().sum().item<double>();
        shaped(into).add_(others, 2 * scale);
    }
    return value;
}

} // namespace assay::calibration
