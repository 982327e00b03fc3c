#pragma once

#include "backend/models/model.h"

#include <torch/types.h>

#include <functional>
#include <string>
#include <vector>

namespace assay::attacks {

/// Per-sample quantity [n] that an attack raises, from logits [n,K] and classes int64 [n]: the labels, or the
/// aimed classes when @p targeted. Differentiable in the logits. See losses.h.
using Loss =
    std::function<torch::Tensor(const torch::Tensor& logits, const torch::Tensor& classes, bool targeted)>;

/// How several models become one: the mean of their logits (Dong et al. 2018), of their probabilities, or of
/// their losses.
enum class Fusion { Logits, Probabilities, Losses };

/// "logits", "probabilities", "losses".
const char* fusionName(Fusion fusion);
Fusion fusionFromName(const std::string& name);

/// What an attack is computed on: one model, or several as one. Holds references: the models must outlive it.
/// Calls are safe from several threads at once.
class Source
{
public:
    /// Implicit on purpose: one model is the common case.
    Source(const models::Model& model);
    /// @param weights of the mean, scaled to sum 1; empty: equal.
    /// @throws Error when there is no model, or they differ in classes or device, or weights do not fit.
    Source(std::vector<const models::Model*> models, Fusion fusion, std::vector<double> weights = {});

    const std::vector<const models::Model*>& models() const { return m_models; }
    /// "fashion-cnn", or "fashion-cnn + fashion-mlp (logits)".
    std::string name() const;
    std::int64_t classCount() const { return m_models.front()->classCount(); }
    torch::Device device() const { return m_models.front()->device(); }
    /// @throws Error in one sentence when a model has no network to take gradients of.
    void requireGradients(const std::string& attack) const;

    /// Fused logits [n,K], differentiable in @p x: the logits of one model, their mean, or the logarithm of
    /// the mean probability. For Fusion::Losses that of Fusion::Probabilities: with it argmax is the
    /// decision.
    torch::Tensor logits(const torch::Tensor& x) const;

    /// Per-sample loss [n], and in @p logits, when not null, what logits(x) gives (detached), at no extra
    /// pass.
    torch::Tensor losses(const torch::Tensor& x, const Loss& loss, const torch::Tensor& classes,
                         bool targeted, torch::Tensor* logits = nullptr) const;

    /// Images of a forward pass for one image of the attack: the number of models.
    std::int64_t passes() const { return static_cast<std::int64_t>(m_models.size()); }

private:
    torch::Tensor fused(const std::vector<torch::Tensor>& each) const;

    std::vector<const models::Model*> m_models;
    Fusion m_fusion = Fusion::Logits;
    std::vector<double> m_weights;
};

} // namespace assay::attacks
