#pragma once

#include "backend/engine/run_context.h"
#include "plugins/backdoor/robust_results.h"
#include "plugins/backdoor/robust_variations.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace assay::backdoor {

/// One run of `backdoor.robust-training`: poisons, trains the teacher, varies the images, trains the students
/// and judges them. Networks, the autoencoder and the variations come from the cache where they were made
/// before. Used once, from the thread that runs the study.
class RobustRun
{
public:
    RobustRun(engine::RunContext& context, RobustParams params);
    /// @throws Error for a class, trigger, rate, script or folder that does not fit.
    void execute();

private:
    /// What one repetition works on.
    struct Repeat
    {
        int number = 1;
        poisoning::PoisonSpec poison;
        poisoning::PoisonedSet set;
        std::shared_ptr<const models::Model> teacher;
        std::shared_ptr<const RobustVariation> variation;
        std::map<double, torch::Tensor> varied; ///< uint8, by strength
    };

    void openInputs();
    void chooseStrengths();
    poisoning::PoisonSpec poisonOf(int repeat) const;
    void runRepeat(Repeat& repeat);
    void makeVariation(Repeat& repeat);
    std::shared_ptr<const RobustVariation> learnedVariation(const Repeat& repeat);
    torch::Tensor variationsOf(const Repeat& repeat, const RobustVariation& variation, double strength);
    void judgeVariations(const Repeat& repeat, double strength);
    void trainStudents(Repeat& repeat);

    /// Trains or finds a network and adds what it does. @param alpha NaN: by the labels, without a teacher.
    std::shared_ptr<const models::Model> train(const Repeat& repeat, RobustKind kind,
                                               const torch::Tensor& images, double strength, double alpha);
    BackdoorRates ratesOf(const models::Model& model, const poisoning::PoisonSpec& poison) const;
    torch::Tensor logitsOfBytes(const models::Model& model, const torch::Tensor& bytes) const;

    void emitGalleries(const Repeat& first);
    void emitReport(const Repeat& first);
    void keepBench(const Repeat& first);
    void emitStages();
    /// Says where the run stands; @p step counts one more training (or as much work as one).
    void stage(const std::string& text, bool step);

    engine::RunContext& m_context;
    RobustParams m_params;
    RobustResults m_results;
    std::shared_ptr<const data::Dataset> m_set;
    torch::Tensor m_ids;   ///< int64 [N]: of the training split
    torch::Tensor m_bytes; ///< uint8 [N,C,H,W]: before the poison
    torch::Tensor m_truth; ///< int64 [N]
    torch::Tensor m_spare; ///< int64: ids of the training split that are not trained on
    torch::Tensor m_judged, m_testX, m_triggeredX, m_testY;
    std::shared_ptr<const models::Model> m_student; ///< of the first repetition, at the main strength
    models::NamedTensors m_codeWeights;             ///< of the first repetition's autoencoder
    double m_done = 0, m_total = 1;
    std::map<std::string, double> m_seconds; ///< by stage
    std::vector<std::string> m_stages;
    std::chrono::steady_clock::time_point m_stageBegan = std::chrono::steady_clock::now();
    std::string m_stage;
};

} // namespace assay::backdoor
