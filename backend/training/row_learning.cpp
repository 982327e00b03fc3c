#include "backend/training/row_learning.h"

#include "backend/models/initialise.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"
#include "backend/training/adam.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/autograd.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace assay::training {

std::vector<double> learnRows(models::Network& network, std::int64_t count, const RowLearningSpec& spec,
                              const RowLoss& loss,
                              const std::function<void(std::int64_t done, std::int64_t total)>& checkpoint)
{
    const models::SingleThread guard;
    const torch::AutoGradMode gradients(true);
    if (spec.initialise)
        models::initialise(network, at::detail::createCPUGenerator(spec.seed));
    std::vector<torch::Tensor> learned = network.parameters();
    for (torch::Tensor& parameter : learned)
        parameter.requires_grad_(true);
    network.train();
    Adam adam(learned, 0);
    const torch::Device device = learned.front().device();
    const at::Generator draws = at::detail::createCPUGenerator(spec.seed + 1);
    const std::int64_t total = count * spec.epochs;
    const std::int64_t counted = count > 1 && count % spec.batch == 1 ? count - 1 : count;
    std::vector<double> losses;
    for (int epoch = 0; epoch < spec.epochs; ++epoch) {
        const torch::Tensor order = torch::randperm(count, draws, torch::kInt64);
        torch::Tensor sum = torch::zeros({}, torch::TensorOptions().dtype(torch::kFloat64).device(device));
        for (std::int64_t first = 0; first < count; first += spec.batch) {
            const std::int64_t seen = epoch * count + first;
            if (checkpoint)
                checkpoint(seen, total);
            const std::int64_t n = std::min<std::int64_t>(spec.batch, count - first);
            if (n == 1 && count > 1)
                continue; // batch normalisation knows no deviation of one row
            const double done = static_cast<double>(seen) / static_cast<double>(total);
            const torch::Tensor value = loss(order.narrow(0, first, n), done, draws);
            adam.step(torch::autograd::grad({value}, adam.parameters()), spec.learningRate * (1 - done));
            sum.add_(value.detach().to(torch::kFloat64), static_cast<double>(n));
        }
        losses.push_back(sum.item<double>() / static_cast<double>(counted));
        if (!std::isfinite(losses.back()))
            throw Error("the training's loss is no longer finite", {}, "Lower the learning rate.");
    }
    network.eval();
    for (torch::Tensor& parameter : learned)
        parameter.requires_grad_(false);
    return losses;
}

} // namespace assay::training
