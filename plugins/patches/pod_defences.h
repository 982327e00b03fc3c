#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

namespace assay::patches::pod {

/// Simple defences: images are cleaned before the detector sees them, nothing is trained.
enum class Defence {
    None,
    Median,    ///< 3 x 3 median, edges repeated
    Jpeg,      ///< JPEG of quality 50, encoded and decoded
    Gradients, ///< local gradients smoothing, see smoothedGradients()
};

/// "none", "median", "jpeg", "lgs".
const char* defenceName(Defence defence);
/// @throws Error naming the three (none is none to ask for) for any other name.
Defence defenceFromName(const std::string& name);
/// Names and headings for the choices of a form.
const std::vector<std::string>& defenceNames();
const std::vector<std::string>& defenceTitles();

/// @param images float32 [N,C,H,W] in [0,1] on the CPU. @returns a cleaned copy; None gives @p images itself.
/// Deterministic.
torch::Tensor cleaned(const torch::Tensor& images, Defence defence);

struct GradientSmoothing
{
    std::int64_t window = 15;
    std::int64_t overlap = 5;
    double threshold = 0.1;
    double strength = 2.3;
};

/// Local gradients smoothing (Naseer, Khan, Porikli 2019, section 3): the magnitude of the image's gradient,
/// scaled to [0,1] for each image, is kept in the windows whose mean is above the threshold, and every pixel
/// is multiplied by 1 - strength * what was kept, at least 0. Numbers are the paper's. Windows at the right
/// and lower edge are moved inwards, so that every pixel lies in one; an image smaller than a window is one
/// window.
torch::Tensor smoothedGradients(const torch::Tensor& images, const GradientSmoothing& how = {});

} // namespace assay::patches::pod
