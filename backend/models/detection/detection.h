#pragma once

#include <cstdint>
#include <vector>

namespace assay::models {

/// One object that a detector found, in pixels of the image it was given: left, top, width, height.
struct Detection
{
    float x = 0;
    float y = 0;
    float width = 0;
    float height = 0;
    float score = 0;           ///< 0 .. 1
    std::int32_t category = 0; ///< index into the card's classes
    bool operator==(const Detection&) const = default;
};

/// Those of one image, by descending score.
using Detections = std::vector<Detection>;

/// Area of the intersection over that of the union, 0 .. 1; 0 when either is empty.
double intersectionOverUnion(const Detection& a, const Detection& b);

/// Which of the candidates are reported.
struct DetectionRule
{
    double scoreAtLeast = 0.001;
    double iouAtMost = 0.6; ///< of two of one class that overlap more, the one of lower score is dropped
    int most = 300;         ///< per image
};

/// Greedy non-maximum suppression, class by class. @param found in any order. Ties go to the earlier one.
Detections suppressed(Detections found, const DetectionRule& rule);

} // namespace assay::models
