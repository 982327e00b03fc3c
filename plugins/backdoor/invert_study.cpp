#include "plugins/backdoor/invert_study.h"

#include "plugins/backdoor/invert_run.h"

namespace assay::backdoor {

namespace {

class InvertStudy final : public engine::StudyOf<InvertParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "backdoor.invert",
            .title = "Trigger inversion",
            .question = "Does one class need a far smaller trigger than all others, and which one is it?",
            .summary = "Neural Cleanse: seeks, for every class, the smallest mask and pattern that turn "
                       "clean images "
                       "into it, flags classes whose mask is an outlier on the small side, compares what was "
                       "recovered "
                       "with the planted trigger where that is known, and unlearns it on request by "
                       "fine-tuning with "
                       "the recovered trigger under true labels.",
            .reference =
                "B. Wang, Y. Yao, S. Shan, H. Li, B. Viswanath, H. Zheng, B. Y. Zhao: Neural Cleanse: "
                "Identifying and Mitigating Backdoor Attacks in Neural Networks. IEEE S&P 2019",
            .keywords = {"backdoor", "trojan", "Neural Cleanse", "trigger inversion", "reverse engineering",
                         "anomaly index", "MAD", "detection", "unlearning"},
            .outputs =
                {"tables/inversion.csv: class, mask_l1, anomaly_index, flagged, held, success, low, high, "
                 "steps, seconds, iou, mask_cosine, change_cosine",
                 "tables/unlearning.csv: network, n, clean, others, target, asr, recovered_accuracy, "
                 "recovered_asr",
                 "artifacts/recovered.png, artifacts/recovered.safetensors, "
                 "artifacts/recovered-K.safetensors "
                 "(patch, mask): patches as large as the image",
                 "artifacts/unlearned.safetensors: the model after unlearning",
                 "metrics anomaly_index, smallest_class, smallest_norm, median_norm, flagged, asr.recovered, "
                 "target_anomaly_index, target_flagged, iou, mask_cosine, change_cosine, clean.NETWORK, "
                 "asr.NETWORK"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const InvertParams& params) override
    {
        InvertRun(ctx, params).execute();
    }
    void previewWith(engine::RunContext& ctx, const InvertParams& params) override
    {
        previewInversion(ctx, params);
    }
};

} // namespace

std::unique_ptr<engine::Study> makeInvertStudy()
{
    return std::make_unique<InvertStudy>();
}

} // namespace assay::backdoor
