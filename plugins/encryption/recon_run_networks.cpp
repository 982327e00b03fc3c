#include "plugins/encryption/recon_run.h"

#include "backend/engine/reporting/table_rows.h"
#include "backend/engine/trained_network.h"
#include "backend/models/generative/style_autoencoder.h"
#include "plugins/encryption/recon_encoder.h"
#include "plugins/encryption/recon_guided.h"
#include "plugins/encryption/recon_itn.h"
#include "plugins/encryption/recon_live.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace assay::encryption {

namespace {

constexpr std::int64_t kPool = 512; ///< random images among which the best is sought
constexpr int kDiffusionEpochs = 60;

ReconStrategy strategyOf(const ReconParams& p)
{
    return p.strategy == "direct"  ? ReconStrategy::Direct
           : p.strategy == "mixed" ? ReconStrategy::Mixed
                                   : ReconStrategy::Progressive;
}

bool movesBlocks(const CipherSpec& spec)
{
    return spec.scheme == Scheme::Ele || (spec.scheme == Scheme::Etc && spec.permute);
}

} // namespace

bool ReconRun::usesNetworks(const ReconScheme& scheme) const
{
    return std::ranges::count(m_params.networks, scheme.id) > 0;
}

void ReconRun::makeEmbedding()
{
    m_progress.next("The attacker's embedding");
    if (m_zoo.diffusion) {
        m_zooDiffusion = models::openDiffusion(m_zoo.folder, *m_zoo.diffusion, m_context.device());
        m_embedding.emplace(m_zooDiffusion->reader, m_data, m_context.device());
        return;
    }
    const std::int64_t block = m_params.etcBlocks.front();
    m_embedding.emplace(
        m_progress, "embedding", m_data, m_params.judgeEpochs,
        [block](const torch::Tensor& x, const torch::Tensor&, at::Generator draws) {
            return training::roughened(x, block, draws);
        },
        Json{{"block", block}});
}

protocol::Table ReconRun::networksTable() const
{
    protocol::Table table{.name = "networks", .title = "Where the networks come from", .section = "Networks"};
    table.caption =
        "Those that all schemes share. What comes from the zoo learned from so many images of the training "
        "split, what was trained here from the attacker's own. Neither has seen a victim.";
    table.columns = {reporting::textColumn("network", "Network"), reporting::textColumn("from", "From"),
                     reporting::numberColumn("images", "Images learned", 0),
                     reporting::numberColumn("epochs", "Epochs", 0),
                     reporting::textColumn("sha256", "SHA-256")};
    const auto row = [&](const char* name, const std::string& from, double images, double epochs,
                         const std::string& hash) {
        reporting::TableRow(table) << std::string(name) << from << images << epochs << hash.substr(0, 12);
    };
    const auto fromZoo = [&](const char* name, const models::GenerativeCard& card, const char* epochs) {
        row(name, "zoo: " + card.name, card.recipe.value("images", std::nan("")),
            card.recipe.value(epochs, std::nan("")), card.sha256);
    };
    const auto here = static_cast<double>(m_data.train.size(0));
    if (m_zoo.generator)
        fromZoo("generator", *m_zoo.generator, "epochs");
    else if (m_generator.hasLatents())
        row("generator", m_generator.from, here, m_params.generatorEpochs, m_generator.generator->hash());
    else
        row("generator", m_generator.from, std::nan(""), std::nan(""), m_generator.generator->hash());
    if (m_zoo.diffusion) {
        fromZoo("diffusion", *m_zoo.diffusion, "epochs");
        fromZoo("embedding", *m_zoo.diffusion, "reader_epochs");
        return table;
    }
    if (m_diffusion)
        row("diffusion", "trained here", here, kDiffusionEpochs, engine::weightsHash(m_diffusion->tensors()));
    row("embedding", "trained here", here, m_params.judgeEpochs, m_embedding->hash());
    return table;
}

