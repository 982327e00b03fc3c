#include "backend/models/generative/latent_diffusion.h"

#include <torch/nn.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace assay::models {

namespace {

constexpr std::int64_t kTimeWaves = 16;
constexpr double kScheduleOffset = 0.008;
constexpr double kMostSignal = 3; ///< latents are of deviation 1; predictions beyond are clipped

/// Share of the signal's variance at time t of 0 .. 1.
double signalAt(double t)
{
    const auto f = [](double u) {
        const double c = std::cos((u + kScheduleOffset) / (1 + kScheduleOffset) * std::numbers::pi / 2);
        return c * c;
    };
    return std::clamp(f(t) / f(0), 1e-4, 0.9999);
}

} // namespace

struct LatentDiffusion::Parts
{
    torch::nn::Linear in{nullptr}, mid1{nullptr}, mid2{nullptr}, out{nullptr};
};

LatentDiffusion::LatentDiffusion(std::int64_t latent, std::int64_t told)
    : m_latent(latent)
    , m_told(told)
    , m_parts(std::make_unique<Parts>())
{
    using torch::nn::Linear;
    constexpr std::int64_t kHidden = 256;
    Parts& p = *m_parts;
    p.in = register_module("in", Linear(latent + told + 2 * kTimeWaves, kHidden));
    p.mid1 = register_module("mid1", Linear(kHidden, kHidden));
    p.mid2 = register_module("mid2", Linear(kHidden, kHidden));
    p.out = register_module("out", Linear(kHidden, latent));
    register_buffer("mean", torch::zeros({latent}));
    register_buffer("scale", torch::ones({latent}));
}

LatentDiffusion::~LatentDiffusion() = default;

void LatentDiffusion::scaleTo(const torch::Tensor& latents)
{
    const torch::NoGradGuard off;
    named_buffers()["mean"].copy_(latents.mean(0));
    named_buffers()["scale"].copy_(latents.std(0, false).clamp_min(1e-3));
}

torch::Tensor LatentDiffusion::scaled(const torch::Tensor& latents) const
{
    const auto buffers = named_buffers(false);
    return (latents - buffers["mean"]) / buffers["scale"];
}

torch::Tensor LatentDiffusion::signals(const torch::Tensor& t)
{
    const auto angle = [](const torch::Tensor& u) {
        return ((u + kScheduleOffset) / (1 + kScheduleOffset) * (std::numbers::pi / 2)).cos().square();
    };
    return (angle(t) / angle(torch::zeros_like(t))).clamp(1e-4, 0.9999);
}

torch::Tensor LatentDiffusion::noise(const torch::Tensor& z, const torch::Tensor& told,
                                     const torch::Tensor& t) const
{
    const torch::Tensor waves = t * torch::arange(1, kTimeWaves + 1, t.options()).mul_(std::numbers::pi / 2);
    Parts& p = *m_parts;
    torch::Tensor h = torch::silu(p.in(torch::cat({z, told, waves.sin(), waves.cos()}, 1)));
    h = h + torch::silu(p.mid1(h));
    h = h + torch::silu(p.mid2(h));
    return p.out(h);
}

torch::Tensor LatentDiffusion::forward(const torch::Tensor& x, const TapSink*)
{
    return noise(x.narrow(1, 0, m_latent), x.narrow(1, m_latent, m_told), x.narrow(1, m_latent + m_told, 1));
}

torch::Tensor LatentDiffusion::sample(const torch::Tensor& wanted, double guidance, int steps,
                                      at::Generator draws) const
{
    const torch::NoGradGuard off;
    const auto buffers = named_buffers(false);
    const torch::Tensor mean = buffers["mean"], scale = buffers["scale"];
    const torch::Tensor told = unitRows(wanted).to(mean.device()), nothing = torch::zeros_like(told);
    torch::Tensor z = torch::randn({wanted.size(0), m_latent}, draws).to(mean.device());
    for (int step = steps; step > 0; --step) {
        const double t = static_cast<double>(step) / steps, next = static_cast<double>(step - 1) / steps;
        const torch::Tensor time = torch::full({z.size(0), 1}, t, z.options());
        torch::Tensor guess = noise(z, nothing, time);
        if (guidance != 0)
            guess = guess + guidance * (noise(z, told, time) - guess);
        const double a = signalAt(t), b = signalAt(next);
        const torch::Tensor clean =
            ((z - std::sqrt(1 - a) * guess) / std::sqrt(a)).clamp(-kMostSignal, kMostSignal);
        // What was clipped is no longer explained by the noise that was guessed.
        const torch::Tensor rest = (z - std::sqrt(a) * clean) / std::sqrt(1 - a);
        z = std::sqrt(b) * clean + std::sqrt(1 - b) * rest;
    }
    return z * scale + mean;
}

torch::Tensor unitRows(const torch::Tensor& rows)
{
    return rows / rows.norm(2, 1, true).clamp_min(1e-8);
}

} // namespace assay::models
