#pragma once

#include "backend/engine/run_context.h"
#include "backend/metrics/rates.h"
#include "plugins/patches/watermark_search.h"

#include <torch/types.h>

#include <map>
#include <string>
#include <vector>

namespace assay::medlocker {

/// What is done to the images that get a logo.
enum class Condition { Clean, Optimised, Random, Corner, NoMask, Restored };
inline constexpr std::size_t kConditions = 6;
/// "clean", "optimised", "random", "corner", "no_mask", "restored"; and in words.
const char* conditionId(std::size_t condition);
const char* conditionTitle(std::size_t condition);

struct JudgeModel
{
    std::string name;
    bool surrogate = false;
};

/// A setting tried on the front of the images, without the fallback.
struct SweepPoint
{
    double value = 0; ///< the logo's size or T_m
    int side = 0;
    std::int64_t infeasible = 0;
    std::int64_t n = 0;                   ///< images with room for the logo
    std::vector<metrics::Rate> optimised; ///< per model: missed of what it classified correctly
    std::vector<metrics::Rate> random;
    double free = 0; ///< mean fraction of the places that are allowed
};

/// What an optimiser reached on the front of the watermarked images.
struct OptimiserResult
{
    std::string id;
    std::vector<Found> found;
};

/// What a run found. "Marked" images are those the surrogate classifies correctly and that have room for a
/// logo; all tensors over n run over them in one order.
struct MedlockerResults
{
    std::vector<JudgeModel> models; ///< the surrogate first
    std::vector<std::string> classes;
    std::string dataset;
    std::string mask; ///< how masks were made
    double threshold = 0;
    int side = 0;
    int budget = 0;
    std::int64_t drawn = 0;
    std::int64_t misclassified = 0; ///< by the surrogate: left untouched
    std::int64_t infeasible = 0;    ///< no room for a logo: left untouched
    std::int64_t flat = 0;          ///< of these: the map said nothing
    std::int64_t raised = 0;        ///< marked with a higher T_m
    std::int64_t shrunk = 0;        ///< marked with a smaller logo
    std::int64_t overlapping = 0;   ///< protected pixels covered by optimised logos, over all images

    torch::Tensor ids; ///< int64 [n]
    torch::Tensor y;   ///< int64 [n]
    std::vector<Found> found;
    std::vector<int> sides;
    std::vector<double> thresholds;
    std::vector<double> free;                       ///< fraction of the places that are allowed
    std::vector<Placement> random;                  ///< the random placement of each image
    std::vector<std::vector<torch::Tensor>> likely; ///< [condition][model] int64 [n]: likeliest class
    std::vector<double> restoredPsnr;               ///< dB per image, from 8 bits
    std::vector<double> restoredPsnr16;             ///< from 16 bits
    std::vector<double> markedPsnr;                 ///< of the watermarked image

    std::vector<SweepPoint> bySize;
    std::vector<SweepPoint> byThreshold;
    std::vector<OptimiserResult> optimisers;

    std::int64_t n() const { return ids.defined() ? ids.size(0) : 0; }
    bool has(Condition c) const { return static_cast<std::size_t>(c) < likely.size() && !at(c).empty(); }
    const std::vector<torch::Tensor>& at(Condition c) const { return likely[static_cast<std::size_t>(c)]; }
    /// Correct of all marked images.
    metrics::Rate accuracy(Condition c, std::size_t model) const;
    /// Missed of the marked images that the model classifies correctly without a logo.
    metrics::Rate success(Condition c, std::size_t model) const;
    /// Mean of success() over the models the search has not seen; NaN without any.
    double transferSuccess(Condition c) const;
};

/// Missed of those of @p clean that are @p y. All int64 [n].
metrics::Rate missedOf(const torch::Tensor& clean, const torch::Tensor& likely, const torch::Tensor& y);

/// What the canvas needs of the first marked images; kept as the run's artifact `shown`.
struct ShownImages
{
    torch::Tensor ids;        ///< int64 [k]
    torch::Tensor y;          ///< int64 [k]
    torch::Tensor clean;      ///< uint8 [k,C,H,W]
    torch::Tensor maps;       ///< float32 [k,H,W]
    torch::Tensor placements; ///< int64 [k,4]: alpha, u, v, side
    torch::Tensor thresholds; ///< float64 [k]
    torch::Tensor landscapes; ///< float32 [k,R,C]: p(true class) with the logo at (C stride, R stride)
    int stride = 1;
    int landscapeAlpha = 255;
    std::vector<std::string> models; ///< workspace names or paths, the surrogate first
    std::vector<std::string> names;  ///< as shown
    std::vector<std::string> classes;
    std::map<int, Logo> logos; ///< by side

    Placement placementOf(std::int64_t row) const;
    int sideOf(std::int64_t row) const;
};

engine::TensorMap toTensors(const ShownImages& shown);
/// @throws Error when a tensor is missing or malformed.
ShownImages shownFrom(const engine::TensorMap& tensors);

} // namespace assay::medlocker
