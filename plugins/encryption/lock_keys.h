#pragma once

#include "backend/encryption/secret_key.h"
#include "backend/models/architectures/grid_detector.h"

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace assay::encryption::lock {

/// What a key does to a map, at all places alike ("spatially invariant"; Nagamori et al. 2023, section 3).
enum class Transform {
    Permute, ///< channels change places
    Flip,    ///< half of them change their sign
    Both,
    Shuffle, ///< pixels change places within blocks, in all channels alike: as images are encrypted; a
             ///< baseline
};
/// @throws Error for a name that is none of transformNames().
Transform transformFromName(const std::string& name);

/// Which maps are encrypted and how; the key apart.
struct LockSpec
{
    std::vector<std::string> maps; ///< "c1" is the first block's, one or more
    Transform transform = Transform::Permute;
    double share = 1; ///< of a map's channels that are encrypted, (0,1]
    std::int64_t block = 4;
    std::string name() const; ///< "c2+c3"
};

struct MapShape
{
    std::int64_t channels = 0;
    std::int64_t height = 0;
    std::int64_t width = 0;
};
/// By map, "c1" and on.
using MapShapes = std::map<std::string, MapShape>;

/// What a key says for one map. Channel i of the encrypted map is signs[i] times channel sources[i].
struct MapKey
{
    torch::Tensor locked;  ///< bool [c]: the channels that are encrypted
    torch::Tensor sources; ///< int64 [c]
    torch::Tensor signs;   ///< float32 [c], 1 and -1
    torch::Tensor cells;   ///< int64 [M*M]: where pixel i of a block comes from; undefined but for Shuffle
    MapShape shape;
    std::int64_t block = 0;
};
/// By map.
using MapKeys = std::map<std::string, MapKey>;

/// "c2+c3" as {"c2", "c3"}. @throws Error for a map that there is not or that stands there twice.
std::vector<std::string> mapsNamed(const std::string& name, const MapShapes& shapes);

/// The keys of all maps of @p spec, drawn from @p key with labels of their own ("lock.c3.order").
/// @throws Error for a share that leaves fewer than two channels, and maps that do not fill their blocks.
MapKeys mapKeys(const SecretKey& key, const LockSpec& spec, const MapShapes& shapes);

/// Keys that are right at a share of the encrypted channels' positions (Shuffle: of the block's pixels) and
/// wrong at all others: these are exchanged in a cycle, and signs are those of @p wrong. Which positions are
/// right is drawn from @p drawn; a larger share keeps them. One position alone cannot be wrong.
/// @param share is rounded to whole positions.
MapKeys partlyRight(const MapKeys& right, const MapKeys& wrong, double share, const SecretKey& drawn);

/// What they do in the forward pass, for tensors on @p device.
models::MapChanges changesOf(const MapKeys& keys, torch::Device device);

/// Rearranges the input channels of each map's consumer, so that the network answers under the keys as it
/// did before without: W'[:,i] = signs[i] W[:,sources[i]] (specification, algorithm 5).
/// @throws Error for Shuffle, which no convolution can take up.
void lockExisting(models::Network& network, const MapKeys& keys);

/// Base-2 logarithm of the number of different keys. Of a share of the channels only the permutations that
/// move no more than so many; Both on a share: at most.
double keySpaceBits(const LockSpec& spec, const MapShapes& shapes);

/// The tensor that takes in a map: "conv4.weight", of the last "head.weight".
std::string consumerOf(const std::string& map, const MapShapes& shapes);

} // namespace assay::encryption::lock
