#pragma once

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <cstdint>

namespace assay::encryption {

// The linear attack: from features of the ciphertext to the coordinates of the plain image by ridge
// regression, and from these to an image by principal components.

/// A linear decoder: an image is mean + coordinates * axes.
struct ReconPca
{
    torch::Tensor mean; ///< float32 [F]
    torch::Tensor axes; ///< float32 [k,F], orthonormal rows, largest variance first

    torch::Tensor encode(const torch::Tensor& flat) const;        ///< [n,F] to [n,k]
    torch::Tensor decode(const torch::Tensor& coordinates) const; ///< [n,k] to [n,F], not clipped
};

/// The directions of largest variance of @p flat, float32 [n,F], by subspace iteration from a random start
/// (Halko et al. 2011, algorithm 4.4, six rounds): exact to several digits, where a full decomposition would
/// take minutes. @param count at most min(n,F) are there. Deterministic for a generator.
ReconPca reconPca(const torch::Tensor& flat, std::int64_t count, at::Generator draws);

/// A linear map with its standardisation.
struct ReconRidge
{
    torch::Tensor mean;    ///< float32 [d]
    torch::Tensor scale;   ///< float32 [d]: 1 / deviation, 0 for what never varies
    torch::Tensor weights; ///< float32 [d,k]
    torch::Tensor offset;  ///< float32 [k]

    torch::Tensor predict(const torch::Tensor& features) const;
};

/// Ridge regression of standardised @p features (float32 [n,d]) on centred @p targets (float32 [n,k]); the
/// penalty is @p lambda n. Solved in float64, in its dual form where there are fewer rows than features.
ReconRidge reconRidge(const torch::Tensor& features, const torch::Tensor& targets, double lambda = 0.01);

} // namespace assay::encryption
