#pragma once

#include "backend/engine/run_context.h"
#include "plugins/transfer/matrix_params.h"

#include <torch/types.h>

#include <optional>
#include <string>
#include <vector>

namespace assay::transfer {

/// What one attack on one source at one radius gave. Tensors are on the CPU.
struct MatrixSet
{
    torch::Tensor source; ///< int64 [N]: the source's predictions of the attacked images
    torch::Tensor target; ///< int64 [T,N]: the targets'
    /// Probabilities of the first G images, for the gallery: float16 [G,K] and [T,G,K].
    torch::Tensor sourceProbabilities;
    torch::Tensor targetProbabilities;
    double seconds = 0; ///< spent on the attack
    bool done() const { return source.defined(); }
};

/// Images of which pixels and probabilities are kept.
inline constexpr std::int64_t kMatrixGallery = 300;

/// What rates are a fraction of.
enum class MatrixDenominator {
    All,      ///< every attacked image
    Correct,  ///< those that source and target classify correctly before the attack
    NotAimed, ///< targeted: those that the target does not take for the aimed class before the attack
};

/// All that the figures and tables of `transfer.matrix` are made from. N images in the order drawn.
struct MatrixResults
{
    std::vector<std::string> sources;
    std::vector<std::string> targets;
    std::vector<std::string> attacks; ///< ids
    std::vector<std::string> classes;
    std::string norm;
    std::vector<double> eps;     ///< ascending
    torch::Tensor ids;           ///< int64 [N]
    torch::Tensor y;             ///< int64 [N]
    torch::Tensor aim;           ///< int64 [N]; undefined when untargeted
    torch::Tensor clean;         ///< uint8 [G,C,H,W]
    torch::Tensor cleanSource;   ///< int64 [S,N]: predictions before the attack
    torch::Tensor cleanTarget;   ///< int64 [T,N]
    std::vector<MatrixSet> sets; ///< [source][attack][eps], see set()

    bool targeted() const { return aim.defined(); }
    bool whiteBox(std::size_t source, std::size_t target) const { return sources[source] == targets[target]; }
    std::size_t setIndex(std::size_t source, std::size_t attack, std::size_t eps) const
    {
        return (source * attacks.size() + attack) * this->eps.size() + eps;
    }
    const MatrixSet& set(std::size_t source, std::size_t attack, std::size_t eps) const
    {
        return sets[setIndex(source, attack, eps)];
    }
};

/// Which cell and denominator the figures show.
struct MatrixView
{
    std::size_t source = 0;
    std::size_t target = 0;
    std::size_t attack = 0;
    std::size_t eps = 0;
    MatrixDenominator of = MatrixDenominator::Correct;
    bool operator==(const MatrixView&) const = default;
};

/// The cell that @p p asks for; the first of each where it names none.
MatrixView matrixViewOf(const MatrixResults& results, const MatrixParams& p);
MatrixDenominator matrixDenominator(const std::string& name);

/// "fashion-cnn → fashion-mlp, MI-FGSM, ε = 0.06 (L∞)".
std::string cellText(const MatrixResults& results, const MatrixView& view);

/// Lossless, for the run's artifact `outcomes`. Only for results whose sets are all done.
engine::TensorMap matrixTensors(const MatrixResults& results);
/// @throws Error when a tensor is missing or malformed.
MatrixResults matrixFrom(const engine::TensorMap& tensors);

} // namespace assay::transfer
