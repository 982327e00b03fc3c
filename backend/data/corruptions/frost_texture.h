#pragma once

#include <opencv2/core/mat.hpp>

namespace assay::data {

class SampleRandom;

/// Ice on a window, [height,width] float32 in [0,1]: six-armed crystals with side branches at 60 degrees over
/// a cloudy film. Ours: the published corruption lays cut-outs of photographs over the image instead.
cv::Mat frostTexture(int height, int width, SampleRandom& random);

} // namespace assay::data
