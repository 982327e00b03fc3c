#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace assay::metrics {

// t-SNE (van der Maaten and Hinton 2008), exact: every pair counts. Time and memory grow with the square of
// the points: 2000 take 130 MB at most and some ms an iteration on one core.

struct TsneSpec
{
    double perplexity = 30; ///< effective neighbours of a point; at most (n - 1) / 3
    int iterations = 500;
    double exaggeration = 12; ///< of the affinities in the first iterations, so that clusters form early
    int exaggerated = 250;    ///< how many of them; at most half of the iterations
    double rate = 0;          ///< 0: n / (4 exaggeration), at least 50 (Belkina et al. 2019)
    std::uint64_t seed = 0;   ///< of the jitter that parts equal points
    int threads = 1;
};

struct Tsne
{
    torch::Tensor points; ///< float64 [n,2], mean 0
    /// Kullback-Leibler divergence in nats of the plain affinities: at the start, then after every 50th and
    /// the last iteration.
    std::vector<double> divergence;
};

/// Joint affinities p_ij, float64 [n,n]: symmetric, diagonal 0, sum 1 (equation 1 of the paper, symmetrised
/// as in section 3.1). Each point's bandwidth is found by bisection so that the conditional distribution over
/// the others has @p perplexity. @param x real [n,F].
/// @throws Error for fewer than 4 rows, values that are not finite or a perplexity outside 1 .. (n - 1) / 3.
torch::Tensor tsneAffinities(const torch::Tensor& x, double perplexity, int threads = 1);

/// Kullback-Leibler divergence of q (Student t of one degree of freedom between @p points, float64 [n,2])
/// from
/// @p affinities, in nats.
double tsneDivergence(const torch::Tensor& affinities, const torch::Tensor& points);

/// Its gradient with respect to the points, float64 [n,2] (equation 5).
torch::Tensor tsneGradient(const torch::Tensor& affinities, const torch::Tensor& points, int threads = 1);

/// Lays the rows of @p x, real [n,F], out in the plane: starts from the first two principal components scaled
/// to a deviation of 1e-4 (Kobak and Berens 2019), momentum 0.5, 0.8 once the exaggeration is over, and
/// adaptive gains as in the authors' program. Of more than 50 columns the first 50 principal components are
/// taken, as the paper does. The same for any number of threads.
/// @param check called once an iteration; may throw to cancel.
/// @throws Error as tsneAffinities().
Tsne tsne(const torch::Tensor& x, const TsneSpec& spec, const std::function<void(int iteration)>& check = {});

} // namespace assay::metrics
