#include "plugins/patches/medlocker_study.h"

#include "plugins/patches/medlocker_run.h"

#include <torch/types.h>

#include <mutex>

namespace assay::medlocker {

namespace {

class MedlockerStudy final : public engine::StudyOf<MedlockerParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "patches.medlocker",
            .title = "Adversarial watermarks (MedLocker)",
            .question = "Can a visible logo keep models from reading published images, without covering what "
                        "matters in them?",
            .summary =
                "Searches for each image where a logo must lie, and how faint it may be, for a surrogate "
                "model to miss the class; the logo keeps off what is protected (by Grad-CAM, boxes or masks "
                "from a file). The logos are tried on models that the search has not seen, beside logos at "
                "random and fixed places. The list of places is the owner's certificate, encrypted and "
                "signed: with its key the logo can be proven and removed.",
            .reference =
                "X. Wei, B. Pu, S. Zhao, C. Chen, H. Fu: Preventing Unauthorized AI Over-Analysis by Medical "
                "Image Adversarial Watermarking (first as MedLocker), 2023. arXiv:2303.09858. Search: X. "
                "Jia, "
                "X. Wei, X. Cao, X. Han: Adv-watermark, ACM Multimedia 2020. arXiv:2008.01919",
            .keywords = {"watermark", "logo", "medical", "MIAD-MARK", "basin hopping evolution",
                         "certificate", "authorisation", "Grad-CAM", "visible", "copyright"},
            .outputs =
                {"tables/accuracy.csv: model, role, condition, n, accuracy, asr, low, high, correct; "
                 "CONDITION "
                 "clean, optimised, random, corner, no_mask, restored",
                 "tables/placements.csv: sample, outcome, alpha, u, v, side, threshold, free, queries, "
                 "probability, psnr, restored_psnr",
                 "tables/sweeps.csv: what, value, side, n, infeasible, free, model, role, correct, "
                 "optimised, "
                 "random",
                 "tables/optimisers.csv: optimiser, n, asr, low, high, queries, value",
                 "tables/survival.csv: model, ordeal, n, success, low, high",
                 "metrics asr.CONDITION.surrogate, asr.CONDITION.transfer, images.*, overlap.pixels, psnr.*",
                 "artifacts/certificate.json: the encrypted certificate",
                 "artifacts/watermarked.npz: images, labels, ids, marked"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const MedlockerParams& params) override
    {
        MedlockerRun(ctx, params).execute();
    }

    void previewWith(engine::RunContext& ctx, const MedlockerParams& params) override
    {
        const auto shown = shownOf(ctx);
        const MedlockerView view = medlockerViewOf(*shown, params);
        std::vector<std::shared_ptr<const models::Model>> judges;
        for (const std::string& name : shown->models)
            judges.push_back(ctx.model({name}));
        ctx.checkpoint();
        ctx.scene(medlockerScene(*shown, view, judges));
        ctx.figure(landscapeFigure(*shown, view.row));
    }

private:
    /// Read once per run that is looked at: a dragged logo asks many times a second.
    std::shared_ptr<const ShownImages> shownOf(engine::RunContext& ctx)
    {
        const std::lock_guard lock(m_mutex);
        if (!m_shown || m_folder != ctx.folder()) {
            m_shown = std::make_shared<const ShownImages>(shownFrom(ctx.loadArtifact("shown")));
            m_folder = ctx.folder();
        }
        return m_shown; // shared: a preview may still use it when another run is looked at
    }

    std::mutex m_mutex; ///< guards what follows
    std::filesystem::path m_folder;
    std::shared_ptr<const ShownImages> m_shown;
};

} // namespace

std::unique_ptr<engine::Study> makeMedlockerStudy()
{
    return std::make_unique<MedlockerStudy>();
}

} // namespace assay::medlocker
