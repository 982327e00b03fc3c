#pragma once

#include "backend/models/layer_probe.h"
#include "backend/models/model.h"

#include <torch/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::backdoor {

// Activation-guided editing of weights (Hsieh, Nguyen, MaungMaung, Usynin, Echizen 2024, arXiv 2407.07662).
// The paper's formula was not available: guidance and edit are a reconstruction whose behaviour was checked
// against the paper's claims.

/// What the guidance of a layer is made of.
enum class Guidance {
    Contrast, ///< how much more active a unit is for images to forget than for others
    Raw       ///< how active it is for images to forget
};
enum class EditRule {
    Subtractive, ///< W - alpha mean(|W|) G
    Damping      ///< W (1 - min(1, alpha G))
};

/// "contrast", "raw"; "subtractive", "damping".
const std::vector<std::string>& guidanceNames();
const std::vector<std::string>& editRuleNames();

/// Mean activity of a layer over a set of images: one number per input and per unit. Of convolutions the
/// absolute values are averaged over space. Units are looked at behind batch normalisation and ReLU.
struct LayerActivity
{
    torch::Tensor input;  ///< float32 [in]
    torch::Tensor output; ///< float32 [out]
};

/// In batches. @param x float32 [n,C,H,W] on the network's device, n >= 1.
std::vector<LayerActivity> layerActivity(models::Network& network,
                                         const std::vector<models::ProbedLayer>& layers,
                                         const torch::Tensor& x);

/// Where an edit takes a layer's weights from: G = b aᵀ, a [in] and b [out] in [0,1] with largest value 1.
struct LayerGuidance
{
    torch::Tensor a;
    torch::Tensor b;
    /// Nothing is more active for images to forget: a or b is all zero, and the layer is left as it is.
    bool empty = false;
    torch::Tensor matrix() const { return torch::outer(b, a); } ///< [out,in]
};
/// @param contrast ignored by Guidance::Raw.
LayerGuidance guidanceOf(const LayerActivity& forget, const LayerActivity& contrast, Guidance how);

struct EditSpec
{
    Guidance guidance = Guidance::Contrast;
    EditRule rule = EditRule::Subtractive;
    double alpha = 5;
    bool biases = false; ///< also b - alpha mean(|b|) b̂, or b (1 - min(1, alpha b̂))
};

/// The edited weight, [out,in] or [out,in,kh,kw] (the guidance is the same at every place of a kernel).
torch::Tensor editedWeight(const torch::Tensor& weight, const LayerGuidance& guidance, EditRule rule,
                           double alpha);
torch::Tensor editedBias(const torch::Tensor& bias, const LayerGuidance& guidance, EditRule rule,
                         double alpha);

/// The layers called @p names, in the order of the network; of an empty list the last two.
/// @throws Error naming those there are, and for a network without any.
std::vector<models::ProbedLayer> layersNamed(const std::vector<models::ProbedLayer>& all,
                                             const std::vector<std::string>& names, const std::string& model);

/// An edit of one network, at any strength: it is always made of the original weights.
class WeightEdit
{
public:
    /// @param network edited in place; it must outlive nothing else than this.
    /// @param layers of that network, one guidance each.
    WeightEdit(std::shared_ptr<models::Network> network, std::vector<models::ProbedLayer> layers,
               std::vector<LayerGuidance> guidance, EditSpec spec);

    /// Writes the weights for this strength; 0 restores the original ones. A few multiplications.
    void apply(double alpha);
    models::Network& network() const { return *m_network; }
    const std::vector<models::ProbedLayer>& layers() const { return m_layers; }
    const std::vector<LayerGuidance>& guidance() const { return m_guidance; }
    const std::vector<torch::Tensor>& originals() const { return m_weights; }

private:
    std::shared_ptr<models::Network> m_network;
    std::vector<models::ProbedLayer> m_layers;
    std::vector<LayerGuidance> m_guidance;
    std::vector<torch::Tensor> m_weights; ///< before any edit
    std::vector<torch::Tensor> m_biases;
    EditSpec m_spec;
};

/// ‖new - old‖_F / ‖old‖_F.
double relativeChange(const torch::Tensor& now, const torch::Tensor& before);

/// The strengths that are tried.
const std::vector<double>& searchedAlphas();
/// The smallest of searchedAlphas() for which @p rate is at most @p limit; the largest where none is.
/// @param found set to whether one is, if given.
double smallestAlpha(const std::function<double(double alpha)>& rate, double limit = 0.05,
                     bool* found = nullptr);

} // namespace assay::backdoor
