#pragma once

#include "plugins/patches/pod_bench.h"
#include "plugins/patches/pod_results.h"

#include <string>

namespace assay::patches::pod {

/// One run of `patches.pod`: trains, attacks and measures one detector after another, repeat by repeat, and
/// shows what is known so far after each.
class PodRun
{
public:
    PodRun(engine::RunContext& context, PodParams params);
    void execute();

private:
    void openInputs();
    void showAugmentation();
    void addModels();
    void train(const std::string& training, int repeat);
    void measure(Subject& subject);
    void measure(Subject& subject, const std::string& attack, const std::string& text);
    Attacked scattered() const; ///< the same for every detector
    void learn(Subject& subject, const std::string& attack);
    /// The patch that an attack lays on objects; learned first where it is to be.
    const torch::Tensor& patchOf(Subject& subject, const std::string& attack);
    void measureOnObjects(Subject& subject, const std::string& attack);
    void measureOffsets(Subject& subject);
    void add(Subject& subject, const Attacked& attacked, const Scenes& scenes, const Scenario& scenario,
             Defence defence = Defence::None);
    /// The scenario of a naive detector is measured with every simple defence, too.
    void addWithDefences(Subject& subject, const Attacked& attacked, const Scenes& scenes,
                         const Scenario& scenario);
    void stage(const std::string& text, double share);
    /// How much of a detector's part is done, @p done of the attack at hand included.
    double attackShare(double done) const;
    SearchCalls searchCalls(const std::string& stage);
    void emit();
    void keepModel(const Subject& subject);
    void keepBench();

    engine::RunContext& m_context;
    PodParams m_params;
    TrainingPlan m_plan;
    Scenes m_train, m_test, m_searched;
    Json m_trainKey;
    PodResults m_results;
    std::map<std::string, Attacked> m_shown; ///< of the first repeat: what attacks made, by attack
    double m_done = 0;
    double m_total = 0;
    int m_attacksDone = 0; ///< of the detector that is being measured
};

} // namespace assay::patches::pod
