#pragma once

#include "backend/models/model.h"

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace assay::inspection {

/// A layer of two models: its parameters and buffers, which all have one entry per unit along their first
/// dimension. A unit is a filter of a convolution, a row of a linear layer, a channel of a normalisation.
struct LayerPair
{
    std::string name;                  ///< "conv1"; of a tensor that stands for itself its name, "cls_token"
    std::vector<std::string> tensors;  ///< "weight", "bias"
    std::vector<torch::Tensor> before; ///< on the CPU, in the order of `tensors`
    std::vector<torch::Tensor> after;
    std::size_t weight = 0; ///< which of them says whether a unit is switched off

    std::int64_t units() const { return before.front().size(0); }
    std::int64_t numbers() const; ///< of one model
    /// All numbers of each unit in the order of `tensors`: float64 [units, numbers / units].
    torch::Tensor rowsBefore() const;
    torch::Tensor rowsAfter() const;
    /// Where number @p column of a unit's row stands: "weight[2,0,1]", "bias".
    std::string placeOf(std::int64_t column) const;
};

/// The layers in the models' order. Tensors of one module make one layer where they have the same number of
/// units; else each is its own.
/// @throws Error when a model has no network, or naming the first parameter that only one has, or that has
/// another shape in the other.
std::vector<LayerPair> pairLayers(const models::Model& before, const models::Model& after);

enum class UnitState { Unchanged, Changed, Pruned, Revived };
/// "unchanged", "changed", "pruned" (its weights are 0 now and were not), "revived" (the other way round).
const std::vector<std::string>& unitStateNames();

/// How far a layer's numbers moved. Norms are Euclidean; of a layer, that is Frobenius'.
struct LayerChange
{
    double norm = 0;          ///< of the change
    double relative = 0;      ///< norm of the change / norm before; NaN where there was nothing and now is
    double cosine = 1;        ///< between before and after; NaN where either is all 0
    double most = 0;          ///< largest change of a single number
    std::int64_t changed = 0; ///< units, pruned and revived ones among them
    std::int64_t pruned = 0;

    torch::Tensor unitNorm;     ///< float64 [units], of the change
    torch::Tensor unitBefore;   ///< float64 [units], norm before
    torch::Tensor unitRelative; ///< float64 [units]; as `relative`
    torch::Tensor unitCosine;   ///< float64 [units]
    torch::Tensor unitMost;     ///< float64 [units]
    std::vector<UnitState> states;

    /// The unit with the largest relative change, or, where none has one, the largest change.
    std::int64_t mostChangedUnit() const;
};

/// @param tolerance units that moved by at most this part of their norm count as unchanged.
LayerChange changeOf(const LayerPair& layer, double tolerance);

/// Norm of the change of all layers over their norm before.
double relativeChange(const std::vector<LayerPair>& layers, const std::vector<LayerChange>& changes);

} // namespace assay::inspection
