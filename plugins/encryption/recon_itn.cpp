#include "plugins/encryption/recon_itn.h"

#include "plugins/encryption/recon_features.h"

#include <torch/nn.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::encryption {

namespace {

constexpr std::int64_t kInvertedAtOnce = 100;
constexpr std::int64_t kInverseIdsPerEpoch = 10'000'000;

class InverseNetwork final : public models::Network
{
public:
    /// @param block 1 for a scheme without blocks.
    explicit InverseNetwork(std::int64_t block)
        : m_block(block)
    {
        const std::vector<std::int64_t> widths = block == 1
                                                     ? std::vector<std::int64_t>{32, 64, 64}
                                                     : std::vector<std::int64_t>{48, 48, 32 * block * block};
        std::int64_t in = 3;
        for (std::size_t i = 0; i < widths.size(); ++i) {
            const std::int64_t side = i == 0 ? block : 1;
            m_layers->push_back(
                torch::nn::Conv2d(torch::nn::Conv2dOptions(in, widths[i], side).stride(side).bias(false)));
            m_layers->push_back(torch::nn::BatchNorm2d(widths[i]));
            m_layers->push_back(torch::nn::ReLU());
            in = widths[i];
        }
        register_module("layers", m_layers);
        m_colour = register_module(
            "colour", torch::nn::Conv2d(torch::nn::Conv2dOptions(block == 1 ? widths.back() : 32, 3, 1)));
    }

    torch::Tensor forward(const torch::Tensor& x, const models::TapSink*) override
    {
        const torch::Tensor h = m_layers->forward(2 * x - 1);
        return torch::sigmoid(m_colour(m_block == 1 ? h : torch::pixel_shuffle(h, m_block)));
    }
    std::vector<std::string> taps() const override { return {}; }

private:
    std::int64_t m_block;
    torch::nn::Sequential m_layers;
    torch::nn::Conv2d m_colour{nullptr};
};

} // namespace

torch::Tensor reconInverse(ReconProgress& progress, const ReconData& data, const CipherSpec& cipher,
                           const SecretKey& attackerKey, int epochs, const torch::Tensor& victims)
{
    const torch::Device device = progress.context().device();
    const auto made = std::make_shared<InverseNetwork>(cipher.scheme == Scheme::Pe ? 1 : cipher.block);
    InverseNetwork& network = *made; // modules ask for their own shared pointer
    const auto loss = [&](const torch::Tensor& rows, double done, at::Generator) {
        const torch::Tensor bytes = data.train.index_select(0, rows);
        const auto epoch = static_cast<std::int64_t>(done * epochs);
        const torch::Tensor ids = data.trainIds.index_select(0, rows) + kInverseIdsPerEpoch * (epoch + 1);
        const torch::Tensor shown = reconUnit(encryptEach(cipher, attackerKey, bytes, ids)).to(device);
        return torch::mse_loss(network.forward(shown, nullptr), reconFloat(bytes).to(device));
    };
    reconLearned(progress, network,
                 {{"what", "encryption.reconstruct inverse"},
                  {"images", reconHash({data.train, data.trainIds})},
                  {"cipher", toJson(cipher)},
                  {"key", attackerKey.fingerprint()}},
                 data.train.size(0), {.epochs = epochs, .seed = progress.context().seed()}, loss);
    const torch::NoGradGuard off;
    std::vector<torch::Tensor> parts;
    for (std::int64_t first = 0; first < victims.size(0); first += kInvertedAtOnce) {
        const std::int64_t n = std::min(kInvertedAtOnce, victims.size(0) - first);
        parts.push_back(network.forward(victims.narrow(0, first, n).to(device), nullptr).cpu());
    }
    return torch::cat(parts);
}

} // namespace assay::encryption
