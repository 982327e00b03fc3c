#pragma once

#include "backend/engine/run_context.h"
#include "backend/protocol/figure.h"
#include "backend/protocol/image_grid.h"
#include "backend/protocol/json.h"
#include "backend/protocol/table.h"
#include "plugins/calibration/ood_sets.h"

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

/// The samples judged by, clean and shifted, of one tenth of the temperatures, first split.
struct DensityBin
{
    std::string model;
    double temperature = 0; ///< median
    std::int64_t n = 0;
    std::int64_t correct = 0;
    double none = 0, plain = 0, dac = 0; ///< mean confidence: uncalibrated, one temperature, DAC
};

/// What is known of single clean images of a model, first split, of the highest temperature first.
struct Inspection
{
    std::string model;
    std::vector<std::string> layers;
    std::vector<std::string> classes;
    torch::Tensor ids;         ///< int64 [n], of the test split
    torch::Tensor labels;      ///< int64 [n]
    torch::Tensor predicted;   ///< int64 [n]
    torch::Tensor confidence;  ///< float64 [n], uncalibrated
    torch::Tensor temperature; ///< float64 [n]
    torch::Tensor scores;      ///< float64 [n,L]
    torch::Tensor images;      ///< uint8 [n,1+L,C,H,W]: itself, and the nearest training image at each layer
};

/// What `calibration.dac` measures beyond the comparison of methods.
struct DacResults
{
    std::vector<LayerWeight> layers;
    std::vector<DacSummary> fits;
    std::vector<TemperatureGroup> temperatures;
    std::vector<OodScore> ood;
    std::vector<DensityBin> bins;
};

/// Lossless, for an artifact.
engine::TensorMap toTensors(const DacResults& results);
/// @throws Error when something is missing or malformed.
DacResults dacResultsFrom(const engine::TensorMap& tensors);
engine::TensorMap toTensors(const Inspection& inspection);
/// @throws Error when something is missing or malformed.
Inspection inspectionFrom(const engine::TensorMap& tensors);
/// Name of the artifact that holds the inspection of model number @p m.
std::string inspectionName(std::size_t m);

/// Five numbers of @p values (float64 [n], n >= 1).
std::array<double, 5> fiveNumbers(const torch::Tensor& values);

/// Bins of equally many samples by their temperature. @param temperature float64 [n], n >= 1.
/// @param correct bool [n]. @param confidences float64 [n] each, in the order of DensityBin.
std::vector<DensityBin> densityBins(const std::string& model, const torch::Tensor& temperature,
                                    const torch::Tensor& correct,
                                    const std::array<torch::Tensor, 3>& confidences);

/// Effect of each layer of a model, mean over splits with their range: `layers`.
protocol::Figure layersFigure(const DacResults& results, const std::string& model);
/// Temperatures of right, wrong, shifted and senseless images of a model: `temperatures`.
protocol::Figure temperaturesFigure(const DacResults& results, const std::string& model);
/// Accuracy and mean confidences over the temperature: `correctness`.
protocol::Figure correctnessFigure(const DacResults& results, const std::string& model);
/// Score of a layer, or the temperature, against the confidence of each image: `density`.
protocol::Figure densityFigure(const Inspection& inspection, const std::string& layer);
/// The images beside the nearest training image at every layer: gallery `neighbours`.
protocol::ImageGrid neighboursGrid(const Inspection& inspection);

/// `layers`: model, layer, seed, weight, effect.
protocol::Table layersTable(const DacResults& results);
/// `fits`: model, seed, bias, loss, clipped.
protocol::Table fitsTable(const DacResults& results);
/// `temperatures`: model, group, n, least, q1, median, q3, greatest.
protocol::Table temperaturesTable(const DacResults& results);
/// `ood`: model, set, score, auroc, fpr95.
protocol::Table oodTable(const DacResults& results);
/// `correctness`: model, temperature, n, correct, confidence of each method.
protocol::Table correctnessTable(const DacResults& results);

} // namespace assay::confidence
