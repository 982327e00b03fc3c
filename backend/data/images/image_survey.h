#pragma once

#include "backend/data/images/image_list.h"
#include "backend/protocol/finding.h"

#include <map>
#include <string>
#include <utility>

namespace assay::data {

/// What the headers of some of a set's pictures say.
struct ImageSurvey
{
    std::int64_t lookedAt = 0;
    std::int64_t readable = 0;
    std::int64_t grey = 0;
    std::int64_t alpha = 0;
    std::int64_t turned = 0;      ///< with an EXIF orientation other than upright
    std::int64_t mislabelled = 0; ///< whose ending names another kind
    std::string firstMislabelled;
    std::string firstBroken; ///< the sentence
    std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t>
        sizes; ///< width, height, as decoded -> count
};

/// Headers of up to @p most pictures, spread evenly over both splits, read with all cores.
/// @param upright whether the orientation is applied.
ImageSurvey surveyImages(const ImageList& list, const ImageRoot& root, std::int64_t most, bool upright);

/// The size all share, or else a square: 224 or the median of the shorter sides where that is less.
std::pair<std::int64_t, std::int64_t> proposedSize(const ImageSurvey& survey); ///< width, height

protocol::Findings findingsOf(const ImageSurvey& survey, std::int64_t total);

} // namespace assay::data
