#include "plugins/encryption/recon_study.h"

#include "plugins/encryption/recon_live.h"
#include "plugins/encryption/recon_run.h"

namespace assay::encryption {

namespace {

class ReconStudy final : public engine::StudyOf<ReconParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "encryption.reconstruct",
            .title = "Attacks on encrypted images",
            .question = "What do images that were scrambled by a key still give away to who lacks the key?",
            .summary =
                "Encrypts images under a key that the attacker does not have and lets attacks loose on the "
                "ciphertexts: undoing what can be undone; linear regression, from pixels and from features "
                "that need no "
                "key; a network that inverts; an encoder into the styles of a small generator; the generator "
                "guided "
                "by what an embedding still sees; a latent diffusion told the same. They learn on pairs "
                "under other "
                "keys; regression also on pairs under the same key, to compare. What they make is judged by "
                "how near "
                "it comes, by whether its owner is found among all, and by which attributes a judge reads "
                "from it, "
                "against who says the commonest value.",
            .reference =
                "A. MaungMaung, H. Kiya: StyleGAN Encoder-Based Attack for Block Scrambled Face Images. "
                "APSIPA "
                "ASC 2022 (2209.07953). A. MaungMaung, H. Kiya: Generative Model-Based Attack on Learnable "
                "Image Encryption for Privacy-Preserving Deep Learning (2303.05036)",
            .keywords = {"encryption", "privacy", "reconstruction", "attack", "scrambling", "EtC", "leakage",
                         "attributes", "inversion", "generative"},
            .outputs =
                {"tables/attributes.csv: scheme, attack, attribute, n, accuracy, chance, low, high, "
                 "advantage",
                 "tables/similarity.csv: scheme, attack, n, mse, mse_low, mse_high, ssim, ssim_low, "
                 "ssim_high, "
                 "psnr, embedding, rank, top1, top5, top5_low, top5_high, chance5, note",
                 "tables/leakage.csv: scheme, block, key_bits, embedding, n, auc, low, high, own, "
                 "other, top1, "
                 "top5, top5_low, top5_high",
                 "tables/conditions.csv: condition, scheme, measured, relation, wanted, holds",
                 "tables/networks.csv: network, from, images, epochs, sha256",
                 "tables/steps.csv: steps, attribute, n, accuracy, chance, low, high, advantage, mse, top5",
                 "metrics advantage.SCHEME.ATTACK, auc.SCHEME"},
            .version = "2",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const ReconParams& params) override
    {
        ReconRun(ctx, params).execute();
    }

    void previewWith(engine::RunContext& ctx, const ReconParams& params) override
    {
        m_previews.emit(ctx, params);
    }

private:
    ReconPreviews m_previews;
};

} // namespace

std::unique_ptr<engine::Study> makeReconStudy()
{
    return std::make_unique<ReconStudy>();
}

} // namespace assay::encryption
