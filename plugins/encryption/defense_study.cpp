#include "plugins/encryption/defense_study.h"

#include "plugins/encryption/defense_run.h"

#include <torch/types.h>

namespace assay::encryption {

namespace {

class KeyDefenseStudy final : public engine::StudyOf<DefenseParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "encryption.key-defense",
            .title = "Defence by secret keys",
            .question =
                "Does a secret key in front of a network stop adversarial examples, and what is left of "
                "that once the attacker has it?",
            .summary =
                "Trains secret embeddings and heads for several keys into one public network, and attacks "
                "them "
                "by everything that an attacker may know: the public network, weights without the key, "
                "guessed "
                "keys, another member, the key itself, all keys. Accuracy over the radius stands side by "
                "side "
                "for all of them, with checks that tell a robust model from one that hides its gradients.",
            .reference = "A. MaungMaung, I. Echizen, H. Kiya: Hindering Adversarial Attacks with Multiple "
                         "Encrypted Patch Embeddings. APSIPA ASC 2023, arXiv 2309.01620. A. MaungMaung, "
                         "H. Kiya: Block-wise Image Transformation with Secret Key for Adversarially Robust "
                         "Defense. IEEE TIFS 16, 2021, arXiv 2010.00801",
            .keywords = {"encryption", "key", "adversarial", "defence", "defense", "SHF", "NP", "FFX",
                         "patch embedding", "ConvMixer", "vision transformer", "EOT", "PGD"},
            .outputs =
                {"tables/accuracy.csv: model, key (right, wrong, none), attack, n, accuracy, low, high",
                 "tables/curve.csv: threat, knows, model, eps, n, accuracy, low, high",
                 "tables/random.csv: threat, passes, mean, sd, average, any",
                 "tables/cross.csv: made_on, asked, n, accuracy, low, high",
                 "tables/keys.csv: member, fingerprint, key_space, trained, share, bytes, seconds",
                 "tables/checks.csv: check, n, weaker_only, stronger_only, verdict, finding",
                 "tables/claims.csv: claim, found, holds",
                 "artifacts/keyed-I.safetensors: weights of member I that differ from the public network's",
                 "metrics accuracy.MODEL, robust.MODEL.A0 .. A6 (at the largest eps), wrong_key.MEMBER, "
                 "masking_warnings"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const DefenseParams& params) override
    {
        DefenseRun(ctx, params).execute();
    }

    void previewWith(engine::RunContext& ctx, const DefenseParams& params) override
    {
        const DefenseResults results = defenseResultsFrom(ctx.loadArtifact("outcomes"));
        const DefenseView view = defenseViewOf(results, params);
        ctx.figure(defenseByEps(results, view));
        ctx.figure(defenseMatrix(results, view));
        ctx.figure(defenseBars(results, view));
        ctx.checkpoint();
        const engine::TensorMap kept = ctx.loadArtifact("examples");
        DefenseExamples examples{kept.at("clean").cpu(), kept.at("adversarial").cpu(), {}};
        if (const auto found = kept.find("encrypted"); found != kept.end())
            examples.encrypted = found->second.cpu();
        ctx.images(defenseGallery(results, view, examples));
    }
};

} // namespace

std::unique_ptr<engine::Study> makeKeyDefenseStudy()
{
    return std::make_unique<KeyDefenseStudy>();
}

} // namespace assay::encryption
