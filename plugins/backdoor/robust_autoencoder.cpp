#include "plugins/backdoor/robust_autoencoder.h"

#include "backend/engine/trained_network.h"
#include "backend/models/initialise.h"
#include "backend/models/model_file.h"
#include "backend/models/parallel.h"
#include "backend/training/adam.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/autograd.h>
#include <torch/nn.h>
#include <torch/utils.h>

#include <algorithm>
#include <numbers>

namespace assay::backdoor {

namespace {

/// Of withDetails(), at strength 1/2: differences of pixels well above it are the trigger's, below textures'.
constexpr double kDetailLimit = 0.3;

/// From [N,C+1,H,W], the last channel being the depth of the noise, to [N,C,H,W]. Not clipped.
class Autoencoder final : public models::Network
{
public:
    Autoencoder(std::int64_t channels, std::int64_t height, std::int64_t width,
                const RobustAutoencoderSpec& spec)
        : m_width(spec.width)
        , m_half({halved(height), halved(width)})
        , m_quarter({halved(m_half[0]), halved(m_half[1])})
        , m_full({height, width})
    {
        using torch::nn::Conv2d;
        using torch::nn::Conv2dOptions;
        using torch::nn::Linear;
        const auto same = [](std::int64_t in, std::int64_t out) {
            return Conv2d(Conv2dOptions(in, out, 3).padding(1));
        };
        const auto smaller = [](std::int64_t in, std::int64_t out) {
            return Conv2d(Conv2dOptions(in, out, 3).padding(1).stride(2));
        };
        const std::int64_t flat = 2 * m_width * m_quarter[0] * m_quarter[1];
        m_down1 = register_module("down1", smaller(channels + 1, m_width));
        m_down2 = register_module("down2", smaller(m_width, 2 * m_width));
        m_squeeze = register_module("squeeze", Linear(flat, spec.code));
        m_widen = register_module("widen", Linear(spec.code, flat));
        m_up2 = register_module("up2", same(2 * m_width, m_width));
        m_up1 = register_module("up1", same(m_width, m_width));
        m_last = register_module("last", same(m_width, channels));
    }

    torch::Tensor forward(const torch::Tensor& x, const models::TapSink*) override
    {
        torch::Tensor h = m_down2(m_down1(x).relu_()).relu_();
        h = m_widen(m_squeeze(h.flatten(1))).relu_();
        h = h.view({x.size(0), 2 * m_width, m_quarter[0], m_quarter[1]});
        h = m_up2(torch::upsample_nearest2d(h, m_half)).relu_();
        h = m_up1(torch::upsample_nearest2d(h, m_full)).relu_();
        return m_last(h);
    }

    std::vector<std::string> taps() const override { return {}; }

private:
    static std::int64_t halved(std::int64_t side) { return (side + 1) / 2; }

    std::int64_t m_width;
    std::vector<std::int64_t> m_half, m_quarter, m_full;
    torch::nn::Conv2d m_down1{nullptr}, m_down2{nullptr}, m_up2{nullptr}, m_up1{nullptr}, m_last{nullptr};
    torch::nn::Linear m_squeeze{nullptr}, m_widen{nullptr};
};

/// What the network is given.
torch::Tensor withDepth(const torch::Tensor& noised, const torch::Tensor& depth)
{
    const torch::Tensor plane = depth.view({-1, 1, 1, 1}).expand({-1, 1, noised.size(2), noised.size(3)});
    return torch::cat({noised, plane}, 1);
}

class AutoencoderVariation final : public RobustVariation
{
public:
    AutoencoderVariation(std::shared_ptr<Autoencoder> network, double noise, Json key, std::uint64_t seed)
        : m_network(std::move(network))
        , m_noise(noise)
        , m_key(std::move(key))
        , m_seed(seed)
    {}

    std::string title() const override { return "a denoising autoencoder in one step"; }

    torch::Tensor vary(const torch::Tensor& x, double strength, const torch::Tensor& ids) const override
    {
        const torch::NoGradGuard off;
        if (x.size(0) == 0)
            return x;
        const torch::Tensor noise =
            normalById(m_seed, "autoencoder.noise", ids, x[0].numel()).view(x.sizes()).to(x.device());
        const torch::Tensor depth = torch::full({x.size(0)}, strength * m_noise, x.options());
        const torch::Tensor given = withDepth(noisedImages(x, depth, noise), depth);
        return withDetails(m_network->forward(given, nullptr).clamp(0, 1), x, strength).clamp(0, 1);
    }

