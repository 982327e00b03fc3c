#include "plugins/encryption/recon_diffusion.h"

#include "backend/engine/reporting/stored_results.h"
#include "backend/engine/trained_network.h"
#include "backend/models/model_file.h"

#include <torch/nn.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace assay::encryption {

namespace {

constexpr std::int64_t kTimeWaves = 16;
constexpr double kLeftOut = 0.1; ///< share of the training images whose embedding is not told
constexpr double kScheduleOffset = 0.008;
constexpr double kMostSignal = 3; ///< latents are of deviation 1; predictions beyond are clipped

torch::Tensor unitLatentRows(const torch::Tensor& rows)
{
    return rows / rows.norm(2, 1, true).clamp_min(1e-8);
}

/// Share of the signal's variance at time t of 0 .. 1.
double signalAt(double t)
{
    const auto f = [](double u) {
        const double c = std::cos((u + kScheduleOffset) / (1 + kScheduleOffset) * std::numbers::pi / 2);
        return c * c;
    };
    return std::clamp(f(t) / f(0), 1e-4, 0.9999);
}

/// The same for a tensor of times.
torch::Tensor signalsAt(const torch::Tensor& t)
{
    const auto angle = [](const torch::Tensor& u) {
        return ((u + kScheduleOffset) / (1 + kScheduleOffset) * (std::numbers::pi / 2)).cos().square();
    };
    return (angle(t) / angle(torch::zeros_like(t))).clamp(1e-4, 0.9999);
}

} // namespace

/// Noise in latents at a time, given an embedding (zeros: none).
class ReconNoiseNetwork final : public models::Network
{
public:
    ReconNoiseNetwork(std::int64_t latent, std::int64_t embedding)
    {
        using torch::nn::Linear;
        constexpr std::int64_t kHidden = 256;
        m_in = register_module("in", Linear(latent + embedding + 2 * kTimeWaves, kHidden));
        m_mid1 = register_module("mid1", Linear(kHidden, kHidden));
        m_mid2 = register_module("mid2", Linear(kHidden, kHidden));
        m_out = register_module("out", Linear(kHidden, latent));
    }

    /// @param x latents, embedding and time (one number), side by side.
    torch::Tensor forward(const torch::Tensor& x, const models::TapSink*) override
    {
        const torch::Tensor t = x.narrow(1, x.size(1) - 1, 1);
        const torch::Tensor waves =
            t * torch::arange(1, kTimeWaves + 1, t.options()).mul_(std::numbers::pi / 2);
        torch::Tensor h =
            torch::silu(m_in(torch::cat({x.narrow(1, 0, x.size(1) - 1), waves.sin(), waves.cos()}, 1)));
        h = h + torch::silu(m_mid1(h));
        h = h + torch::silu(m_mid2(h));
        return m_out(h);
    }
    std::vector<std::string> taps() const override { return {}; }

private:
    torch::nn::Linear m_in{nullptr}, m_mid1{nullptr}, m_mid2{nullptr}, m_out{nullptr};
};

ReconDiffusion::ReconDiffusion(ReconProgress& progress, const ReconGenerator& generator,
                               const torch::Tensor& embeddings, const std::string& embeddingHash, int epochs)
{
    const torch::Device device = generator.generator->device();
    const torch::Tensor& latents = generator.latents;
    m_mean = latents.mean(0);
    m_scale = latents.std(0, false).clamp_min(1e-3);
    const torch::Tensor z = (latents - m_mean) / m_scale, told = unitLatentRows(embeddings).to(device);
    m_told = told.size(1);
    m_network = std::make_shared<ReconNoiseNetwork>(latents.size(1), told.size(1));
    const auto loss = [&](const torch::Tensor& rows, double, at::Generator draws) {
        const std::int64_t n = rows.size(0);
        const torch::Tensor at = rows.to(device);
        const torch::Tensor t = torch::rand({n, 1}, draws).to(device),
                            noise = torch::randn({n, z.size(1)}, draws).to(device);
        const torch::Tensor kept = (torch::rand({n, 1}, draws) >= kLeftOut).to(torch::kFloat32).to(device);
        const torch::Tensor signal = signalsAt(t);
        const torch::Tensor noised = signal.sqrt() * z.index_select(0, at) + (1 - signal).sqrt() * noise;
        const torch::Tensor guess =
            m_network->forward(torch::cat({noised, kept * told.index_select(0, at), t}, 1), nullptr);
        return torch::mse_loss(guess, noise);
    };
    m_losses = reconLearned(progress, *m_network,
                            {{"what", "encryption.reconstruct diffusion"},
                             {"generator", generator.generator->hash()},
                             {"latents", reconHash({latents})},
                             {"embedding", embeddingHash}},
                            latents.size(0),
                            {.epochs = epochs, .batch = 100, .seed = progress.context().seed()}, loss);
}

ReconDiffusion::ReconDiffusion(const engine::TensorMap& tensors, torch::Device device)
{
    engine::TensorMap weights = tensors;
    const reporting::StoredResults stored(tensors);
    m_mean = stored.at("mean", torch::kFloat32, 1).to(device);
    m_scale = stored.at("scale", torch::kFloat32, 1).to(device);
    m_told = stored.at("told", torch::kInt64, 0).item<std::int64_t>();
    for (const char* name : {"mean", "scale", "told"})
        weights.erase(name);
    m_network = std::make_shared<ReconNoiseNetwork>(m_mean.size(0), m_told);
    models::loadWeights(*m_network, {weights.begin(), weights.end()}, "the kept diffusion");
    m_network->to(device);
    m_network->eval();
    for (torch::Tensor& parameter : m_network->parameters())
        parameter.requires_grad_(false);
}

engine::TensorMap ReconDiffusion::tensors() const
{
    engine::TensorMap map = engine::weightsOf(*m_network);
    map["mean"] = m_mean;
    map["scale"] = m_scale;
    map["told"] = torch::tensor(m_told, torch::kInt64);
    return map;
}

ReconDiffusion::~ReconDiffusion() = default;

torch::Tensor ReconDiffusion::noiseOf(const torch::Tensor& z, double t, const torch::Tensor& told) const
{
    const torch::Tensor time = torch::full({z.size(0), 1}, t, z.options());
    return m_network->forward(torch::cat({z, told, time}, 1), nullptr);
}

torch::Tensor ReconDiffusion::sample(const torch::Tensor& wanted, double guidance, int steps,
                                     at::Generator draws) const
{
    const torch::NoGradGuard off;
    const torch::Tensor told = unitLatentRows(wanted).to(m_mean.device()), nothing = torch::zeros_like(told);
    torch::Tensor z = torch::randn({wanted.size(0), m_mean.size(0)}, draws).to(m_mean.device());
    for (int step = steps; step > 0; --step) {
        const double t = static_cast<double>(step) / steps, next = static_cast<double>(step - 1) / steps;
        torch::Tensor noise = noiseOf(z, t, nothing);
        if (guidance != 0)
            noise = noise + guidance * (noiseOf(z, t, told) - noise);
        const double a = signalAt(t), b = signalAt(next);
        const torch::Tensor image =
            ((z - std::sqrt(1 - a) * noise) / std::sqrt(a)).clamp(-kMostSignal, kMostSignal);
        // What was clipped is no longer explained by the noise that was guessed.
        const torch::Tensor rest = (z - std::sqrt(a) * image) / std::sqrt(1 - a);
        z = std::sqrt(b) * image + std::sqrt(1 - b) * rest;
    }
    return z * m_scale + m_mean;
}

} // namespace assay::encryption
