#pragma once

#include "plugins/backdoor/detect_detector.h"
#include "plugins/backdoor/detect_params.h"
#include "plugins/backdoor/suspect.h"

#include <optional>

namespace assay::backdoor {

/// A model and the trigger that is looked for.
struct DetectSubject
{
    Suspect suspect;
    std::string name;    ///< as figures call the model
    std::string trigger; ///< the kind, with the model where several have that kind
    poisoning::PoisonSpec poison;
    torch::Tensor testIds; ///< int64: the test images of the domains that the model is for
    /// The training images that the card tells of, in the order in which they were poisoned; undefined where
    /// it does not.
    torch::Tensor trainIds;
};

/// All of them. @throws Error as openSuspect(), and when a trigger is to be known by a card that has none.
std::vector<DetectSubject> openSubjects(engine::RunContext& context, const DetectParams& params);

/// Images with the truth about them.
struct DetectJudged
{
    DetectQueries queries;
    torch::Tensor poisoned;  ///< bool [n]
    torch::Tensor truth;     ///< int64 [n], the classes before any poisoning
    bool ofTraining = false; ///< ids are of the training split
};

/// One repeat's images: none of them twice.
struct DetectDraw
{
    DetectReference reference;
    DetectJudged test;                    ///< clean ones first, then as many with the trigger
    std::optional<DetectJudged> training; ///< for detectors that look at training sets
    std::int64_t tried = 0;               ///< images that got the trigger
    std::int64_t reached = 0;             ///< of these, those taken for the wanted label
};

/// @throws Error when there are too few images, or too few that reach their target.
DetectDraw drawJudged(engine::RunContext& context, const DetectSubject& subject, const DetectParams& params,
                      int seed, bool training);

} // namespace assay::backdoor
