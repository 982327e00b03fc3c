#pragma once

#include "backend/engine/run_context.h"
#include "backend/training/trainer.h"

#include <functional>
#include <string>
#include <vector>

namespace assay::transfer {

/// A network to be trained from scratch on one set.
struct TrainingJob
{
    std::string set;     ///< short name of the set, "d1"
    std::string learner; ///< architecture
    Json options = Json::object();
    torch::Tensor images; ///< float32 [N,C,H,W] in [0,1]
    torch::Tensor labels; ///< int64 [N]
};

/// How one training went; one entry per epoch.
struct TrainingCurve
{
    std::vector<double> testAccuracy;  ///< fraction of the first kCurveImages test images
    std::vector<double> trainAccuracy; ///< fraction of the set, while training, against the set's own labels
    std::int64_t correct = 0;          ///< of all test images, after the last epoch
    bool finished = false;
};
inline constexpr std::int64_t kCurveImages = 2000;

/// The clean images everything is tested on.
struct TestSet
{
    torch::Tensor images; ///< uint8 [N,C,H,W]
    torch::Tensor labels; ///< int64 [N]
};

/// Trains all jobs, as many at a time as there are worker threads, on the context's device. Progress,
/// cancellation and previews go through @p context.
/// @param updated called in the calling thread whenever epochs were finished.
/// @returns curves in the order of @p jobs; they do not depend on how many are trained at a time.
/// @throws what the first failing training throws, after all have ended.
std::vector<TrainingCurve> trainAll(engine::RunContext& context, const std::vector<TrainingJob>& jobs,
                                    const training::TrainSpec& spec, const models::ModelCard& like,
                                    const TestSet& test,
                                    const std::function<void(const std::vector<TrainingCurve>&)>& updated);

} // namespace assay::transfer
