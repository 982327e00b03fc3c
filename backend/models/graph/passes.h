#pragma once

#include "backend/models/graph/kernel.h"

#include <string>

namespace assay::models::graph {

/// Which constants may be computed with ahead of time.
enum class Foldable { Numbers, WeightsToo };

/// Replaces nodes whose inputs are all constants by their results. Small results only for Numbers; with
/// WeightsToo, weights that are read no more disappear. A node that fails is left in place, to fail when run.
void foldConstants(Graph& graph, const KernelTable& table, Foldable what);

/// Names of a dialect's operators for folding; attributes and inputs must be laid out as in ONNX.
struct FoldNames
{
    std::string conv;          ///< X, W [O,I/g,...], optional B [O]
    std::string convTranspose; ///< X, W [I,O/g,...], optional B; folded for one group
    std::string batchNorm;     ///< X, scale, B, mean, var; attribute "epsilon" (1e-5)
    std::string add;
    std::string sub;
    std::string mul;
    std::string div;
};

/// Puts what follows a convolution into it where that is exact: batch normalisation, or an addition,
/// subtraction, multiplication or division by a constant (one number, or one a channel). Not where anything
/// else reads the convolution's result. Computed in double, so that the only rounding added is the one of
/// storing the weights. The result is named as the follower's was.
void foldConvolutions(Graph& graph, const FoldNames& names);

/// Lays the weights of two-dimensional convolutions out with the channels last, as the images are: else ATen
/// does so in each pass, which cost a ResNet-18 on small images 1.6 times its time.
void layWeightsChannelsLast(Graph& graph, const FoldNames& names);

} // namespace assay::models::graph
