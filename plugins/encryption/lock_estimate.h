#pragma once

#include "plugins/encryption/lock_keys.h"

#include <torch/types.h>

namespace assay::encryption::lock {

/// What a thief can know of a map without its key: what the network makes of images up to there, [N,c,h,w].
torch::Tensor mapOf(models::Network& network, const std::string& map, const torch::Tensor& images);

/// Guesses a channel permutation by the weights alone: the channel with the largest mean square at the input
/// with the largest norm, and so on. With one number for each side, ranks are the linear assignment of least
/// squared cost (the rearrangement inequality). An extension; not in the paper.
/// @param map mapOf() of images, taken without a key. @param consumer [o,c,k,k]: what takes the map in.
/// @returns int64 [c] on the CPU, as MapKey::sources.
torch::Tensor sourcesByNorms(const torch::Tensor& map, const torch::Tensor& consumer);

/// The same by what a batch normalisation behind the consumer has stored. Its means are W m, where W are the
/// kernels' sums and m the channels' means in the order of the key: m by least squares, then ranks.
/// @param mean [o].
torch::Tensor sourcesByMeans(const torch::Tensor& map, const torch::Tensor& consumer,
                             const torch::Tensor& mean);

} // namespace assay::encryption::lock
