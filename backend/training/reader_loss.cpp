#include "backend/training/reader_loss.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <vector>

namespace assay::training {

namespace {

constexpr std::int64_t kReadAtOnce = 200;

} // namespace

RowLoss readerLoss(models::AttributeReader& network, torch::Tensor bytes, torch::Tensor truth,
                   torch::Device device, Disguise disguise)
{
    return [&network, bytes = std::move(bytes), truth = std::move(truth), device,
            disguise = std::move(disguise)](const torch::Tensor& rows, double, at::Generator draws) {
        const torch::Tensor plain = bytes.index_select(0, rows).to(torch::kFloat32).div_(255.0);
        const torch::Tensor x = disguise(plain, rows, draws).to(device);
        const torch::Tensor y = truth.index_select(1, rows).to(device);
        const std::vector<torch::Tensor> logits = network.split(network.forward(x));
        torch::Tensor sum = torch::zeros({}, x.options());
        for (std::size_t i = 0; i < logits.size(); ++i) {
            const torch::Tensor given = y[static_cast<std::int64_t>(i)];
            // Unknown values have no part in it; a batch may hold nothing else.
            const torch::Tensor known = given.ge(0).to(torch::kFloat32);
            const torch::Tensor each =
                -logits[i].log_softmax(1).gather(1, given.clamp_min(0).unsqueeze(1)).squeeze(1);
            sum = sum + (each * known).sum() / known.sum().clamp_min(1);
        }
        return sum;
    };
}

torch::Tensor roughened(const torch::Tensor& x, std::int64_t block, at::Generator draws)
{
    const std::int64_t n = x.size(0), c = x.size(1), down = x.size(2) / block, across = x.size(3) / block;
    const auto chance = [&](double p) {
        return (torch::rand({n}, draws) < p).to(torch::kFloat32).view({n, 1, 1, 1});
    };
    const auto mixed = [](const torch::Tensor& where, const torch::Tensor& a, const torch::Tensor& b) {
        return where * a + (1 - where) * b;
    };
    // Blocks moved, differently in each image.
    const torch::Tensor order = torch::rand({n, down * across}, draws).argsort(std::int64_t(1));
    const torch::Tensor blocks = x.reshape({n, c, down, block, across, block})
                                     .permute({0, 2, 4, 1, 3, 5})
                                     .reshape({n, down * across, c * block * block});
    torch::Tensor moved =
        blocks.gather(1, order.unsqueeze(2).expand_as(blocks)).reshape({n, down, across, c, block, block});
    // Some of them inverted.
    const torch::Tensor inverted =
        (torch::rand({n, down, across, 1, 1, 1}, draws) < 0.5).to(torch::kFloat32) *
        chance(0.5).view({n, 1, 1, 1, 1, 1});
    moved = inverted * (1 - moved) + (1 - inverted) * moved;
    torch::Tensor made = moved.permute({0, 3, 1, 4, 2, 5}).reshape(x.sizes());
    made = mixed(chance(0.5), made.index_select(1, torch::randperm(c, draws, torch::kInt64)), made);
    made = mixed(chance(0.2), made.mean(1, true).expand_as(made), made);
    const torch::Tensor contrast = 0.7 + 0.6 * torch::rand({n, 1, 1, 1}, draws);
    made = ((made - 0.5) * contrast + 0.5).clamp(0, 1);
    return mixed(chance(0.5), x, made);
}

torch::Tensor embeddingsOf(models::AttributeReader& network, const torch::Tensor& x, torch::Device device)
{
    const torch::NoGradGuard off;
    std::vector<torch::Tensor> parts;
    for (std::int64_t first = 0; first < x.size(0); first += kReadAtOnce) {
        const std::int64_t n = std::min(kReadAtOnce, x.size(0) - first);
        parts.push_back(network.features(x.narrow(0, first, n).to(device)).cpu());
    }
    return torch::cat(parts);
}

} // namespace assay::training