void ReconRun::makeGenerator()
{
    m_progress.next("A generator");
    if (!m_generator.generator)
        m_generator = reconGenerator(m_progress, m_data, m_params, m_zoo);
    m_progress.next("A diffusion of its latents");
    if (!m_generator.hasLatents())
        return; // a script knows no latents
    const torch::NoGradGuard off;
    const torch::Tensor& latents = m_generator.latents;
    const std::int64_t pool = std::max(kPool, m_plain.size(0));
    const torch::Tensor drawn =
        torch::randn({pool, latents.size(1)}, m_context.generator("recon.pool")).to(latents.device());
    m_pool = reconImages(*m_generator.generator,
                         m_generator.autoencoder->map(drawn * latents.std(0) + latents.mean(0)));
    m_poolEmbeddings = m_embedding->embed(m_pool);
    if (m_zooDiffusion)
        m_diffusion.emplace(m_zooDiffusion->diffusion);
    else
        m_diffusion.emplace(m_progress, m_generator, m_embedding->embed(m_train), m_embedding->hash(),
                            kDiffusionEpochs);
}

torch::Tensor ReconRun::diffused(const torch::Tensor& wanted) const
{
    const torch::NoGradGuard off;
    const std::int64_t m = wanted.size(0), each = m_params.samples;
    const torch::Tensor z = m_diffusion->sample(wanted.repeat({each, 1}), m_params.guidance,
                                                kReconDiffusionSteps, m_context.generator("recon.diffusion"));
    const torch::Tensor images = reconImages(*m_generator.generator, m_generator.autoencoder->map(z));
    const torch::Tensor embeddings = m_embedding->embed(images);
    const torch::Tensor fit =
        torch::cosine_similarity(embeddings, wanted.repeat({each, 1}), 1).view({each, m}).argmax(0);
    return images.index_select(0, fit * m + torch::arange(m, torch::kInt64));
}

void ReconRun::attackGuided(ReconScheme& scheme, const torch::Tensor& wanted)
{
    m_progress.next("Guiding the generator: " + scheme.title);
    const std::int64_t n = std::min<std::int64_t>(m_params.guidedVictims, wanted.size(0));
    const ReconGuided guided = reconGuided(
        m_progress, *m_generator.generator, *m_embedding, wanted.narrow(0, 0, n),
        {.steps = m_params.guidedSteps, .restarts = m_params.restarts}, m_context.generator("recon.guided"));
    scheme.guidedCurve = guided.curve;
    add(scheme, ReconAttack::Guided, guided.images);
}

void ReconRun::attackByNetworks(ReconScheme& scheme, const ReconCiphertexts& c, const torch::Tensor& wanted)
{
    m_progress.next("ITN: " + scheme.title);
    add(scheme, ReconAttack::Itn,
        reconInverse(m_progress, m_data, scheme.spec, m_attackerKey, m_params.encoderEpochs, c.victims));
    m_progress.next("Encoder: " + scheme.title);
    const bool set = m_params.encoder == "set" || (m_params.encoder == "auto" && movesBlocks(scheme.spec));
    const ReconEncoder encoder(
        m_progress, m_data, scheme.spec, m_attackerKey, m_generator, *m_embedding,
        {.set = set, .strategy = strategyOf(m_params), .epochs = m_params.encoderEpochs});
    scheme.encoderLosses = encoder.losses();
    scheme.stageStarts = ReconEncoder::stageStarts(scheme.spec, strategyOf(m_params));
    add(scheme, ReconAttack::Encoder, reconImages(*m_generator.generator, encoder.styles(c.victims)),
        set ? "a set of blocks" : "convolutions");
    attackGuided(scheme, wanted);
    if (!m_diffusion)
        return;
    add(scheme, ReconAttack::BestOf, m_pool.index_select(0, reconBestOf(m_poolEmbeddings, wanted)));
    add(scheme, ReconAttack::Diffusion, diffused(wanted));
    m_live["wanted." + scheme.id] = wanted.narrow(0, 0, std::min(kReconShown, wanted.size(0))).contiguous();
}

} // namespace assay::encryption
