#pragma once

#include <cstdint>
#include <vector>

namespace assay::encryption {

// Schemes with one key for all blocks move bytes or nibbles within a row of blocks. A block's part of an
// image row is one number of 2, 4 or 8 bytes (a lane, little-endian), and each of its fields comes from a
// lane of the same block in another row: plain shifts on vectors of lanes, many times faster than a table of
// places.

/// Lane b of @p out, for all @p lanes: its field k is the one that starts at bit shifts[k] of lane b of
/// rows[k]; all lanes are inverted where @p flip has ones. As many fields as fill a lane.
using FieldKernel = void (*)(const std::uint8_t* const* rows, const int* shifts, std::uint64_t flip,
                             std::uint8_t* out, std::int64_t lanes);

struct FieldKernels
{
    const char* name;                         ///< of the instruction set
    FieldKernel bytes2, bytes4, bytes8;       ///< fields of 8 bits, lanes of 2, 4 and 8 bytes
    FieldKernel nibbles2, nibbles4, nibbles8; ///< fields of 4 bits
};

/// The best that this processor runs.
const FieldKernels& fieldKernels();
/// All that it runs, the best first: they give the same.
std::vector<const FieldKernels*> runnableFieldKernels();

} // namespace assay::encryption
