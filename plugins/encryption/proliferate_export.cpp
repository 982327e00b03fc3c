#include "plugins/encryption/proliferate_export.h"

#include "backend/engine/files.h"
#include "backend/models/predict.h"
#include "backend/models/torchscript/torchscript_network.h"
#include "backend/protocol/error.h"
#include "plugins/encryption/keyed_network.h"
#include "plugins/encryption/proliferate_run.h"

#include <QTemporaryDir>
#include <torch/types.h>
#include <torch/utils.h>

namespace assay::encryption {

namespace {

class KeyInside final : public models::Network
{
public:
    KeyInside(std::shared_ptr<models::Network> network, const torch::Tensor& source,
              const torch::Tensor& gain, const torch::Tensor& shift)
        : m_source(register_buffer("key_source", source))
        , m_gain(register_buffer("key_gain", gain))
        , m_shift(register_buffer("key_shift", shift))
        , m_network(register_module("network", std::move(network)))
    {}

    torch::Tensor forward(const torch::Tensor& x, const models::TapSink* sink) override
    {
        const torch::Tensor moved = x.flatten(1).index_select(1, m_source);
        // -1: a script made of this takes any number of images.
        return m_network->forward((moved * m_gain + m_shift).view({-1, x.size(1), x.size(2), x.size(3)}),
                                  sink);
    }
    std::vector<std::string> taps() const override { return m_network->taps(); }
    std::shared_ptr<models::Network> another() const override
    {
        std::shared_ptr<models::Network> made = m_network->another();
        return made ? std::make_shared<KeyInside>(std::move(made), m_source.clone(), m_gain.clone(),
                                                  m_shift.clone())
                    : nullptr;
    }

private:
    torch::Tensor m_source; ///< int64 [C*H*W]
    torch::Tensor m_gain;   ///< float32 [C*H*W]: 1, or -1 where the key inverts
    torch::Tensor m_shift;  ///< 0, or 1 there
    std::shared_ptr<models::Network> m_network;
};

} // namespace

void requireKeyInside(Scheme scheme)
{
    if (scheme != Scheme::Shf && scheme != Scheme::Np)
        throw Error("only keys of SHF and NP can be exported inside a script", "export_key",
                    "Switch it off, or choose one of these schemes.");
}

std::shared_ptr<models::Network> keyInside(std::shared_ptr<models::Network> network, const Cipher& cipher,
                                           const models::InputSpec& input)
{
    requireKeyInside(cipher.spec().scheme);
    const torch::NoGradGuard off;
    const torch::Tensor shift =
        cipher.encryptUnit(torch::zeros({1, input.channels, input.height, input.width})).flatten();
    const auto made =
        std::make_shared<KeyInside>(network, cipher.sources(), (1 - 2 * shift).contiguous(), shift.clone());
    made->eval();
    return made;
}

std::shared_ptr<models::Network> readScript(const models::ExportedScript& script,
                                            const models::InputSpec& input, const std::filesystem::path& file)
{
    engine::writeFileAtomically(file, script.bytes);
    const models::InputSpec size{.channels = input.channels, .height = input.height, .width = input.width};
    return std::make_shared<models::TorchScriptNetwork>(models::openScript(file), size,
                                                        models::ScriptOptions{.batch = script.batch},
                                                        file.filename().string());
}

void ProliferateRun::exportFleet()
{
    if (m_params.exports.empty())
        return;
    const QTemporaryDir folder;
    const models::InputSpec& input = m_base->card().input;
    for (std::size_t k = 0; k < m_fleet.size(); ++k) {
        const Built& device = m_fleet[k];
        const auto cipher = cipherOf(m_keys[k]);
        const torch::Tensor logits = models::logitsChunked(*device.model, m_images.x);
        const auto network =
            m_params.exportKey ? keyInside(device.trained.network, *cipher, input) : device.trained.network;
        for (const std::string& weights : m_params.exports) {
            m_context.checkpoint();
            const bool small = weights == "int8";
            const models::ExportedScript script = models::exportScript(
                *network, input, small ? models::ScriptWeights::Int8 : models::ScriptWeights::Float32);
            FleetExport e{.device = device.member.name,
                          .weights = weights,
                          .keyInside = m_params.exportKey,
                          .file = device.member.name + (small ? "-int8.pt" : ".pt"),
                          .bytes = static_cast<std::int64_t>(script.bytes.size()),
                          .batch = script.batch};
            m_context.file(e.file, script.bytes);
            const auto back = readScript(script, input, folder.filePath("script.pt").toStdString());
            back->to(m_context.device());
            const ModelPtr asked =
                keyedModel(back, m_params.exportKey ? nullptr : cipher, m_base->card(), e.file);
            const torch::Tensor given = models::logitsChunked(*asked, m_images.x);
            e.difference = (given - logits).abs().max().item<double>();
            e.classes = given.argmax(1).cpu();
            e.sameClasses = e.classes == logits.argmax(1).cpu();
            e.milliseconds = latency(*asked);
            m_results.exports.push_back(std::move(e));
        }
        m_context.table(fleetExports(m_results));
    }
}

} // namespace assay::encryption
