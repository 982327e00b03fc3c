#pragma once

#include "plugins/encryption/recon_diffusion.h"
#include "plugins/encryption/recon_generator.h"
#include "plugins/encryption/recon_report.h"
#include "plugins/encryption/recon_steps.h"

#include <memory>
#include <mutex>
#include <optional>

namespace assay::encryption {

inline constexpr int kReconDiffusionSteps = 30; ///< of DDIM

/// Writes what previews of the diffusion need. @param wanted embeddings of the shown victims by
/// "wanted.SCHEME".
void keepLive(engine::RunContext& context, const ReconGenerator& generator, const ReconDiffusion& diffusion,
              const engine::TensorMap& wanted);

/// Draws new samples of the shown victim at the guidance scale. Read back from a finished run.
class ReconSampler
{
public:
    /// @throws Error when the run kept none.
    ReconSampler(const engine::TensorMap& tensors, torch::Device device);

    bool knows(const std::string& scheme) const { return m_wanted.contains("wanted." + scheme); }
    /// float32 [samples,3,S,S] on the CPU. @param row of the shown victims.
    torch::Tensor samples(const std::string& scheme, std::int64_t row, double guidance, std::int64_t samples,
                          at::Generator draws) const;

private:
    std::shared_ptr<models::StyleAutoencoder> m_autoencoder;
    std::optional<ReconDiffusion> m_diffusion;
    engine::TensorMap m_wanted;
};

/// Keeps what the run that was previewed last found. Safe from any thread.
class ReconPreviews
{
public:
    void emit(engine::RunContext& context, const ReconParams& params);

private:
    struct Kept
    {
        std::filesystem::path folder;
        ReconResults results;
        std::vector<ReconStep> steps;        ///< none where EtC was not attacked
        std::optional<ReconSampler> sampler; ///< none where no network attacked
    };
    std::shared_ptr<const Kept> keptOf(engine::RunContext& context, const ReconParams& params);

    std::mutex m_mutex;                 ///< guards the one below
    std::shared_ptr<const Kept> m_last; ///< shared: a newer preview replaces it while another reads
};

} // namespace assay::encryption