    Json key() const override { return m_key; }

private:
    std::shared_ptr<Autoencoder> m_network; ///< eval mode; forward() changes nothing in it
    double m_noise;
    Json m_key;
    std::uint64_t m_seed;
};

} // namespace

Json toJson(const RobustAutoencoderSpec& s)
{
    return {{"code", s.code},
            {"width", s.width},
            {"epochs", s.epochs},
            {"batch", s.batch},
            {"learning_rate", s.learningRate},
            {"noise", s.noise},
            {"seed", s.seed}};
}

torch::Tensor noisedImages(const torch::Tensor& x, const torch::Tensor& depth, const torch::Tensor& noise)
{
    const torch::Tensor angle = (depth * (std::numbers::pi / 2)).view({-1, 1, 1, 1});
    return (2 * x - 1) * angle.cos() + noise * angle.sin();
}

torch::Tensor withDetails(const torch::Tensor& made, const torch::Tensor& x, double strength)
{
    if (strength <= 0)
        return x;
    if (strength >= 1)
        return made;
    const double limit = kDetailLimit * (1 - strength) / strength;
    const torch::Tensor rest = x - made;
    return made + rest * (-0.5 * (rest / limit).square()).exp();
}

TrainedAutoencoder
trainAutoencoder(const torch::Tensor& bytes, const RobustAutoencoderSpec& spec, torch::Device device,
                 const std::function<void(std::int64_t done, std::int64_t total)>& checkpoint)
{
    const models::SingleThread guard;
    const torch::AutoGradMode gradients(true);
    const auto made = std::make_shared<Autoencoder>(bytes.size(1), bytes.size(2), bytes.size(3), spec);
    Autoencoder& network = *made; // modules ask for their own shared pointer
    models::initialise(network, at::detail::createCPUGenerator(spec.seed));
    network.to(device);
    training::Adam adam(network.parameters(), 0);
    const at::Generator draws = at::detail::createCPUGenerator(spec.seed + 1);
    const std::int64_t count = bytes.size(0), total = count * spec.epochs;
    TrainedAutoencoder trained;
    for (int epoch = 0; epoch < spec.epochs; ++epoch) {
        const torch::Tensor order = torch::randperm(count, draws, torch::kInt64);
        torch::Tensor sum = torch::zeros({}, torch::TensorOptions().dtype(torch::kFloat64).device(device));
        for (std::int64_t first = 0; first < count; first += spec.batch) {
            const std::int64_t done = epoch * count + first;
            if (checkpoint)
                checkpoint(done, total);
            const std::int64_t n = std::min<std::int64_t>(spec.batch, count - first);
            const torch::Tensor x =
                bytes.index_select(0, order.narrow(0, first, n)).to(torch::kFloat32).div_(255.0);
            const torch::Tensor depth = torch::rand({n}, draws) * spec.noise,
                                noise = torch::randn(x.sizes(), draws);
            const torch::Tensor given = withDepth(noisedImages(x, depth, noise), depth).to(device);
            const torch::Tensor loss = torch::mse_loss(network.forward(given, nullptr), x.to(device));
            adam.step(torch::autograd::grad({loss}, adam.parameters()),
                      spec.learningRate * (1 - static_cast<double>(done) / static_cast<double>(total)));
            sum.add_(loss.detach().to(torch::kFloat64), n);
        }
        trained.losses.push_back(sum.item<double>() / static_cast<double>(count));
    }
    for (const auto& [name, tensor] : network.persistent())
        trained.weights.emplace_back(name, tensor.detach().cpu().clone());
    return trained;
}

std::unique_ptr<const RobustVariation> autoencoderVariation(const models::NamedTensors& weights,
                                                            const RobustAutoencoderSpec& spec,
                                                            torch::IntArrayRef size, torch::Device device,
                                                            std::uint64_t seed)
{
    auto network = std::make_shared<Autoencoder>(size[0], size[1], size[2], spec);
    models::loadWeights(*network, weights, "the autoencoder");
    network->to(device);
    network->eval();
    for (torch::Tensor& parameter : network->parameters())
        parameter.requires_grad_(false);
    return std::make_unique<AutoencoderVariation>(
        std::move(network), spec.noise,
        Json{{"what", "autoencoder"},
             {"method", 1},
             {"weights", engine::weightsHash({weights.begin(), weights.end()})},
             {"noise", spec.noise},
             {"seed", seed}},
        seed);
}

} // namespace assay::backdoor
