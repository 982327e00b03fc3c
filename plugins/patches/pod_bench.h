#pragma once

#include "backend/engine/run_context.h"
#include "backend/protocol/scene.h"
#include "plugins/patches/pod_results.h"

#include <map>
#include <string>
#include <vector>

namespace assay::patches::pod {

/// Test images that a run keeps for looking at.
inline constexpr std::int64_t kBenchImages = 40;

/// A detector as previews find it again.
struct BenchSubject
{
    std::string name;
    std::string group;
    int repeat = 1;
    std::string model; ///< what RunContext::model() opens; empty: artifacts/NAME.safetensors of the run
    Reading reading;
};

/// All that a finished run needs to answer a moved patch.
struct Bench
{
    std::string objectName;
    Scenes scenes;
    std::vector<BenchSubject> subjects;
    std::map<std::string, torch::Tensor> patches; ///< "pod-1.advpatch": [C,S,S]; "black", "noise" of all

    engine::TensorMap tensors() const;
    /// @throws Error when @p tensors are none that tensors() gave.
    static Bench from(const engine::TensorMap& tensors);

    /// The one that is to be shown: by group and repeat, else the first of the group, else the first.
    const BenchSubject& shown(const PodParams& params) const;
    /// The patch that is to be shown, [C,S,S]; undefined for none. One that was not learned is the black one.
    torch::Tensor patch(const BenchSubject& subject, const PodParams& params) const;
};

/// The image of params.sample with the patch where the parameters put it, and what the detector finds there:
/// objects in one colour, patches in another, true boxes in a third.
protocol::Scene benchScene(const Bench& bench, const BenchSubject& subject, const models::Detector& detector,
                           const PodParams& params);

} // namespace assay::patches::pod
