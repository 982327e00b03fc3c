#pragma once

#include "backend/protocol/json.h"

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace assay::models {

/// Every tensor of what a network answered to images, with the name by which it is asked for; maps with their
/// channels second.
using AnswerParts = std::vector<std::pair<std::string, torch::Tensor>>;

/// The size of the images, all of them, that were answered.
struct AnsweredImages
{
    std::int64_t count = 1;
    std::int64_t height = 0;
    std::int64_t width = 0;
};

/// What an answer looks like.
struct AnswerGuess
{
    /// Whether it can be no row of numbers for each image, but may be boxes.
    bool looksLikeBoxes = false;
    /// A card's `output` where there is no doubt about it. Shapes tell most of it; where values must (whether
    /// coordinates are fractions, whether a sigmoid was taken) they are those of the answer given.
    std::optional<Json> output;
};

/// @param parts in the order of the network's outputs.
AnswerGuess guessAnswer(const AnswerParts& parts, const AnsweredImages& images);

/// As much of a card's `output` as the answer tells when it is known to be laid out as @p layout: names of
/// parts, stride. Holds at least {"layout": layout}.
Json describedAs(const std::string& layout, const AnswerParts& parts, const AnsweredImages& images);

} // namespace assay::models
