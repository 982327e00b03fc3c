#include "backend/attacks/source.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <cmath>

namespace assay::attacks {

const char* fusionName(Fusion fusion)
{
    switch (fusion) {
    case Fusion::Probabilities:
        return "probabilities";
    case Fusion::Losses:
        return "losses";
    case Fusion::Logits:
        break;
    }
    return "logits";
}

Fusion fusionFromName(const std::string& name)
{
    for (const Fusion fusion : {Fusion::Logits, Fusion::Probabilities, Fusion::Losses})
        if (name == fusionName(fusion))
            return fusion;
    throw Error("models cannot be averaged by '" + name + "'", {},
                "Known are logits, probabilities, losses.");
}

Source::Source(const models::Model& model)
    : m_models{&model}
    , m_weights{1.0}
{}

Source::Source(std::vector<const models::Model*> models, Fusion fusion, std::vector<double> weights)
    : m_models(std::move(models))
    , m_fusion(fusion)
    , m_weights(std::move(weights))
{
    if (m_models.empty())
        throw Error("an attack needs at least one model");
    for (const models::Model* model : m_models) {
        if (model->classCount() != classCount())
            throw Error("models '" + m_models.front()->name() + "' and '" + model->name() + "' have " +
                        std::to_string(classCount()) + " and " + std::to_string(model->classCount()) +
                        " classes; to be attacked as one they must have the same");
        if (model->device() != device())
            throw Error("models '" + m_models.front()->name() + "' and '" + model->name() +
                        "' are on different devices");
    }
    if (m_weights.empty())
        m_weights.assign(m_models.size(), 1.0);
    double sum = 0;
    for (const double weight : m_weights)
        sum += std::isfinite(weight) && weight >= 0 ? weight : std::nan("");
    if (m_weights.size() != m_models.size() || !(sum > 0))
        throw Error("the weights of " + std::to_string(m_models.size()) +
                    " models must be as many numbers of 0 or more, not all 0");
    for (double& weight : m_weights)
        weight /= sum;
}

std::string Source::name() const
{
    std::string name;
    for (const models::Model* model : m_models)
        name += (name.empty() ? "" : " + ") + model->name();
    return m_models.size() == 1 ? name : name + " (" + fusionName(m_fusion) + ")";
}

void Source::requireGradients(const std::string& attack) const
{
    for (const models::Model* model : m_models)
        model->requireNetwork(attack + " takes its gradients");
}

torch::Tensor Source::fused(const std::vector<torch::Tensor>& each) const
{
    if (each.size() == 1)
        return each.front();
    torch::Tensor sum;
    for (std::size_t k = 0; k < each.size(); ++k) {
        // Logarithms, since a probability that rounds to zero would have no gradient.
        const torch::Tensor term = m_fusion == Fusion::Logits
                                       ? each[k] * m_weights[k]
                                       : (each[k].log_softmax(1) + std::log(m_weights[k])).unsqueeze(0);
        if (m_fusion == Fusion::Logits)
            sum = sum.defined() ? sum + term : term;
        else
            sum = sum.defined() ? torch::cat({sum, term}) : term;
    }
    return m_fusion == Fusion::Logits ? sum : sum.logsumexp(0);
}

torch::Tensor Source::logits(const torch::Tensor& x) const
{
    std::vector<torch::Tensor> each;
    for (const models::Model* model : m_models)
        each.push_back(model->logits(x));
    return fused(each);
}

torch::Tensor Source::losses(const torch::Tensor& x, const Loss& loss, const torch::Tensor& classes,
                             bool targeted, torch::Tensor* logits) const
{
    std::vector<torch::Tensor> each;
    for (const models::Model* model : m_models)
        each.push_back(model->logits(x));
    if (m_fusion != Fusion::Losses || each.size() == 1) {
        const torch::Tensor one = fused(each);
        if (logits)
            *logits = one.detach();
        return loss(one, classes, targeted);
    }
    torch::Tensor sum;
    for (std::size_t k = 0; k < each.size(); ++k) {
        const torch::Tensor term = loss(each[k], classes, targeted) * m_weights[k];
        sum = sum.defined() ? sum + term : term;
    }
    if (logits) {
        for (torch::Tensor& z : each)
            z = z.detach();
        *logits = fused(each);
    }
    return sum;
}

} // namespace assay::attacks
