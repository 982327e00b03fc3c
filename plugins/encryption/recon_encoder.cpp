#include "plugins/encryption/recon_encoder.h"

#include "plugins/encryption/recon_features.h"

#include <torch/nn.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::encryption {

namespace {

constexpr std::int64_t kBlockCode = 96; ///< numbers that a block is embedded in
constexpr std::int64_t kEncryptedAtOnce = 200;
/// Ids of the attacker's images are counted on by this much in each epoch: other ids, other keys.
constexpr std::int64_t kIdsPerEpoch = 10'000'000;
constexpr double kOffsetGain = 0.1; ///< begins near the mean image
/// Share of a progressive training after which all images are encrypted.
constexpr double kRampEnd = 0.5;

/// [n,3,S,S] to [n,blocks,3*block*block].
torch::Tensor blockRows(const torch::Tensor& x, std::int64_t block)
{
    const std::int64_t n = x.size(0), c = x.size(1), down = x.size(2) / block, across = x.size(3) / block;
    return x.reshape({n, c, down, block, across, block})
        .permute({0, 2, 4, 1, 3, 5})
        .reshape({n, down * across, c * block * block});
}

} // namespace

/// Images to distances of styles from their mean.
class ReconEncoderNetwork final : public models::Network
{
public:
    ReconEncoderNetwork(bool set, std::int64_t block, std::int64_t side, std::int64_t styles,
                        std::int64_t style)
        : m_set(set)
        , m_block(block)
        , m_styles(styles)
        , m_style(style)
    {
        using torch::nn::Conv2d;
        using torch::nn::Conv2dOptions;
        using torch::nn::Linear;
        constexpr std::int64_t kHidden = 256;
        if (m_set) {
            // A block's values, and those values folded and sorted, which no turn, inversion or channel order
            // moves.
            const std::int64_t values = 3 * block * block;
            m_block1 = register_module("block1", Linear(2 * values, kBlockCode));
            m_block2 = register_module("block2", Linear(kBlockCode, kBlockCode));
            const std::int64_t known =
                reconFeatures(ReconFeature::SortedStats, torch::zeros({1, 3, side, side}), block).size(1);
            m_standard = register_module(
                "standard", torch::nn::BatchNorm1d(torch::nn::BatchNorm1dOptions(known).affine(false)));
            m_hidden = register_module("hidden", Linear(3 * kBlockCode + known, kHidden));
        } else {
            constexpr std::int64_t kChannels = 48;
            const std::int64_t across = side / block;
            m_first = register_module("first", Conv2d(Conv2dOptions(3, kChannels, block).stride(block)));
            m_mix1 = register_module("mix1", Conv2d(Conv2dOptions(kChannels, kChannels, 3).padding(1)));
            m_mix2 = register_module("mix2", Conv2d(Conv2dOptions(kChannels, kChannels, 3).padding(1)));
            m_hidden = register_module("hidden", Linear(kChannels * across * across, kHidden));
        }
        m_last = register_module("last", Linear(kHidden, styles * style));
    }

    torch::Tensor forward(const torch::Tensor& x, const models::TapSink*) override
    {
        const torch::Tensor h = m_hidden(m_set ? pooled(x) : convolved(x)).relu();
        return (kOffsetGain * m_last(h)).view({x.size(0), m_styles, m_style});
    }
    std::vector<std::string> taps() const override { return {}; }

private:
    torch::Tensor pooled(const torch::Tensor& x)
    {
        const torch::Tensor rows = blockRows(x, m_block);
        const torch::Tensor folded = std::get<0>(torch::minimum(rows, 1 - rows).sort(2));
        const torch::Tensor codes =
            m_block2(m_block1(torch::cat({2 * rows - 1, 4 * folded - 1}, 2)).relu()).relu();
        const torch::Tensor known = m_standard(reconFeatures(ReconFeature::SortedStats, x, m_block));
        return torch::cat({codes.mean(1), codes.amax(1), (codes.var(1, false) + 1e-6).sqrt(), known}, 1);
    }
    torch::Tensor convolved(const torch::Tensor& x)
    {
        torch::Tensor h = m_first(2 * x - 1).relu();
        h = h + m_mix1(h).relu();
        h = h + m_mix2(h).relu();
        return h.flatten(1);
    }

    bool m_set;
    std::int64_t m_block, m_styles, m_style;
    torch::nn::Linear m_block1{nullptr}, m_block2{nullptr}, m_hidden{nullptr}, m_last{nullptr};
    torch::nn::BatchNorm1d m_standard{nullptr};
    torch::nn::Conv2d m_first{nullptr}, m_mix1{nullptr}, m_mix2{nullptr};
};

std::vector<CipherSpec> reconStages(const CipherSpec& cipher)
{
    CipherSpec now = cipher;
    now.permute = now.rotate = now.negative = now.channels = false;
    std::vector<CipherSpec> stages = {now};
    const auto enable = [&](bool CipherSpec::*step) {
        if (cipher.*step) {
            now.*step = true;
            stages.push_back(now);
        }
    };
    enable(&CipherSpec::negative);
    enable(&CipherSpec::channels);
    enable(&CipherSpec::rotate);
    enable(&CipherSpec::permute);
    return stages;
}

