#pragma once

#include "backend/models/detection/answer_layout.h"
#include "backend/models/formats/input_probe.h"

#include <functional>
#include <optional>

namespace assay::models {

/// What an import found out about what a network from outside answers with.
struct AnsweredDetector
{
    /// A card's `output` of a detector; empty where it seems to be one of which nobody but the user can say
    /// how its answer is laid out.
    std::optional<Json> output;
    bool isGuessed = false; ///< not said by the user
    InputSpec tried;        ///< the images that were answered
};

/// Whether a network detects: as the corrections say, else as its answer to one image shows. nullopt for a
/// classifier, and where nothing can be told.
/// @param answers every part of its answer; throws anything for sizes the network does not take.
/// @param target what its file declares of sizes, and its weights.
std::optional<AnsweredDetector> answerOf(const std::function<AnswerParts(const torch::Tensor&)>& answers,
                                         const ProbeTarget& target, const ModelCorrections& corrections);

/// Puts it into the import: task, output, a finding, or the question. @returns whether it can be gone on
/// with.
bool noteAnswer(const AnsweredDetector& answer, ModelImport& import);

} // namespace assay::models
