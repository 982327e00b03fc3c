#pragma once

#include "plugins/backdoor/suspect.h"
#include "plugins/backdoor/unlearn_edit.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace assay::backdoor {

/// A layer of the film: what each unit does more for images to forget than for others, and how much of its
/// weights is changed.
struct UnitState
{
    torch::Tensor difference; ///< float32 [units]: mean activity, forget minus contrast
    torch::Tensor change;     ///< float32 [units]: |new - old| / |old| of the weights into the unit
};

/// One moment of a method.
struct UnlearnStep
{
    std::string method;
    std::string stage; ///< "start", "unlearn", "repair"
    int step = 0;
    std::int64_t images = 0;      ///< of the defender's, used until then
    double seconds = 0;           ///< that the method took until then; judging not counted
    torch::Tensor clean;          ///< class of each judged image, int64 [n]
    torch::Tensor triggered;      ///< the same with the trigger
    std::vector<UnitState> units; ///< per layer of UnlearnResults::layers
};

/// How a method ended, in one repeat.
struct UnlearnOutcome
{
    std::string method;
    int seed = 0;
    BackdoorRates rates;
    double seconds = 0;
    std::int64_t images = 0;
};

/// A layer that can be edited.
struct UnlearnLayer
{
    std::string name;
    bool convolution = false;
    bool edited = false;
    double change = 0;   ///< ‖ΔW‖/‖W‖ of the edit
    double repaired = 0; ///< the same of the repaired model
    LayerActivity forget, contrast;
    LayerGuidance guidance; ///< of edited ones
};

struct CurvePoint
{
    std::string curve; ///< "alpha", "samples"
    double x = 0;
    int seed = 0;
    BackdoorRates rates;
};

/// What `backdoor.unlearn` measures; figures and tables are made of it, in the run and in previews.
struct UnlearnResults
{
    std::vector<std::string> classes;
    poisoning::PoisonSpec poison; ///< by which success is judged
    bool knowsTrigger = true;
    double alpha = 0;                 ///< of the edit
    torch::Tensor ids;                ///< int64 [n]: judged images of the test split
    torch::Tensor y;                  ///< int64 [n]
    torch::Tensor forget;             ///< int64 [m]: ids whose triggered copies (or which) are forgotten
    torch::Tensor contrast;           ///< int64 [m]
    std::vector<UnlearnLayer> layers; ///< in the order of the network
    std::vector<UnlearnStep> steps;
    std::vector<UnlearnOutcome> outcomes;
    std::vector<CurvePoint> curves;

    std::int64_t classCount() const { return static_cast<std::int64_t>(classes.size()); }
    const std::string& targetName() const { return classes[static_cast<std::size_t>(poison.target)]; }
    BackdoorRates ratesOf(const UnlearnStep& step) const;
    /// Methods with steps, in the order they were run.
    std::vector<std::string> methods() const;
    /// Of one method, in order. Those of `repair-clean` go on from the last step of the edit.
    std::vector<const UnlearnStep*> film(const std::string& method) const;
};

/// "Edit", "Edit, repaired", ...
std::string unlearnTitle(const std::string& method);

/// Lossless, for an artifact.
engine::TensorMap toTensors(const UnlearnResults& results);
/// @throws Error when something is missing or malformed.
UnlearnResults unlearnResultsFrom(const engine::TensorMap& tensors);

// Tables.

/// `steps`: stage, step, method, clean_accuracy, target_class_accuracy, asr, seconds, images_used.
protocol::Table stepsTable(const UnlearnResults& results);
/// `methods`: method, ca, ca_others, target_recall, asr, ra, seconds, images; means over repeats, each with
/// its standard deviation.
protocol::Table methodsTable(const UnlearnResults& results);
/// `repeats`: method, seed and the rates of every repeat with numerators and denominators.
protocol::Table repeatsTable(const UnlearnResults& results);
/// `curves`: curve, x, seed, ca, ca_others, target_recall, asr, ra.
protocol::Table curvesTable(const UnlearnResults& results);
/// `layers`: layer, kind, units, edited, change, change_repaired.
protocol::Table layersTable(const UnlearnResults& results);
/// `units`: layer, unit, difference, guidance: the edited layers' most guided units ("backdoor neurons").
protocol::Table unitsTable(const UnlearnResults& results);

// Figures that no live field changes.

protocol::Figure methodsFigure(const UnlearnResults& results);
protocol::Figure costFigure(const UnlearnResults& results);
protocol::Figure samplesFigure(const UnlearnResults& results);
protocol::Figure changesFigure(const UnlearnResults& results);

// Figures of the film, of the shown step.

protocol::Figure filmFigure(const UnlearnResults& results, const std::string& method, int step);
protocol::Figure stepConfusion(const UnlearnResults& results, const UnlearnStep& step, bool triggered);
protocol::Figure stepRecall(const UnlearnResults& results, const UnlearnStep& start, const UnlearnStep& step);
/// @param change whether of the weights; else of the activity.
protocol::Figure neuronsFigure(const UnlearnResults& results, const UnlearnStep& step, bool change);
/// The method with steps of this id or title; of any other name the edit.
std::string methodCalled(const UnlearnResults& results, const std::string& name);
/// The shown step of a method's film; the last one past its end.
const UnlearnStep& shownStep(const UnlearnResults& results, const std::string& method, int step);

// Figures of a layer.

protocol::Figure guidanceFigure(const UnlearnLayer& layer);
protocol::Figure activityFigure(const UnlearnLayer& layer);
/// The layer called @p name, else the first edited one.
const UnlearnLayer& shownLayer(const UnlearnResults& results, const std::string& name);

/// The rates over the strength. @param live what a part of the judged images gives at @p alpha; may be null.
protocol::Figure alphaFigure(const UnlearnResults& results, double alpha, const BackdoorRates* live);

/// Figures that live fields change, but for the strength.
void emitUnlearnView(engine::RunContext& context, const UnlearnResults& results, const std::string& method,
                     int step, const std::string& layer);

} // namespace assay::backdoor
