#pragma once

#include "backend/models/layer_probe.h"
#include "backend/models/model.h"

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <chrono>
#include <functional>
#include <vector>

namespace assay::backdoor {

/// Images with the labels that a network is to give them, on its device.
struct Lesson
{
    torch::Tensor x; ///< float32 [n,C,H,W] in [0,1]
    torch::Tensor y; ///< int64 [n]
    std::int64_t size() const { return x.defined() ? x.size(0) : 0; }
};
/// Both, one after the other.
Lesson joined(const Lesson& first, const Lesson& second);

/// Time that a method takes; stopped while somebody looks at what it has done.
class MethodClock
{
public:
    MethodClock() { start(); }
    void start() { m_since = std::chrono::steady_clock::now(); }
    void stop();
    double seconds() const { return m_seconds; }

private:
    std::chrono::steady_clock::time_point m_since;
    double m_seconds = 0;
};

/// What a training calls; each may be empty.
struct UnlearnCalls
{
    std::function<void()> checkpoint; ///< before every batch; may throw
    /// After every step that is recorded, 1, 2, ...; @p stage "unlearn" or "repair". True ends the training.
    std::function<bool(const char* stage, int step)> step;
};

/// How all methods with gradients train: Adam, without decay, batch normalisation in eval mode.
struct LessonSpec
{
    int epochs = 10;
    int batch = 32;
    double learningRate = 1e-3;
};

using LessonLoss =
    std::function<torch::Tensor(models::Network& network, const torch::Tensor& x, const torch::Tensor& y)>;
/// Mean cross-entropy.
torch::Tensor crossEntropyOf(models::Network& network, const torch::Tensor& x, const torch::Tensor& y);

/// Parameters that learn while it lives; they are frozen again at its end.
class Learning
{
public:
    explicit Learning(std::vector<torch::Tensor> parameters);
    ~Learning();
    Learning(const Learning&) = delete;
    Learning& operator=(const Learning&) = delete;
    const std::vector<torch::Tensor>& parameters() const { return m_parameters; }
    /// Of a scalar; zeros for what it does not depend on.
    std::vector<torch::Tensor> gradients(const torch::Tensor& loss, bool createGraph = false) const;

private:
    std::vector<torch::Tensor> m_parameters;
};

/// Weights and biases of layers: the network's own parameters with these numbers. @throws Error without any.
std::vector<torch::Tensor> parametersOf(models::Network& network,
                                        const std::vector<models::ProbedLayer>& layers);

/// Rows of @p lesson batch by batch in a random order, drawn on the CPU once an epoch.
class LessonBatches
{
public:
    LessonBatches(Lesson lesson, int batch, at::Generator generator);
    std::int64_t count() const;
    void shuffle();
    Lesson at(std::int64_t index) const;
    /// The next batch, shuffling before every epoch.
    Lesson next();

private:
    Lesson m_lesson;
    std::int64_t m_batch;
    at::Generator m_generator;
    torch::Tensor m_order; ///< int64 on the lesson's device
    std::int64_t m_next = 0;
};

/// Trains @p parameters of @p network on @p lesson.
/// @param afterStep called after each step of the optimiser: to hold pruned weights at zero. May be empty.
/// @param stage under which epochs are reported, numbered from @p firstStep.
void teach(models::Network& network, const std::vector<torch::Tensor>& parameters, const Lesson& lesson,
           const LessonSpec& spec, const at::Generator& generator, const UnlearnCalls& calls,
           const char* stage, int firstStep = 1, const LessonLoss& loss = crossEntropyOf,
           const std::function<void()>& afterStep = {});

} // namespace assay::backdoor
