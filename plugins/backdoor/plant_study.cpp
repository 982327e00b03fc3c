#include "plugins/backdoor/plant_study.h"

#include "backend/models/parallel.h"
#include "plugins/backdoor/plant_live.h"
#include "plugins/backdoor/plant_run.h"

namespace assay::backdoor {

namespace {

class PlantStudy final : public engine::StudyOf<PlantParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "backdoor.plant",
            .title = "Plant a backdoor",
            .question = "How much poison does a backdoor need, and what does it cost the model?",
            .summary =
                "A trigger is designed on the images: a patch that can be dragged, a blended picture, strips "
                "or "
                "a warp, also with pixels that are optimised on a clean network. Then networks are trained "
                "on "
                "clean and on poisoned images, with false labels or with true ones, and compared: accuracy, "
                "success of the trigger, recall of every class. The poisoned network is kept for the other "
                "studies. The optimised trigger and the hardened clean-label poison follow the ideas of "
                "their "
                "papers, not their code.",
            .reference =
                "T. Gu, B. Dolan-Gavitt, S. Garg: BadNets. 2017 (1708.06733). X. Chen, C. Liu, B. Li, K. Lu, "
                "D. Song: Targeted backdoor attacks on deep learning systems using data poisoning. 2017 "
                "(1712.05526). M. Barni, K. Kallas, B. Tondi: A new backdoor attack in CNNs by training set "
                "corruption without label poisoning. ICIP 2019. A. Nguyen, A. Tran: WaNet. ICLR 2021. Y. Liu "
                "et "
                "al.: Trojaning attack on neural networks. NDSS 2018. A. Turner, D. Tsipras, A. Mądry: "
                "Label-consistent backdoor attacks. 2019 (1912.02771)",
            .keywords = {"backdoor", "poisoning", "trojan", "trigger", "BadNets", "blended", "SIG", "WaNet",
                         "clean-label", "label-consistent"},
            .outputs = {"tables/plant.csv: seed, model, poisoned, n, clean_accuracy, clean_low, clean_high, "
                        "other_classes_accuracy, target_class_accuracy, asr_n, asr, asr_low, asr_high, "
                        "recovered_accuracy, recovered_low, recovered_high",
                        "tables/plant-means.csv: model, seeds, mean and deviation (_sd) of clean_accuracy, "
                        "target_class_accuracy, asr, recovered_accuracy",
                        "tables/recall.csv: class, model, n, recall, low, high",
                        "tables/shown-trigger.csv: trigger, model, psnr, n, asr, low, high",
                        "artifacts/planted.safetensors, artifacts/clean.safetensors with their cards; "
                        "artifacts/trigger.safetensors (patch, mask) of patches",
                        "metrics clean_accuracy.clean, clean_accuracy.poisoned, asr.clean, asr.poisoned, "
                        "recovered_accuracy.poisoned"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const PlantParams& params) override
    {
        PlantRun(ctx, params).execute();
    }

    void previewWith(engine::RunContext& ctx, const PlantParams& params) override
    {
        const models::SingleThread guard;
        const std::shared_ptr<const PlantBench> bench = m_benches.at(ctx, params);
        ctx.checkpoint();
        emitDesigner(ctx, *bench, liveTrigger(ctx, params, bench->poison), params.sample);
    }

private:
    PlantBenches m_benches;
};

} // namespace

std::unique_ptr<engine::Study> makePlantStudy()
{
    return std::make_unique<PlantStudy>();
}

} // namespace assay::backdoor
