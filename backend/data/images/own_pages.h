#pragma once

#include <torch/types.h>

namespace assay::data {

/// Uint8 of @p sizes, not set, in pages of its own (small ones on the heap). For pictures that are kept, or
/// handed on and freed elsewhere: decoding threads allocate and free blocks of all sizes around them, and on
/// the heap among those a large block leaves holes that the next one does not fit (measured: 1.5 GiB instead
/// of 0.6). Of blocks that were let go up to 32 MiB wait for the next of their size, since fresh pages cost
/// a fifth of what decoding into them does.
torch::Tensor bytesInOwnPages(torch::IntArrayRef sizes);

} // namespace assay::data
