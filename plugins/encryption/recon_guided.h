#pragma once

#include "plugins/encryption/recon_generator.h"
#include "plugins/encryption/recon_reader.h"

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <vector>

namespace assay::encryption {

/// How styles are sought whose image has a wanted embedding.
struct ReconGuidance
{
    int steps = 60;
    int restarts = 2;
    double regularisation = 0.01; ///< weight of the mean squared distance from the centre
    double learningRate = 0.05;   ///< of Adam; falls to 0 along a cosine
};

struct ReconGuided
{
    torch::Tensor images;      ///< float32 [m,3,S,S] on the CPU: of the restart with the best score
    torch::Tensor scores;      ///< float32 [m]: cosine of the embedding reached and the wanted one
    std::vector<double> curve; ///< mean cosine after each step, over victims and restarts
};

/// Attack A2: from the centre, lowers 1 - cos(embedding of G(w), wanted) + regularisation * |w - centre|^2.
/// Every step looks at images that are moved by up to two pixels and mirrored at random, so that no pattern
/// of single pixels wins. @param wanted float32 [m,d]: centred embeddings that the ciphertexts gave away.
ReconGuided reconGuided(ReconProgress& progress, const models::Generator& generator, const ReconReader& eyes,
                        const torch::Tensor& wanted, const ReconGuidance& guidance, at::Generator draws);

/// Of @p pool images the one for each row of @p wanted whose embedding is nearest: what choosing alone buys.
/// @param embeddings float32 [pool,d]: of them, centred. @returns int64 [m].
torch::Tensor reconBestOf(const torch::Tensor& embeddings, const torch::Tensor& wanted);

} // namespace assay::encryption
