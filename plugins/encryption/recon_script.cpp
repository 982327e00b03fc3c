#include "plugins/encryption/recon_script.h"

#include "backend/data/arrays/file_hash.h"
#include "backend/models/torchscript/script_method.h"
#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <chrono>
#include <filesystem>

namespace assay::encryption {

namespace {

constexpr const char* kGeneratorSignature =
    "Write forward(self, styles: Tensor) -> Tensor and register_buffer('centre', the mean of the styles).";

class ScriptGenerator final : public models::Generator
{
public:
    ScriptGenerator(const std::filesystem::path& file, std::int64_t side, torch::Device device)
        : m_where(file.filename().string())
        , m_hash(data::hashFiles({file}))
        , m_side(side)
        , m_device(device)
        , m_script(models::loadScript(file))
        , m_method(m_script, "forward", m_where)
    {
        if (!m_script.hasattr("centre") || !m_script.attr("centre").isTensor())
            throw Error("has no buffer 'centre'", m_where, kGeneratorSignature);
        const torch::Tensor centre = m_script.attr("centre").toTensor();
        if (centre.dim() != 2 || centre.numel() == 0 || centre.scalar_type() != torch::kFloat32)
            throw Error("'centre' must be float32 of two dimensions, styles and their size", m_where,
                        kGeneratorSignature);
        m_centre = centre.detach().to(device);
        const torch::NoGradGuard off;
        image(m_centre.unsqueeze(0));
    }

    torch::Tensor image(const torch::Tensor& w) const override
    {
        const auto answer = m_method.call({w}, m_device, {.time = kLongest, .noun = "generator"});
        const std::vector<std::int64_t> wanted = {w.size(0), 3, m_side, m_side};
        if (answer.size() != 1 || !answer.front().isTensor() ||
            answer.front().toTensor().scalar_type() != torch::kFloat32 ||
            answer.front().toTensor().sizes() != torch::IntArrayRef(wanted))
            throw Error("'forward' must answer with float32 images of three channels and " +
                            std::to_string(m_side) + " pixels",
                        m_where,
                        "Set the side to that of the generator. " + std::string(kGeneratorSignature));
        return answer.front().toTensor();
    }
    std::int64_t styles() const override { return m_centre.size(0); }
    std::int64_t styleSize() const override { return m_centre.size(1); }
    std::int64_t side() const override { return m_side; }
    const torch::Tensor& centre() const override { return m_centre; }
    torch::Device device() const override { return m_device; }
    std::string hash() const override { return m_hash; }

private:
    static constexpr std::chrono::seconds kLongest{60};

    std::string m_where, m_hash;
    std::int64_t m_side;
    torch::Device m_device;
    torch::jit::Module m_script;
    models::ScriptMethod m_method;
    torch::Tensor m_centre;
};

} // namespace

std::shared_ptr<const models::Generator> reconScriptGenerator(const std::string& file, std::int64_t side,
                                                              torch::Device device)
{
    return std::make_shared<ScriptGenerator>(file, side, device);
}

} // namespace assay::encryption
