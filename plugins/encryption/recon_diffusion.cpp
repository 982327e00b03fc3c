#include "plugins/encryption/recon_diffusion.h"

#include "backend/engine/reporting/stored_results.h"
#include "backend/engine/trained_network.h"
#include "backend/models/model_file.h"
#include "backend/training/generator_loss.h"

#include <torch/types.h>

namespace assay::encryption {

ReconDiffusion::ReconDiffusion(ReconProgress& progress, const ReconGenerator& generator,
                               const torch::Tensor& embeddings, const std::string& embeddingHash, int epochs)
{
    const torch::Device device = generator.generator->device();
    const torch::Tensor& latents = generator.latents;
    m_network = std::make_shared<models::LatentDiffusion>(latents.size(1), embeddings.size(1));
    m_network->to(device);
    m_network->scaleTo(latents);
    m_losses =
        reconLearned(progress, *m_network,
                     {{"what", "encryption.reconstruct diffusion 2"},
                      {"generator", generator.generator->hash()},
                      {"latents", reconHash({latents})},
                      {"embedding", embeddingHash}},
                     latents.size(0), {.epochs = epochs, .batch = 100, .seed = progress.context().seed()},
                     training::diffusionLoss(*m_network, latents, models::unitRows(embeddings).to(device)));
}

ReconDiffusion::ReconDiffusion(std::shared_ptr<models::LatentDiffusion> network)
    : m_network(std::move(network))
{}

ReconDiffusion::ReconDiffusion(const engine::TensorMap& tensors, torch::Device device)
{
    engine::TensorMap weights = tensors;
    const reporting::StoredResults stored(tensors);
    m_network =
        std::make_shared<models::LatentDiffusion>(stored.at("mean", torch::kFloat32, 1).size(0),
                                                  stored.at("told", torch::kInt64, 0).item<std::int64_t>());
    weights.erase("told");
    models::loadWeights(*m_network, {weights.begin(), weights.end()}, "the kept diffusion");
    m_network->to(device);
    m_network->eval();
    for (torch::Tensor& parameter : m_network->parameters())
        parameter.requires_grad_(false);
}

engine::TensorMap ReconDiffusion::tensors() const
{
    engine::TensorMap map = engine::weightsOf(*m_network);
    map["told"] = torch::tensor(m_network->told(), torch::kInt64);
    return map;
}

} // namespace assay::encryption