std::vector<double> ReconEncoder::stageStarts(const CipherSpec& cipher, ReconStrategy strategy)
{
    std::vector<double> starts = {0};
    if (strategy != ReconStrategy::Progressive)
        return starts;
    if (cipher.scheme != Scheme::Etc)
        return {0, kRampEnd};
    // The last stage, which is what is attacked, gets as much as all others.
    const auto before = static_cast<double>(reconStages(cipher).size() - 1);
    for (double i = 1; i <= before; ++i)
        starts.push_back(kRampEnd * i / before);
    return starts;
}

namespace {

/// What a batch looks like to an encoder at some point of its training.
class ReconCurriculum
{
public:
    ReconCurriculum(const ReconData& data, const CipherSpec& cipher, const SecretKey& key,
                    const ReconEncoderSpec& spec)
        : m_data(data)
        , m_cipher(cipher)
        , m_key(key)
        , m_spec(spec)
        , m_stages(reconStages(cipher))
        , m_starts(ReconEncoder::stageStarts(cipher, spec.strategy))
    {}

    /// float32 [b,3,S,S].
    torch::Tensor batch(const torch::Tensor& rows, double done, at::Generator draws) const
    {
        const torch::Tensor bytes = m_data.train.index_select(0, rows);
        if (m_spec.plain)
            return reconFloat(bytes);
        const auto epoch = static_cast<std::int64_t>(done * m_spec.epochs);
        const torch::Tensor ids = m_data.trainIds.index_select(0, rows) + kIdsPerEpoch * (epoch + 1);
        const bool steps = m_spec.strategy == ReconStrategy::Progressive && m_cipher.scheme == Scheme::Etc;
        const torch::Tensor encrypted =
            reconUnit(encryptEach(steps ? stageAt(done) : m_cipher, m_key, bytes, ids));
        const double plain = steps ? 0 : plainShare(done);
        if (plain <= 0)
            return encrypted;
        const torch::Tensor kept = (torch::rand({rows.size(0)}, draws) < plain).view({-1, 1, 1, 1});
        return torch::where(kept, reconFloat(bytes), encrypted);
    }

private:
    const CipherSpec& stageAt(double done) const
    {
        std::size_t stage = 0;
        while (stage + 1 < m_starts.size() && done >= m_starts[stage + 1])
            ++stage;
        return m_stages[stage];
    }
    double plainShare(double done) const
    {
        if (m_spec.strategy == ReconStrategy::Mixed)
            return 0.5;
        return m_spec.strategy == ReconStrategy::Direct ? 0 : std::max(0.0, 1 - done / kRampEnd);
    }

    const ReconData& m_data;
    CipherSpec m_cipher;
    const SecretKey& m_key;
    ReconEncoderSpec m_spec;
    std::vector<CipherSpec> m_stages;
    std::vector<double> m_starts;
};

} // namespace

ReconEncoder::ReconEncoder(ReconProgress& progress, const ReconData& data, const CipherSpec& cipher,
                           const SecretKey& attackerKey, const ReconGenerator& generator,
                           const ReconReader& eyes, const ReconEncoderSpec& spec)
    : m_generator(generator.generator)
{
    const models::Generator& g = *m_generator;
    const torch::Device device = g.device();
    const std::int64_t block = spec.plain || cipher.scheme == Scheme::Pe ? 4 : cipher.block;
    m_network =
        std::make_shared<ReconEncoderNetwork>(spec.set, block, data.train.size(2), g.styles(), g.styleSize());
    const ReconCurriculum curriculum(data, cipher, attackerKey, spec);
    const auto loss = [&](const torch::Tensor& rows, double done, at::Generator draws) {
        const torch::Tensor shown = curriculum.batch(rows, done, draws).to(device);
        const torch::Tensor x = reconFloat(data.train.index_select(0, rows)).to(device);
        const torch::Tensor offset = m_network->forward(shown, nullptr);
        const torch::Tensor made = g.image(g.centre() + offset);
        torch::Tensor value = torch::mse_loss(made, x) + spec.regularisation * offset.square().mean();
        if (spec.perceptual > 0)
            value = value + spec.perceptual * eyes.distance(made, x);
        return value;
    };
    m_losses = reconLearned(progress, *m_network,
                            {{"what", "encryption.reconstruct encoder 2"},
                             {"images", reconHash({data.train, data.trainIds})},
                             {"cipher", spec.plain ? Json("plain") : toJson(cipher)},
                             {"key", attackerKey.fingerprint()},
                             {"generator", g.hash()},
                             {"eyes", eyes.hash()},
                             {"set", spec.set},
                             {"strategy", static_cast<int>(spec.strategy)},
                             {"perceptual", spec.perceptual},
                             {"regularisation", spec.regularisation}},
                            data.train.size(0),
                            {.epochs = spec.epochs, .batch = 25, .seed = progress.context().seed()}, loss);
}

ReconEncoder::~ReconEncoder() = default;

torch::Tensor ReconEncoder::styles(const torch::Tensor& x) const
{
    const torch::NoGradGuard off;
    std::vector<torch::Tensor> parts;
    for (std::int64_t first = 0; first < x.size(0); first += kEncryptedAtOnce) {
        const std::int64_t n = std::min(kEncryptedAtOnce, x.size(0) - first);
        parts.push_back(m_network->forward(x.narrow(0, first, n).to(m_generator->device()), nullptr));
    }
    return m_generator->centre() + torch::cat(parts);
}

} // namespace assay::encryption
