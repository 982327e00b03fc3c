#include "backend/attacks/patch/objective.h"

#include "backend/attacks/losses.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace assay::attacks {

namespace {

/// Below this objectness a class probability is not told from the score.
constexpr double kLeastObjectness = 1e-6;

std::size_t indexOfName(const std::vector<std::string>& names, const std::string& name, const char* what)
{
    const auto found = std::ranges::find(names, name);
    if (found != names.end())
        return static_cast<std::size_t>(found - names.begin());
    std::string known;
    for (const std::string& each : names)
        known += (known.empty() ? "" : ", ") + each;
    throw Error("there is no " + std::string(what) + " '" + name + "'; known are " + known);
}

void checkCategory(const models::ModelCard& card, std::int64_t category)
{
    const auto count = static_cast<std::int64_t>(card.classes.size());
    if (category < 0 || category >= count)
        throw Error("model '" + card.name + "' has no class " + std::to_string(category) + "; its " +
                    std::to_string(count) + " classes are counted from 0");
}

class ClassifierObjective final : public PatchObjective
{
public:
    ClassifierObjective(std::shared_ptr<const models::Model> model, ClassifierLoss loss,
                        std::optional<std::int64_t> target)
        : m_model(std::move(model))
        , m_loss(loss)
        , m_target(target)
    {
        m_model->requireNetwork("a patch attack takes its gradients");
        if (target)
            checkCategory(m_model->card(), *target);
    }

    torch::Device device() const override { return m_model->device(); }

    torch::Tensor losses(const torch::Tensor& images, const torch::Tensor& labels) const override
    {
        const torch::Tensor logits = m_model->logits(images);
        const torch::Tensor classes = m_target ? torch::full_like(labels, *m_target) : labels;
        if (m_loss == ClassifierLoss::Margin)
            return margin(logits, classes, m_target.has_value()).neg().clamp_min(-kMarginEnough);
        const torch::Tensor log = logits.log_softmax(1).gather(1, classes.unsqueeze(1)).squeeze(1);
        if (m_loss == ClassifierLoss::Likelihood)
            return m_target ? log.neg() : log;
        return m_target ? 1 - log.exp() : log.exp();
    }

private:
    std::shared_ptr<const models::Model> m_model;
    ClassifierLoss m_loss;
    std::optional<std::int64_t> m_target;
};

class DetectorObjective final : public PatchObjective
{
public:
    DetectorObjective(std::shared_ptr<const models::Detector> detector, DetectorLoss loss)
        : m_detector(std::move(detector))
        , m_loss(std::move(loss))
    {
        m_detector->model().requireNetwork("a patch attack takes its gradients");
        if (m_loss.classes.empty()) {
            m_loss.classes.resize(static_cast<std::size_t>(m_detector->classCount()));
            std::iota(m_loss.classes.begin(), m_loss.classes.end(), std::int64_t(0));
        }
        for (const std::int64_t category : m_loss.classes)
            checkCategory(m_detector->card(), category);
        if (m_loss.target)
            checkCategory(m_detector->card(), *m_loss.target);
    }

    torch::Device device() const override { return m_detector->device(); }

    torch::Tensor losses(const torch::Tensor& images, const torch::Tensor&) const override
    {
        const models::Candidates found = m_detector->candidates(images);
        torch::Tensor sum;
        const auto add = [&](const torch::Tensor& value) { sum = sum.defined() ? sum + value : value; };
        if (m_loss.of == DetectorLoss::Of::Objectness && found.objectness.defined()) {
            add(overCandidates(found.objectness));
        } else {
            torch::Tensor scores = found.scores;
            if (m_loss.of == DetectorLoss::Of::Class && found.objectness.defined())
                scores = scores / found.objectness.unsqueeze(2).clamp_min(kLeastObjectness);
            for (const std::int64_t category : m_loss.classes)
                add(overCandidates(scores.select(2, category)));
        }
        if (m_loss.target)
            add(1 - found.scores.select(2, *m_loss.target).amax(1));
        return sum;
    }

private:
    torch::Tensor overCandidates(const torch::Tensor& value) const
    {
        return m_loss.over == DetectorLoss::Over::Max ? value.amax(1) : value.mean(1);
    }

    std::shared_ptr<const models::Detector> m_detector;
    DetectorLoss m_loss;
};

} // namespace

const std::vector<std::string>& classifierLossNames()
{
    static const std::vector<std::string> names = {"likelihood", "probability", "margin"};
    return names;
}

ClassifierLoss classifierLossFromName(const std::string& name)
{
    return static_cast<ClassifierLoss>(indexOfName(classifierLossNames(), name, "loss of a classifier"));
}

const std::vector<std::string>& detectorLossNames()
{
    static const std::vector<std::string> names = {"score", "objectness", "class"};
    return names;
}

DetectorLoss::Of detectorLossFromName(const std::string& name)
{
    return static_cast<DetectorLoss::Of>(indexOfName(detectorLossNames(), name, "loss of a detector"));
}

std::unique_ptr<const PatchObjective> classifierObjective(std::shared_ptr<const models::Model> model,
                                                          ClassifierLoss loss,
                                                          std::optional<std::int64_t> target)
{
    return std::make_unique<ClassifierObjective>(std::move(model), loss, target);
}

std::unique_ptr<const PatchObjective> detectorObjective(std::shared_ptr<const models::Detector> detector,
                                                        DetectorLoss loss)
{
    return std::make_unique<DetectorObjective>(std::move(detector), std::move(loss));
}

} // namespace assay::attacks
