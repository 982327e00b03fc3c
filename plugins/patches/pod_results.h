#pragma once

#include "backend/protocol/event.h"
#include "plugins/patches/pod_outcome.h"
#include "plugins/patches/pod_params.h"
#include "plugins/patches/pod_trainings.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace assay::patches::pod {

/// One detector of the run with all that was measured of it.
struct Subject
{
    std::string name;  ///< "pod-1", or an outside model's
    std::string group; ///< the training, "pod"; an outside model's own name
    int repeat = 1;
    std::shared_ptr<const models::Detector> detector;
    Reading reading;
    std::vector<training::DetectorEpoch> epochs; ///< empty of models from outside
    double seconds = 0;
    double cpuSeconds = 0;
    std::map<std::string, torch::Tensor>
        patches; ///< "noise", "black", "advpatch", "adaptive": [C,S,S] on the CPU
    std::map<std::string, torch::Tensor> histories; ///< of learned patches: loss after each step, [steps]
    std::vector<Outcome> outcomes;
    torch::Tensor
        missedByOffset; ///< float64 [rows,columns]: share of the objects missed; undefined: not measured

    const Outcome* find(const Scenario& scenario, Defence defence = Defence::None) const;
};

/// Mean and spread over the repeats of a group.
struct Spread
{
    int count = 0;
    double mean = 0;
    double low = 0; ///< smallest and largest
    double high = 0;
    double deviation = 0; ///< standard deviation (n - 1); 0 of a single one
};

struct PodResults
{
    std::string objectName;
    std::vector<std::string> groups;  ///< in the order of figures
    std::vector<std::string> attacks; ///< "none" first
    Scenario base;                    ///< shape and size of patches on objects unless said otherwise
    std::vector<double> sizes;        ///< ascending, the base's among them
    std::vector<std::string> shapes;  ///< the base's first
    AreaBounds areas;
    std::int64_t testCount = 0;
    std::vector<Subject> subjects;

    /// The scenario of an attack in its usual shape and size.
    Scenario usual(const std::string& attack) const;
    /// Of the group's subjects that were measured so.
    std::vector<const Outcome*> outcomes(const std::string& group, const Scenario& scenario,
                                         Defence defence = Defence::None) const;
    std::optional<Spread> apObject(const std::string& group, const Scenario& scenario,
                                   Defence defence = Defence::None) const;
    /// Processor time of the group's trainings against the undefended ones', means over repeats.
    std::optional<double> timeAgainstNaive(const std::string& group) const;
};

Spread spreadOf(const std::vector<double>& values);

/// Whether patches of the attack have a shape and a size of ours.
bool liesOnObjects(const std::string& attack);

/// "Undefended" of a training, the name itself of an outside model.
std::string groupTitle(const std::string& group);

// What is shown; each may be called while results are still incomplete.

protocol::Figure apFigure(const PodResults& r);
protocol::Figure sizesFigure(const PodResults& r, const std::string& attack);
protocol::Figure shapesFigure(const PodResults& r, const std::string& attack);
protocol::Figure areasFigure(const PodResults& r, const std::string& attack);
protocol::Figure defencesFigure(const PodResults& r);
protocol::Figure lossesFigure(const PodResults& r);
protocol::Figure patchLossesFigure(const PodResults& r);
protocol::Figure offsetFigure(const PodResults& r, const std::string& group);
/// Precision over recall of a group, clean and under every attack; means over repeats at each recall.
protocol::Figure curvesFigure(const PodResults& r, const std::string& group);

protocol::Table apTable(const PodResults& r);
protocol::Table summaryTable(const PodResults& r);
protocol::Table missedTable(const PodResults& r);
protocol::Table trainingsTable(const PodResults& r);

std::vector<protocol::Metric> podMetrics(const PodResults& r);

} // namespace assay::patches::pod
