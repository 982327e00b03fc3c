#include "plugins/encryption/recon_generator.h"

#include "backend/engine/trained_network.h"
#include "backend/models/generative/generative_file.h"
#include "backend/training/generator_loss.h"
#include "plugins/encryption/recon_script.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::encryption {

namespace {

constexpr double kBeta = 0.05;
constexpr std::int64_t kMadeAtOnce = 100;

/// Around an autoencoder that has learned: what the attacker knows of its own images' latents.
void settleGenerator(ReconGenerator& made, const ReconData& data, torch::Device device)
{
    made.latents = training::latentsOf(*made.autoencoder, data.train, device);
    const torch::NoGradGuard off;
    made.generator = models::styleGenerator(made.autoencoder, made.autoencoder->map(made.latents).mean(0),
                                            engine::weightsHash(engine::weightsOf(*made.autoencoder)));
}

ReconGenerator trainedGenerator(ReconProgress& progress, const ReconData& data, const ReconParams& p)
{
    const torch::Device device = progress.context().device();
    const models::StyleAutoencoderSpec spec{.side = p.side};
    ReconGenerator made{.generator = {},
                        .autoencoder = std::make_shared<models::StyleAutoencoder>(spec),
                        .from = "trained here"};
    made.losses = reconLearned(progress, *made.autoencoder,
                               {{"what", "encryption.reconstruct generator"},
                                {"images", reconHash({data.train})},
                                {"spec", models::toJson(spec)},
                                {"beta", kBeta}},
                               data.train.size(0),
                               {.epochs = p.generatorEpochs, .batch = 25, .seed = progress.context().seed()},
                               training::generatorLoss(*made.autoencoder, data.train, device, kBeta));
    settleGenerator(made, data, device);
    return made;
}

} // namespace

ReconGenerator reconGenerator(ReconProgress& progress, const ReconData& data, const ReconParams& p,
                              const ReconZoo& zoo)
{
    const torch::Device device = progress.context().device();
    if (reconIsGeneratorFile(p.generator))
        return {.generator = reconScriptGenerator(p.generator, p.side, device),
                .from = std::filesystem::path(p.generator).filename().string()};
    if (!zoo.generator)
        return trainedGenerator(progress, data, p);
    ReconGenerator made{.generator = {},
                        .autoencoder = models::openAutoencoder(zoo.folder, *zoo.generator, device),
                        .from = "zoo: " + zoo.generator->name};
    settleGenerator(made, data, device);
    return made;
}

torch::Tensor reconImages(const models::Generator& generator, const torch::Tensor& w)
{
    const torch::NoGradGuard off;
    std::vector<torch::Tensor> parts;
    for (std::int64_t first = 0; first < w.size(0); first += kMadeAtOnce)
        parts.push_back(generator.image(w.narrow(0, first, std::min(kMadeAtOnce, w.size(0) - first))).cpu());
    return torch::cat(parts);
}

} // namespace assay::encryption
