#pragma once

#include "backend/models/detection/candidates.h"
#include "backend/models/detection/output_layout.h"
#include "backend/models/model.h"

#include <memory>
#include <vector>

namespace assay::models {

/// A model that finds objects. Reads what the network gives by the layout that the model's card declares (see
/// output_layout.h). Immutable, therefore safe to call from several threads at once.
class Detector
{
public:
    /// @throws Error when @p model is no detector, has no network, or its card declares no known layout.
    explicit Detector(std::shared_ptr<const Model> model);

    const Model& model() const { return *m_model; }
    const ModelCard& card() const { return m_model->card(); }
    torch::Device device() const { return m_model->device(); }
    std::int64_t classCount() const { return m_model->classCount(); }
    const OutputLayout& layout() const { return m_layout; }

    /// For @p x float32 [N,C,H,W] in [0,1] on device().
    Candidates candidates(const torch::Tensor& x) const;

    /// What is found in @p x (float32 [N,C,H,W] in [0,1], any device), in chunks over worker threads.
    std::vector<Detections> detect(const torch::Tensor& x, const DetectionRule& rule = {}) const;

private:
    std::shared_ptr<const Model> m_model;
    OutputLayout m_layout;
};

} // namespace assay::models
