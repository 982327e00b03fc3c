#pragma once

#include <opencv2/core/mat.hpp>

namespace assay::data {

class SampleRandom;

/// A cloudy texture, [height,width] float32, by the diamond-square algorithm (Fournier, Fussell and Carpenter
/// 1982) on a torus whose side is the power of two that holds both; its least value is 0 and its largest 1.
/// At each halving of the step the amplitude of the displacement is divided by @p decay squared, as in the
/// code of Hendrycks and Dietterich.
cv::Mat plasma(int height, int width, double decay, SampleRandom& random);

} // namespace assay::data
