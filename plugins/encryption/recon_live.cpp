#include "plugins/encryption/recon_live.h"

#include "backend/engine/reporting/stored_results.h"
#include "backend/engine/trained_network.h"
#include "backend/models/generative/style_autoencoder.h"
#include "backend/models/model_file.h"
#include "plugins/encryption/recon_run.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::encryption {

namespace {

constexpr const char* kDecoderPrefix = "decoder.";
constexpr const char* kNoisePrefix = "noise.";

engine::TensorMap partOf(const engine::TensorMap& all, const std::string& prefix)
{
    engine::TensorMap found;
    for (const auto& [name, tensor] : all)
        if (name.starts_with(prefix))
            found[name.substr(prefix.size())] = tensor;
    return found;
}

} // namespace

void keepLive(engine::RunContext& context, const ReconGenerator& generator, const ReconDiffusion& diffusion,
              const engine::TensorMap& wanted)
{
    engine::TensorMap map = wanted;
    for (const auto& [name, tensor] : engine::weightsOf(*generator.autoencoder))
        map[kDecoderPrefix + name] = tensor.cpu();
    for (const auto& [name, tensor] : diffusion.tensors())
        map[kNoisePrefix + name] = tensor.cpu();
    map["meta"] = reporting::jsonTensor(models::toJson(generator.autoencoder->spec()));
    context.artifact("live", map);
}

ReconSampler::ReconSampler(const engine::TensorMap& tensors, torch::Device device)
{
    const reporting::StoredResults stored(tensors);
    models::StyleAutoencoderSpec spec;
    stored.meta([&](const Json& meta) {
        spec.side = meta.at("side").get<std::int64_t>();
        spec.latent = meta.value("latent", spec.latent);
        spec.style = meta.value("style", spec.style);
        spec.width = meta.value("width", spec.width);
    });
    m_autoencoder = std::make_shared<models::StyleAutoencoder>(spec);
    const engine::TensorMap weights = partOf(tensors, kDecoderPrefix);
    models::loadWeights(*m_autoencoder, {weights.begin(), weights.end()}, "the kept generator");
    m_autoencoder->to(device);
    m_autoencoder->eval();
    m_diffusion.emplace(partOf(tensors, kNoisePrefix), device);
    for (const auto& [name, tensor] : tensors)
        if (name.starts_with("wanted."))
            m_wanted[name] = tensor;
}

torch::Tensor ReconSampler::samples(const std::string& scheme, std::int64_t row, double guidance,
                                    std::int64_t samples, at::Generator draws) const
{
    const torch::NoGradGuard off;
    const torch::Tensor wanted = m_wanted.at("wanted." + scheme).narrow(0, row, 1).repeat({samples, 1});
    const torch::Tensor z = m_diffusion->sample(wanted, guidance, kReconDiffusionSteps, draws);
    return m_autoencoder->decode(m_autoencoder->map(z)).cpu();
}

std::shared_ptr<const ReconPreviews::Kept> ReconPreviews::keptOf(engine::RunContext& context,
                                                                 const ReconParams& p)
{
    const std::lock_guard lock(m_mutex);
    if (m_last && !m_last->folder.empty() && m_last->folder == context.folder())
        return m_last;
    auto kept = std::make_shared<Kept>();
    kept->folder = context.folder();
    kept->results = ReconResults::from(context.loadArtifact("bench"));
    if (reconAttacksEtc(p))
        kept->steps = reconStepsFrom(context.loadArtifact("steps"));
    if (!reconIsGeneratorFile(p.generator) && reconNetworkSchemes(p) > 0)
        kept->sampler.emplace(context.loadArtifact("live"), context.device());
    m_last = kept;
    return kept;
}

void ReconPreviews::emit(engine::RunContext& context, const ReconParams& p)
{
    const auto kept = keptOf(context, p);
    context.checkpoint();
    const ReconView view = reconView(kept->results, p);
    const std::string& scheme = kept->results.schemes[view.scheme].id;
    if (kept->sampler && kept->sampler->knows(scheme)) {
        const std::int64_t row = reconShownRow(kept->results, view);
        context.images(reconSamplesGrid(
            kept->results, view, row,
            kept->sampler->samples(scheme, row, p.guidance, p.samples, context.generator("recon.live")),
            p.guidance));
        context.checkpoint();
    }
    emitReconView(context, kept->results, view);
    if (!kept->steps.empty())
        context.images(reconStepsGrid(kept->results, kept->steps, p));
}

} // namespace assay::encryption
