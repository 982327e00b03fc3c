#include "plugins/encryption/lock_study.h"

#include "backend/models/parallel.h"
#include "plugins/encryption/lock_run.h"

#include <torch/types.h>

namespace assay::encryption {

namespace {

class DetectorLockStudy final : public engine::StudyOf<lock::LockParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "encryption.detector-lock",
            .title = "Locking a detector with a key",
            .question =
                "Can a detector be locked with a key, so that it finds nothing without it and costs nothing "
                "with it?",
            .summary = "Encrypts chosen feature maps of a detector: a key reorders their channels, and the "
                       "detector is "
                       "trained with it or a finished one is rearranged. Measures the average precision with "
                       "the right "
                       "key, with none, with wrong ones and with parts of the key, for every map and share "
                       "of channels; "
                       "compares it with encrypting the images; and attacks the lock with labelled images "
                       "and by what the "
                       "weights tell of the key. On the scene a changed key changes the boxes.",
            .reference =
                "T. Nagamori, H. Ito, A. MaungMaung, H. Kiya: Access Control with Encrypted Feature Maps "
                "for Object Detection Models. IEICE Trans. Inf. & Syst. E106-D(1), 2023 (2209.14831)",
            .keywords = {"access control", "secret key", "lock", "feature map", "encryption", "detector",
                         "object detection", "permutation", "average precision", "model theft",
                         "fine-tuning attack"},
            .outputs =
                {"tables/ap.csv: layer, share, key, ap, n, low, high, ap_all, transform, method",
                 "tables/wrong_keys.csv: layer, share, transform, method, number, ap",
                 "tables/classes.csv: class, objects, unprotected, right, none, wrong",
                 "tables/partial.csv: right, keys, ap, low, high",
                 "tables/attack.csv: share, images, start, ap, n, low, high",
                 "tables/estimate.csv: lock, method, right, channels, ap, n, low, high",
                 "tables/maps.csv: map, channels, height, width, consumer, encrypted, bits",
                 "artifacts/lock-MAP.safetensors, artifacts/unprotected.safetensors and their cards: models",
                 "metrics ap.unprotected, ap.MAP.right, ap.MAP.none, ap.MAP.wrong, gap.MAP, cost.MAP, "
                 "ap.attack.IMAGES.stolen, ap.attack.IMAGES.scratch, difference.existing"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const lock::LockParams& params) override
    {
        lock::LockRun(ctx, params).execute();
    }

    void previewWith(engine::RunContext& ctx, const lock::LockParams& params) override
    {
        using namespace lock;
        const models::SingleThread single;
        const Bench bench = Bench::from(ctx.loadArtifact("bench"));
        const std::string file = modelName(shownLock(params)) + ".safetensors";
        const auto model = ctx.model({(ctx.folder() / "artifacts" / file).string()});
        ctx.checkpoint();
        const MapKeys keys = shownKeys(params, bench.shapes, ctx.seed());
        ctx.scene(benchScene(
            bench, detectorWith(*model->cloneNetwork(), model->card(), changesOf(keys, ctx.device())),
            params));
    }
};

} // namespace

std::unique_ptr<engine::Study> makeDetectorLockStudy()
{
    return std::make_unique<DetectorLockStudy>();
}

} // namespace assay::encryption
