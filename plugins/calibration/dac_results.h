#pragma once

#include "backend/engine/run_context.h"
#include "backend/protocol/figure.h"
#include "backend/protocol/json.h"
#include "backend/protocol/table.h"

#include <torch/types.h>

#include <array>
#include <string>
#include <vector>

namespace assay::confidence {

/// What a layer does to the temperature in one fit.
struct LayerWeight
{
    std::string model;
    std::string layer;
    int split = 0;
    double weight = 0;
    double effect = 0; ///< weight times the standard deviation of the score: comparable between layers
};

/// The fit as a whole.
struct DacSummary
{
    std::string model;
    int split = 0;
    double bias = 0;
    double loss = 0;
    double clipped = 0; ///< share of samples at the least temperature; above 0.001 the fit is doubtful
};

/// Temperatures of a group of samples judged by, of the first split.
struct TemperatureGroup
{
    std::string model;
    std::string group; ///< "clean, right"
    std::int64_t n = 0;
    std::array<double, 5> numbers = {}; ///< least, quartiles, greatest
};

/// How well a score tells clean images from images without sense.
struct OodScore
{
    std::string model;
    std::string score; ///< "temperature", "confidence"
    double auroc = 0;
};

/// What `calibration.dac` measures beyond the comparison of methods.
struct DacResults
{
    std::vector<LayerWeight> layers;
    std::vector<DacSummary> fits;
    std::vector<TemperatureGroup> temperatures;
    std::vector<OodScore> ood;
};

/// Lossless, for an artifact.
engine::TensorMap toTensors(const DacResults& results);
/// @throws Error when something is missing or malformed.
DacResults dacResultsFrom(const engine::TensorMap& tensors);

/// Five numbers of @p values (float64 [n], n >= 1).
std::array<double, 5> fiveNumbers(const torch::Tensor& values);

/// Effect of each layer of a model, mean over splits with their range: `layers`.
protocol::Figure layersFigure(const DacResults& results, const std::string& model);
/// Temperatures of right, wrong, shifted and senseless images of a model: `temperatures`.
protocol::Figure temperaturesFigure(const DacResults& results, const std::string& model);
/// `layers`: model, layer, seed, weight, effect.
protocol::Table layersTable(const DacResults& results);
/// `fits`: model, seed, bias, loss, clipped.
protocol::Table fitsTable(const DacResults& results);
/// `temperatures`: model, group, n, least, q1, median, q3, greatest.
protocol::Table temperaturesTable(const DacResults& results);
/// `ood`: model, score, auroc.
protocol::Table oodTable(const DacResults& results);

} // namespace assay::confidence
