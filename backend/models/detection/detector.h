#pragma once

#include "backend/models/detection/detection.h"
#include "backend/models/model.h"

#include <memory>
#include <vector>

namespace assay::models {

/// Everything a detector proposes, before anything is chosen among it; differentiable in the images.
struct Candidates
{
    torch::Tensor boxes;  ///< float32 [N,A,4]: left, top, right, bottom in pixels of the input
    torch::Tensor scores; ///< float32 [N,A,K] in [0,1]: how sure it is of an object of that class there
    /// float32 [N,A] in [0,1]: how sure it is of any object; undefined where the network does not say so
    /// apart (then it is the largest score over the classes).
    torch::Tensor objectness;
};

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

    /// For @p x float32 [N,C,H,W] in [0,1] on device().
    Candidates candidates(const torch::Tensor& x) const;

    /// What is found in @p x (float32 [N,C,H,W] in [0,1], any device), in chunks over worker threads.
    std::vector<Detections> detect(const torch::Tensor& x, const DetectionRule& rule = {}) const;

private:
    std::shared_ptr<const Model> m_model;
};

/// What @p rule leaves of the candidates, one list per image.
std::vector<Detections> chosen(const Candidates& candidates, const DetectionRule& rule);

} // namespace assay::models
