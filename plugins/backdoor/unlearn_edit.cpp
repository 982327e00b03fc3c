#include "plugins/backdoor/unlearn_edit.h"

#include "backend/protocol/error.h"

#include <algorithm>
#include <set>

namespace assay::backdoor {

namespace {

constexpr std::int64_t kActivityBatch = 100;
constexpr std::size_t kUsualLayers = 2;

/// [n,C,H,W] -> [n,C], [n,...,F] -> [n,F]; what has one number per unit already stays as it is.
torch::Tensor perUnit(const torch::Tensor& value, bool convolution)
{
    if (convolution)
        return value.abs().mean(torch::IntArrayRef{2, 3});
    if (value.dim() > 2)
        return value.abs().flatten(1, -2).mean(1);
    return value;
}

std::string listed(const std::vector<models::ProbedLayer>& layers)
{
    std::string text;
    for (const models::ProbedLayer& layer : layers)
        text += (text.empty() ? "" : ", ") + layer.name;
    return text;
}

torch::Tensor edited(const torch::Tensor& values, const torch::Tensor& guidance, EditRule rule, double alpha)
{
    if (rule == EditRule::Subtractive)
        return values - guidance * (values.abs().mean() * alpha);
    return values * (1 - (guidance * alpha).clamp_max(1));
}

} // namespace

const std::vector<std::string>& guidanceNames()
{
    static const std::vector<std::string> names = {"contrast", "raw"};
    return names;
}

const std::vector<std::string>& editRuleNames()
{
    static const std::vector<std::string> names = {"subtractive", "damping"};
    return names;
}

std::vector<LayerActivity> layerActivity(models::Network& network,
                                         const std::vector<models::ProbedLayer>& layers,
                                         const torch::Tensor& x)
{
    std::vector<LayerActivity> sums(layers.size());
    const auto add = [](torch::Tensor& sum, const torch::Tensor& value) {
        sum = sum.defined() ? sum + value : value;
    };
    for (std::int64_t first = 0; first < x.size(0); first += kActivityBatch) {
        const torch::Tensor batch = x.narrow(0, first, std::min(kActivityBatch, x.size(0) - first));
        models::forwardProbed(network, batch, layers,
                              [&](std::size_t l, const torch::Tensor& in, const torch::Tensor& out) {
                                  const bool convolution = layers[l].convolution;
                                  add(sums[l].input, perUnit(in, convolution).sum(0));
                                  add(sums[l].output, perUnit(out.relu(), convolution).sum(0));
                              });
    }
    for (LayerActivity& sum : sums) {
        sum.input = sum.input / x.size(0);
        sum.output = sum.output / x.size(0);
    }
    return sums;
}

LayerGuidance guidanceOf(const LayerActivity& forget, const LayerActivity& contrast, Guidance how)
{
    const bool against = how == Guidance::Contrast;
    LayerGuidance guidance;
    // Negative inputs of raw guidance would add to weights instead of taking from them.
    guidance.a = (against ? forget.input - contrast.input : forget.input).relu();
    guidance.b = (against ? forget.output - contrast.output : forget.output).relu();
    const torch::Tensor greatest = torch::stack({guidance.a.max(), guidance.b.max()}).cpu();
    const auto* most = greatest.data_ptr<float>();
    guidance.empty = !(most[0] > 0) || !(most[1] > 0);
    if (!guidance.empty) {
        guidance.a = guidance.a / most[0];
        guidance.b = guidance.b / most[1];
    }
    return guidance;
}

torch::Tensor editedWeight(const torch::Tensor& weight, const LayerGuidance& guidance, EditRule rule,
                           double alpha)
{
    if (guidance.empty)
        return weight.clone();
    torch::Tensor g = guidance.matrix();
    if (weight.dim() == 4)
        g = g.unsqueeze(-1).unsqueeze(-1);
    return edited(weight, g, rule, alpha);
}

torch::Tensor editedBias(const torch::Tensor& bias, const LayerGuidance& guidance, EditRule rule,
                         double alpha)
{
    return guidance.empty ? bias.clone() : edited(bias, guidance.b, rule, alpha);
}

std::vector<models::ProbedLayer> layersNamed(const std::vector<models::ProbedLayer>& all,
                                             const std::vector<std::string>& names, const std::string& model)
{
    if (all.empty())
        throw Error("has no fully connected layer or convolution whose weights are used as they are saved",
                    model, "Choose another model: there is nothing to edit in this one.");
    if (names.empty())
        return {all.end() - static_cast<std::ptrdiff_t>(std::min(kUsualLayers, all.size())), all.end()};
    const std::set<std::string> wanted(names.begin(), names.end());
    for (const std::string& name : wanted)
        if (std::ranges::none_of(all, [&](const auto& layer) { return layer.name == name; }))
            throw Error("there is no layer '" + name + "' in " + model, "layers",
                        "It has " + listed(all) + ".");
    std::vector<models::ProbedLayer> chosen;
    std::ranges::copy_if(all, std::back_inserter(chosen),
                         [&](const auto& layer) { return wanted.contains(layer.name); });
    return chosen;
}

WeightEdit::WeightEdit(std::shared_ptr<models::Network> network, std::vector<models::ProbedLayer> layers,
                       std::vector<LayerGuidance> guidance, EditSpec spec)
    : m_network(std::move(network))
    , m_layers(std::move(layers))
    , m_guidance(std::move(guidance))
    , m_spec(spec)
{
    for (const models::ProbedLayer& layer : m_layers) {
        m_weights.push_back(layer.weight.clone());
        m_biases.push_back(layer.bias.defined() ? layer.bias.clone() : torch::Tensor());
    }
}

void WeightEdit::apply(double alpha)
{
    const torch::NoGradGuard off;
    for (std::size_t l = 0; l < m_layers.size(); ++l) {
        m_layers[l].weight.copy_(editedWeight(m_weights[l], m_guidance[l], m_spec.rule, alpha));
        if (m_spec.biases && m_biases[l].defined())
            m_layers[l].bias.copy_(editedBias(m_biases[l], m_guidance[l], m_spec.rule, alpha));
    }
}

double relativeChange(const torch::Tensor& now, const torch::Tensor& before)
{
    const torch::Tensor norms =
        torch::stack({(now - before).norm(), before.norm()}).cpu().to(torch::kFloat64);
    const auto* norm = norms.data_ptr<double>();
    return norm[1] > 0 ? norm[0] / norm[1] : 0;
}

const std::vector<double>& searchedAlphas()
{
    static const std::vector<double> alphas = {0.5, 1, 2, 5, 10, 20};
    return alphas;
}

double smallestAlpha(const std::function<double(double alpha)>& rate, double limit, bool* found)
{
    for (const double alpha : searchedAlphas()) {
        if (rate(alpha) <= limit) {
            if (found)
                *found = true;
            return alpha;
        }
    }
    if (found)
        *found = false;
    return searchedAlphas().back();
}

} // namespace assay::backdoor
