#include "plugins/backdoor/audit_study.h"

#include "plugins/backdoor/audit_run.h"

namespace assay::backdoor {

namespace {

class AuditStudy final : public engine::StudyOf<AuditParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "backdoor.audit",
            .title = "Membership audit by clean-label marks",
            .question =
                "Can an owner of images prove that a model was trained on them, by marks that nobody sees?",
            .summary =
                "The owner optimises a faint trigger on a shadow model, publishes a few of her images with "
                "it "
                "under their true labels, and later asks a suspect with images of other classes that carry "
                "it. "
                "Suspects with and without the marks are trained, asked and judged by a t test and an exact "
                "test against the rate of reference models, beside random marks, the dirty-label marks of "
                "MIB "
                "and a loss threshold. Details of the trigger's optimiser are a reconstruction.",
            .reference =
                "D. Chen, H. Chen, H. Jin, J. Cui, H. Zhong: Hide in Plain Sight: Clean-Label Backdoor "
                "for Auditing Membership Inference. 2024 (2411.16763). H. Hu, Z. Salcic, G. Dobbie, "
                "J. Chen, L. Sun, X. Zhang: Membership Inference via Backdooring. IJCAI 2022 "
                "(2206.04823)",
            .keywords = {"membership inference", "audit", "data ownership", "clean label", "backdoor",
                         "watermark", "hypothesis test", "MIB", "copyright"},
            .outputs =
                {"tables/audit.csv: network, role, method, rate, seed, n, asr, low, high, beta, t, "
                 "t_quantile, "
                 "p, verdict, fewest, binomial_p, binomial_verdict, loss_score, accuracy",
                 "tables/detection.csv: method, rate, models, asr, asr_deviation, accuracy, detected, low, "
                 "high, "
                 "binomial_detected, loss_detected",
                 "artifacts/trigger.safetensors (delta)",
                 "metrics psnr, beta.METHOD, asr.METHOD.RATE, accuracy.METHOD.RATE, detected.METHOD.RATE"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const AuditParams& params) override
    {
        AuditRun(ctx, params).execute();
    }
    void previewWith(engine::RunContext& ctx, const AuditParams& params) override
    {
        emitAuditView(ctx, auditFrom(ctx.loadArtifact("audit")), params);
    }
};

} // namespace

std::unique_ptr<engine::Study> makeAuditStudy()
{
    return std::make_unique<AuditStudy>();
}

} // namespace assay::backdoor
