#include "backend/models/generative/style_autoencoder.h"

#include "backend/protocol/error.h"

#include <torch/nn.h>
#include <torch/types.h>

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

namespace assay::models {

namespace {

using torch::nn::Conv2d;
using torch::nn::Conv2dOptions;
using torch::nn::Linear;

constexpr std::int64_t kCoarsest = 4; ///< side of the first map
constexpr double kLeak = 0.2;
// Outputs that other parts depend on begin small: sigmoids that start at their ends learn next to nothing.
constexpr double kCodeGain = 0.2;
constexpr double kModulationGain = 0.2;
constexpr double kColourGain = 0.1;

torch::Tensor leaky(const torch::Tensor& x)
{
    return torch::leaky_relu(x, kLeak);
}

/// Channels at a resolution: as many at 4 and 8, then fewer by a factor of 1.5 a step.
std::int64_t channelsAt(const StyleAutoencoderSpec& spec, std::size_t level)
{
    double channels = static_cast<double>(spec.width);
    for (std::size_t i = 2; i <= level; ++i)
        channels /= 1.5;
    return std::max<std::int64_t>(8, static_cast<std::int64_t>(channels));
}

class StyleGenerator final : public Generator
{
public:
    StyleGenerator(std::shared_ptr<StyleAutoencoder> network, torch::Tensor centre, std::string hash)
        : m_network(std::move(network))
        , m_centre(std::move(centre))
        , m_hash(std::move(hash))
    {}

    torch::Tensor image(const torch::Tensor& w) const override { return m_network->decode(w); }
    std::int64_t styles() const override { return m_network->styles(); }
    std::int64_t styleSize() const override { return m_network->spec().style; }
    std::int64_t side() const override { return m_network->spec().side; }
    const torch::Tensor& centre() const override { return m_centre; }
    torch::Device device() const override { return m_centre.device(); }
    std::string hash() const override { return m_hash; }

private:
    std::shared_ptr<StyleAutoencoder> m_network; ///< decode() changes nothing in it
    torch::Tensor m_centre;
    std::string m_hash;
};

} // namespace

Json toJson(const StyleAutoencoderSpec& spec)
{
    return {{"side", spec.side}, {"latent", spec.latent}, {"style", spec.style}, {"width", spec.width}};
}

struct StyleAutoencoder::Parts
{
    std::vector<Conv2d> down;
    Linear squeeze{nullptr}, mapHidden{nullptr}, mapLast{nullptr}, first{nullptr};
    std::vector<Conv2d> up;
    std::vector<Linear> modulate;
    Conv2d colour{nullptr};
};

StyleAutoencoder::StyleAutoencoder(const StyleAutoencoderSpec& spec)
    : m_spec(spec)
    , m_parts(std::make_unique<Parts>())
{
    if (spec.side < 8 || spec.side > 256 || !std::has_single_bit(static_cast<std::uint64_t>(spec.side)))
        throw Error("a generator's side is " + std::to_string(spec.side) +
                        "; it must be a power of two, 8 to 256",
                    "side");
    if (spec.latent < 1 || spec.style < 1 || spec.width < 8)
        throw Error("a generator needs one number a latent and a style, and 8 channels, at least");
    Parts& p = *m_parts;
    const auto levels = static_cast<std::size_t>(styles());
    for (std::size_t i = 0; i + 1 < levels; ++i) {
        const std::int64_t in = i == 0 ? 3 : channelsAt(spec, levels - 1 - i),
                           out = channelsAt(spec, levels - 2 - i);
        p.down.push_back(register_module("down" + std::to_string(i),
                                         Conv2d(Conv2dOptions(in, out, 4).stride(2).padding(1))));
    }
    const std::int64_t coarse = channelsAt(spec, 0) * kCoarsest * kCoarsest;
    p.squeeze = register_module("squeeze", Linear(coarse, 2 * spec.latent));
    p.mapHidden = register_module("map_hidden", Linear(spec.latent, 2 * spec.latent));
    p.mapLast = register_module("map_last", Linear(2 * spec.latent, styles() * spec.style));
    p.first = register_module("first", Linear(spec.style, coarse));
    for (std::size_t i = 1; i < levels; ++i) {
        const std::int64_t in = channelsAt(spec, i - 1), out = channelsAt(spec, i);
        p.up.push_back(
            register_module("up" + std::to_string(i), Conv2d(Conv2dOptions(in, out, 3).padding(1))));
        p.modulate.push_back(register_module("modulate" + std::to_string(i), Linear(spec.style, 2 * out)));
    }
    p.colour =
        register_module("colour", Conv2d(Conv2dOptions(channelsAt(spec, levels - 1), 3, 3).padding(1)));
}

StyleAutoencoder::~StyleAutoencoder() = default;

std::int64_t StyleAutoencoder::styles() const
{
    return std::countr_zero(static_cast<std::uint64_t>(m_spec.side)) - 1;
}

std::pair<torch::Tensor, torch::Tensor> StyleAutoencoder::encode(const torch::Tensor& x)
{
    torch::Tensor h = 2 * x - 1;
    for (Conv2d& conv : m_parts->down)
        h = leaky(conv(h));
    const std::vector<torch::Tensor> halves = (kCodeGain * m_parts->squeeze(h.flatten(1))).chunk(2, 1);
    return {halves[0], halves[1].clamp(-8, 8)};
}

torch::Tensor StyleAutoencoder::map(const torch::Tensor& z)
{
    return m_parts->mapLast(leaky(m_parts->mapHidden(z))).view({z.size(0), styles(), m_spec.style});
}

torch::Tensor StyleAutoencoder::decode(const torch::Tensor& w)
{
    Parts& p = *m_parts;
    torch::Tensor h = leaky(p.first(w.select(1, 0))).view({w.size(0), -1, kCoarsest, kCoarsest});
    for (std::size_t i = 0; i < p.up.size(); ++i) {
        const std::int64_t side = 2 * h.size(2);
        h = p.up[i](torch::upsample_nearest2d(h, {side, side}));
        const std::vector<torch::Tensor> style =
            (kModulationGain * p.modulate[i](w.select(1, static_cast<std::int64_t>(i) + 1)))
                .unsqueeze(2)
                .unsqueeze(3)
                .chunk(2, 1);
        h = leaky(h * (1 + style[0]) + style[1]);
    }
    return torch::sigmoid(kColourGain * p.colour(h));
}

torch::Tensor StyleAutoencoder::forward(const torch::Tensor& x, const TapSink*)
{
    return decode(map(encode(x).first));
}

std::shared_ptr<const Generator> styleGenerator(std::shared_ptr<StyleAutoencoder> network,
                                                torch::Tensor centre, std::string hash)
{
    return std::make_shared<StyleGenerator>(std::move(network), std::move(centre), std::move(hash));
}

} // namespace assay::models
