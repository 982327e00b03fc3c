#include "plugins/encryption/proliferate_study.h"

#include "plugins/encryption/proliferate_run.h"

#include <torch/types.h>

namespace assay::encryption {

namespace {

class ProliferateStudy final : public engine::StudyOf<ProliferateParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "encryption.proliferate",
            .title = "A keyed model for every device",
            .question =
                "Can one public network be turned into many keyed ones cheaply, so that what breaks one "
                "device does not break the next?",
            .summary = "Makes a fleet of keyed models from one pre-trained network by efficient fine-tuning: "
                       "low-rank "
                       "updates, embedding and head, biases, normalisations, the head alone, against all "
                       "weights and "
                       "training from scratch. Attacks every device with the others, with the base, with "
                       "guessed keys "
                       "and with several stolen devices at once, and revokes a key that was lost.",
            .reference =
                "A. MaungMaung, I. Echizen, H. Kiya: Efficient Key-Based Adversarial Defense for "
                "ImageNet by Using Pre-trained Model. 2023, arXiv 2311.16577. E. Hu et al.: LoRA. ICLR "
                "2022, arXiv 2106.09685",
            .keywords = {"encryption", "key", "LoRA", "fine-tuning", "BitFit", "devices", "transfer",
                         "adversarial", "defence", "defense", "revocation", "ConvMixer"},
            .outputs =
                {"tables/accuracy.csv: model, key (right, wrong, none), attack, n, accuracy, low, high",
                 "tables/methods.csv: method, trained, share, bytes, seconds, n, accuracy, low, high, "
                 "wrong_key, "
                 "from_base, own_gradient",
                 "tables/pairs.csv: first, second, n, first_only, second_only, p",
                 "tables/fleet.csv: device, fingerprint, n, accuracy, low, high, wrong_key, no_key, trained, "
                 "delta_bytes, seconds, latency",
                 "tables/transfer.csv: made_on, asked, n, accuracy, low, high",
                 "tables/stolen.csv: stolen, n, accuracy, low, high",
                 "tables/claims.csv: claim, found, holds",
                 "tables/exports.csv: device, weights, key, file, bytes, batch, n, accuracy, low, high, "
                 "same, "
                 "difference, latency",
                 "artifacts/device-K.pt, device-K-int8.pt: the device as TorchScript",
                 "artifacts/device-K.safetensors: the delta of a device, with the SHA-256 of the base's "
                 "weights "
                 "and the fingerprint of the key in `meta`",
                 "metrics accuracy.DEVICE, wrong_key.DEVICE, accuracy.METHOD, accuracy.DEVICE.WEIGHTS, "
                 "transfer.diagonal, "
                 "transfer.off_diagonal, diversity, broken_by_one"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const ProliferateParams& params) override
    {
        ProliferateRun(ctx, params).execute();
    }

    void previewWith(engine::RunContext& ctx, const ProliferateParams& params) override
    {
        const FleetResults results = fleetResultsFrom(ctx.loadArtifact("outcomes"));
        ctx.checkpoint();
        const engine::TensorMap kept = ctx.loadArtifact("examples");
        const FleetExamples examples{kept.at("clean").cpu(), kept.at("adversarial").cpu(),
                                     kept.at("encrypted").cpu()};
        ctx.images(fleetGallery(results, examples, params));
    }
};

} // namespace

std::unique_ptr<engine::Study> makeProliferateStudy()
{
    return std::make_unique<ProliferateStudy>();
}

} // namespace assay::encryption
