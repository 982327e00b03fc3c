#pragma once

#include "plugins/backdoor/suspect.h"
#include "plugins/backdoor/unlearn_baselines.h"
#include "plugins/backdoor/unlearn_params.h"
#include "plugins/backdoor/unlearn_results.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace assay::backdoor {

/// The defender's images in one repeat, on the run's device. No image is in two of them, but for the copies
/// with the trigger.
struct DefenderDraw
{
    torch::Tensor forgetPool;   ///< int64: ids to forget from: of other classes, or of the target class when
                                ///< the trigger is not known
    torch::Tensor contrastPool; ///< int64: ids of other classes
    Lesson repair;
    Lesson repairTriggered;      ///< the same images with the trigger, true labels; empty when not known
    Lesson held;                 ///< for searching the strength and for stopping
    torch::Tensor heldTriggered; ///< of other classes, with the trigger; undefined when not known
    torch::Tensor heldTarget;    ///< clean images of the target class
};

/// One run of `backdoor.unlearn`. Used once, from the thread that runs the study.
class UnlearnRun
{
public:
    UnlearnRun(engine::RunContext& context, UnlearnParams params);

    /// @throws Error for a model that cannot be copied, an unknown backdoor, and for too few images.
    void execute();

private:
    /// A copy of the suspect that a method works on.
    struct Subject
    {
        std::shared_ptr<models::Network> network;
        std::vector<models::ProbedLayer> layers;
    };
    /// A method at work in one repeat.
    struct Work
    {
        std::string method;
        int seed = 0;
        std::int64_t images = 0;
        MethodClock clock;
        const DefenderDraw* draw = nullptr;
        torch::Tensor forget, contrast; ///< images of the edit
    };

    void openInputs();
    void chooseTarget();
    DefenderDraw draw(int seed) const;
    torch::Tensor imagesOf(const torch::Tensor& ids) const;
    torch::Tensor forgetImages(const DefenderDraw& draw, std::int64_t n) const;
    torch::Tensor contrastImages(const DefenderDraw& draw, std::int64_t n) const;
    Subject copyOf(const models::Network& network) const;
    Subject freshSubject() const;
    models::ModelCard editedCard(const std::string& name, const std::string& stage) const;
    std::shared_ptr<const models::Model> modelOf(const models::Network& network, const std::string& name,
                                                 const std::string& stage) const;

    void judge(const models::Network& network, torch::Tensor& clean, torch::Tensor& triggered) const;
    BackdoorRates ratesOf(const models::Network& network) const;
    void record(Work& work, Subject& subject, const std::string& stage, int step);
    void recordStart(Work& work, Subject& subject);
    std::vector<UnitState> unitStates(const Subject& subject, const Work& work) const;
    void finish(Work& work, const Subject& subject, const std::string& method);
    UnlearnCalls callsFor(Work& work, Subject& subject);

    std::unique_ptr<WeightEdit> makeEdit(const Subject& subject, const torch::Tensor& forget,
                                         const torch::Tensor& contrast) const;
    EditSpec editSpec() const;
    void describeLayers(const Subject& subject, const Work& work, const WeightEdit& edit);
    void runEdit(int seed, const DefenderDraw& draw);
    double chooseAlpha(WeightEdit& edit, Work& work);
    void runRepairs(Work& edited, const Subject& subject);
    /// Until held-out images say that the target class is back and, of a lesson with the trigger, that the
    /// trigger does nothing; else the epoch that comes nearest is kept.
    void repair(Work& work, Subject& subject, const Lesson& lesson, bool triggered);
    void keepChanges(const Subject& subject, bool repaired);
    void runBaselineOf(const std::string& baseline, int seed, const DefenderDraw& draw);
    void measureCurves(int seed, const DefenderDraw& draw);
    void stage(const std::string& text);
    void emit();

    engine::RunContext& m_context;
    UnlearnParams m_params;
    Suspect m_suspect;
    std::shared_ptr<models::Network> m_original;
    std::vector<torch::Tensor> m_originalUnits; ///< weights into units, per layer
    std::unique_ptr<const poisoning::Trigger> m_trigger;
    std::int64_t m_target = 0; ///< that the defender goes by
    Shares m_shares;
    torch::Tensor m_clean, m_triggered; ///< judged images
    UnlearnResults m_results;
    std::shared_ptr<const models::Model> m_edited, m_repaired;
    double m_done = 0, m_total = 1;
};

} // namespace assay::backdoor
