#pragma once

#include "plugins/patches/pod_scenes.h"

#include <functional>

namespace assay::patches::pod {

/// Images after an attack, and the patches that lie on them.
struct Attacked
{
    torch::Tensor images; ///< float32 [N,C,H,W] in [0,1] on the CPU
    BoxLists patches;     ///< [N], category kPatch
};

/// Called while an attack of many steps runs; each may be empty.
struct SearchCalls
{
    std::function<void()> checkpoint; ///< may throw
    std::function<void(std::int64_t done, std::int64_t total)> progress;
};

/// HOTCOLD block (Wei et al. 2023) as the evaluation of POD sets it up: blocks that are cold on parts of a
/// pattern, placed by a particle swarm that sees only what the detector reports.
/// Differs: every object has a swarm of its own (there one for each batch), its fitness is the score of
/// what would count as finding it (there the largest objectness of the image), and the best pattern is kept
/// with the best place.
struct BlockAttack
{
    int blocks = 4;
    int cells = 3;           ///< of the pattern's side
    double side = 0.14;      ///< of a block, of the object's height
    double grey = 0.3;       ///< of the cold cells
    double greySpread = 0.1; ///< to either side, drawn anew with every pattern
    int particles = 100;
    int rounds = 3;
    double inertia = 0.5;
    double toOwn = 2;        ///< pull towards the particle's best place
    double toBest = 2;       ///< and towards that of the swarm
    double areaWeight = 0.1; ///< of the covered share of the box, added to the score
    std::uint64_t seed = 0;
};

/// @param images float32 [N,C,H,W] in [0,1] on the CPU. What an image gets depends on @p how and the image
/// alone (draws go by its position in the batch). Blocks stay inside of the object's box.
Attacked attackWithBlocks(const models::Detector& detector, const torch::Tensor& images,
                          const BoxLists& objects, std::int32_t category, const BlockAttack& how,
                          const SearchCalls& calls = {});

} // namespace assay::patches::pod
