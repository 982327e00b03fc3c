#pragma once

#include "backend/engine/run_context.h"
#include "backend/metrics/rates.h"
#include "backend/poisoning/poison.h"
#include "plugins/backdoor/trigger_params.h"

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::backdoor {

/// The spec of a trigger. @throws Error when the own picture cannot be read, or a number is out of range.
poisoning::TriggerSpec triggerOf(engine::RunContext& context, const TriggerParams& params);

/// Index of a class by its name, or by its number. @throws Error naming the field and the known classes.
std::int64_t classNamed(const std::vector<std::string>& classes, const std::string& name,
                        const std::string& field);

/// Test images for two purposes that must not share any: what a defender may use, and what is judged on.
struct Shares
{
    torch::Tensor defender; ///< int64 [n], ids of the test split, in random order
    torch::Tensor judged;   ///< int64 [m], ascending
};
/// Drawn with the run's seed, the stream the same in all studies. The defender gets @p defender images, at
/// most half of the split; judged are @p judged others at most (0: all).
Shares shareTest(const engine::RunContext& context, const data::Dataset& set, std::int64_t defender,
                 std::int64_t judged = 0);

/// Softmax, float32 [n,K] on the CPU, in batches; classes alone: models::predict().
torch::Tensor probabilitiesOf(const models::Model& model, const torch::Tensor& x);
/// Penultimate features (the last tap), float32 [n,F] on the CPU, in batches.
torch::Tensor featuresOf(const models::Model& model, const torch::Tensor& x);

/// What is said of a model with a backdoor in all studies (backdoor-unlearning.md, "Metrics").
struct BackdoorRates
{
    metrics::Rate clean;     ///< CA: of all clean test images
    metrics::Rate others;    ///< of clean images that are not of the target class; all-to-all: as clean
    metrics::Rate target;    ///< TgtAcc: of clean images of the target class; all-to-all: n == 0
    metrics::Rate asr;       ///< of triggered images that count (countForAsr), taken for the wanted label
    metrics::Rate recovered; ///< RA: of the same, taken for their true label
};
/// @param clean,triggered classes given, int64 [n] each, of the same images. @param y true classes int64 [n].
BackdoorRates backdoorRates(const torch::Tensor& clean, const torch::Tensor& triggered,
                            const torch::Tensor& y, const poisoning::PoisonSpec& poison,
                            std::int64_t classes);

/// A model with what is known of its backdoor.
struct Suspect
{
    std::shared_ptr<const models::Model> model;
    std::shared_ptr<const data::Dataset> set;
    std::optional<poisoning::PoisonSpec> planted; ///< by its card; absent: a model of unknown kind
};
/// Opens both. @throws Error when the model has no network, is a detector or does not fit the set's images
/// and classes.
Suspect openSuspect(engine::RunContext& context, const protocol::ModelRef& model,
                    const protocol::DatasetRef& dataset);

} // namespace assay::backdoor
