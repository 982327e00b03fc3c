#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/image_grid.h"
#include "backend/protocol/table.h"
#include "plugins/patches/attack_params.h"
#include "plugins/patches/attack_subject.h"

#include <optional>
#include <string>
#include <vector>

namespace assay::patches {

/// What one patch at places of one kind does to one model.
struct PatchRow
{
    std::size_t model = 0;
    std::string patch;     ///< "none", "trained", "random" or a further one's name
    double size = 0;       ///< 0 without a patch
    std::string placement; ///< "none", the rule ("anywhere", "region", "objects"), "centre", "searched"
    Effect effect;
    torch::Tensor fooled; ///< int64: ids behind the success rate of a classifier; undefined of detectors
};

/// Success rates on a grid of two quantities, of one patch on the first model.
struct PatchGridOfRates
{
    std::string patch;
    std::vector<metrics::Rate> rates; ///< rows x columns, row by row
};

/// All that figures and tables of `patches.attack` are made from.
struct AttackResults
{
    std::vector<std::string> models;
    bool detectors = false;
    std::string aim; ///< "taken for Bag", "misclassified", "not found": what success means, in words
    double size = 0; ///< trained at
    std::string placement;
    std::vector<double> sizes;
    std::vector<double> angles;
    std::int64_t gridSide = 0;
    std::int64_t mapImages = 0;
    std::vector<PatchRow> rows;
    std::vector<PatchGridOfRates> byPlace; ///< from the top left
    std::vector<PatchGridOfRates> byTurn;  ///< sizes x angles
    attacks::PatchHistory history;
    double variationWeight = 0;
    double printWeight = 0;

    const PatchRow* find(std::size_t model, const std::string& patch, double size,
                         const std::string& placement) const;
    /// Names of patches in the order they were judged, without "none".
    std::vector<std::string> patches() const;
    /// "Accuracy" or "AP at IoU 0.5".
    std::string valueName() const;
};

protocol::Figure valueByPatchFigure(const AttackResults& results);
protocol::Figure valueBySizeFigure(const AttackResults& results);
protocol::Figure successByPlaceFigure(const AttackResults& results);
protocol::Figure successByTurnFigure(const AttackResults& results);
protocol::Figure trainingFigure(const AttackResults& results);

/// `success`: model, patch, size, placement, n, accuracy, ap, asr, low, high (of asr).
protocol::Table successTable(const AttackResults& results);
/// `places`: patch, row, column, n, asr, low, high.
protocol::Table placesTable(const AttackResults& results);
/// `turns`: patch, size, angle, n, asr, low, high.
protocol::Table turnsTable(const AttackResults& results);
std::vector<protocol::Metric> attackMetrics(const AttackResults& results);

} // namespace assay::patches
