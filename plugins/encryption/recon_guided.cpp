#include "plugins/encryption/recon_guided.h"

#include "backend/models/parallel.h"
#include "backend/training/adam.h"

#include <torch/autograd.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace assay::encryption {

namespace {

constexpr double kStartDeviation = 0.3; ///< of the styles of restarts after the first
constexpr std::int64_t kMostShift = 2;

torch::Tensor cosine(const torch::Tensor& a, const torch::Tensor& b)
{
    return (a * b).sum(1) / (a.norm(2, 1) * b.norm(2, 1)).clamp_min(1e-8);
}

torch::Tensor jittered(const torch::Tensor& x, at::Generator draws)
{
    const torch::Tensor drawn = torch::randint(-kMostShift, kMostShift + 1, {3}, draws, torch::kInt64);
    const torch::Tensor moved =
        x.roll({drawn[0].item<std::int64_t>(), drawn[1].item<std::int64_t>()}, {2, 3});
    return drawn[2].item<std::int64_t>() > 0 ? moved.flip(3) : moved;
}

} // namespace

ReconGuided reconGuided(ReconProgress& progress, const models::Generator& generator, const ReconReader& eyes,
                        const torch::Tensor& wanted, const ReconGuidance& guidance, at::Generator draws)
{
    const models::SingleThread guard;
    const std::int64_t m = wanted.size(0), restarts = guidance.restarts;
    const torch::Tensor target = wanted.to(generator.device()).repeat({restarts, 1});
    const torch::Tensor& centre = generator.centre();
    torch::Tensor noise =
        torch::randn({restarts * m, generator.styles(), generator.styleSize()}, draws) * kStartDeviation;
    noise.narrow(0, 0, m).zero_();
    torch::Tensor w = centre + noise.to(generator.device());
    w.requires_grad_(true);
    training::Adam adam({w}, 0);
    ReconGuided found;
    std::vector<torch::Tensor> curve;
    const auto embed = [&](const torch::Tensor& x) { return eyes.features(x) - eyes.centre(); };
    const torch::AutoGradMode gradients(true);
    for (int step = 0; step < guidance.steps; ++step) {
        progress.at(static_cast<double>(step) / guidance.steps);
        const torch::Tensor score = cosine(embed(jittered(generator.image(w), draws)), target);
        const torch::Tensor loss =
            (1 - score).sum() + guidance.regularisation * (w - centre).square().mean({1, 2}).sum();
        const double rate =
            guidance.learningRate * 0.5 * (1 + std::cos(std::numbers::pi * step / guidance.steps));
        adam.step(torch::autograd::grad({loss}, {w}), rate);
        curve.push_back(score.detach().mean());
    }
    const torch::NoGradGuard off;
    w.requires_grad_(false);
    const torch::Tensor images = reconImages(generator, w);
    const torch::Tensor scores = cosine(eyes.embed(images), target.cpu()).view({restarts, m});
    const auto [best, at] = scores.max(0);
    found.scores = best;
    found.images = images.index_select(0, at * m + torch::arange(m, torch::kInt64));
    const torch::Tensor path = torch::stack(curve).to(torch::kFloat64).cpu().contiguous();
    found.curve.assign(path.data_ptr<double>(), path.data_ptr<double>() + path.numel());
    return found;
}

torch::Tensor reconBestOf(const torch::Tensor& embeddings, const torch::Tensor& wanted)
{
    const torch::Tensor pool = embeddings / embeddings.norm(2, 1, true).clamp_min(1e-8);
    return wanted.matmul(pool.t()).argmax(1);
}

} // namespace assay::encryption
