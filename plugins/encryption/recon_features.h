#pragma once

#include "backend/encryption/cipher.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace assay::encryption {

/// What a linear attack reads from a ciphertext.
enum class ReconFeature {
    Raw,         ///< the values as they are
    Folded,      ///< min(v, 1 - v): inversions undone up to the side
    BlockStats,  ///< mean and deviation of each block and channel, in the blocks' order
    FoldedStats, ///< the same of folded values
    SortedTones, ///< what blocks moved and turned keep: SortedStats without folding and sorting of channels
    SortedStats  ///< key-invariant: folded, channels of a pixel sorted, statistics sorted over the blocks
};

/// "raw pixels", "folded pixels", ...: for captions, in the order of ReconFeature.
const char* reconFeatureTitle(ReconFeature feature);
/// All but Raw: what an attacker without the key may try.
const std::vector<ReconFeature>& reconKeylessFeatures();
/// Those of them that are statistics of blocks.
const std::vector<ReconFeature>& reconStatistics();

/// @param x float32 [n,C,H,W] in [0,1], sides multiples of @p block.
/// @returns float32 [n,d]. SortedStats: per block mean and deviation of each sorted channel (6 numbers for
/// three channels), each sorted over the blocks; the values of a block sorted and averaged over the blocks;
/// the blocks' deviations sorted. None of them moves when blocks are permuted, turned, inverted or have their
/// channels shuffled.
torch::Tensor reconFeatures(ReconFeature feature, const torch::Tensor& x, std::int64_t block);

/// A ciphertext as a network sees it: float32 in [0,1].
/// @param encrypted what Cipher::encrypt() or encryptEach() gave.
torch::Tensor reconUnit(const torch::Tensor& encrypted);

} // namespace assay::encryption
