#include "plugins/backdoor/unlearn_training.h"

#include "backend/protocol/error.h"
#include "backend/training/adam.h"

#include <torch/autograd.h>
#include <torch/types.h>

#include <algorithm>
#include <set>

namespace assay::backdoor {

Lesson joined(const Lesson& first, const Lesson& second)
{
    return {torch::cat({first.x, second.x}), torch::cat({first.y, second.y})};
}

void MethodClock::stop()
{
    const auto now = std::chrono::steady_clock::now();
    m_seconds += std::chrono::duration<double>(now - m_since).count();
    m_since = now;
}

torch::Tensor crossEntropyOf(models::Network& network, const torch::Tensor& x, const torch::Tensor& y)
{
    return torch::cross_entropy_loss(network.forward(x), y);
}

Learning::Learning(std::vector<torch::Tensor> parameters)
    : m_parameters(std::move(parameters))
{
    for (torch::Tensor& parameter : m_parameters)
        parameter.requires_grad_(true);
}

Learning::~Learning()
{
    for (torch::Tensor& parameter : m_parameters)
        parameter.requires_grad_(false);
}

std::vector<torch::Tensor> Learning::gradients(const torch::Tensor& loss, bool createGraph) const
{
    auto gradients = torch::autograd::grad({loss}, m_parameters, {}, createGraph, createGraph, true);
    for (std::size_t i = 0; i < gradients.size(); ++i)
        if (!gradients[i].defined())
            gradients[i] = torch::zeros_like(m_parameters[i]);
    return gradients;
}

std::vector<torch::Tensor> parametersOf(models::Network& network,
                                        const std::vector<models::ProbedLayer>& layers)
{
    std::set<const void*> wanted;
    for (const models::ProbedLayer& layer : layers) {
        wanted.insert(layer.weight.data_ptr());
        if (layer.bias.defined())
            wanted.insert(layer.bias.data_ptr());
    }
    std::vector<torch::Tensor> chosen;
    for (const torch::Tensor& parameter : network.parameters())
        if (wanted.contains(parameter.data_ptr()))
            chosen.push_back(parameter);
    if (chosen.empty())
        throw Error("the weights of its layers cannot be trained", layers.front().name,
                    "Leave the repair out, or choose another model.");
    return chosen;
}

LessonBatches::LessonBatches(Lesson lesson, int batch, at::Generator generator)
    : m_lesson(std::move(lesson))
    , m_batch(std::min<std::int64_t>(batch, m_lesson.size()))
    , m_generator(std::move(generator))
{}

std::int64_t LessonBatches::count() const
{
    return (m_lesson.size() + m_batch - 1) / m_batch;
}

void LessonBatches::shuffle()
{
    m_order = torch::randperm(m_lesson.size(), m_generator, torch::kInt64).to(m_lesson.x.device());
    m_next = 0;
}

Lesson LessonBatches::at(std::int64_t index) const
{
    const std::int64_t first = index * m_batch;
    const torch::Tensor rows = m_order.narrow(0, first, std::min(m_batch, m_lesson.size() - first));
    return {m_lesson.x.index_select(0, rows), m_lesson.y.index_select(0, rows)};
}

Lesson LessonBatches::next()
{
    if (!m_order.defined() || m_next == count())
        shuffle();
    return at(m_next++);
}

void teach(models::Network& network, const std::vector<torch::Tensor>& parameters, const Lesson& lesson,
           const LessonSpec& spec, const at::Generator& generator, const UnlearnCalls& calls,
           const char* stage, int firstStep, const LessonLoss& loss, const std::function<void()>& afterStep)
{
    const Learning learning(parameters);
    training::Adam adam(learning.parameters(), 0);
    LessonBatches batches(lesson, spec.batch, generator);
    for (int epoch = 0; epoch < spec.epochs; ++epoch) {
        batches.shuffle();
        for (std::int64_t b = 0; b < batches.count(); ++b) {
            if (calls.checkpoint)
                calls.checkpoint();
            const Lesson part = batches.at(b);
            adam.step(learning.gradients(loss(network, part.x, part.y)), spec.learningRate);
            if (afterStep)
                afterStep();
        }
        if (calls.step && calls.step(stage, firstStep + epoch))
            return;
    }
}

} // namespace assay::backdoor
