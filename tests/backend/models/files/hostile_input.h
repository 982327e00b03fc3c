#pragma once

#include <cstdint>
#include <span>

namespace assay::test {

// What libFuzzer and the fixed-count runners call. Any bytes give tensors or an Error; whatever else happens
// (another exception, a crash, a sanitizer's report) is a bug.

/// @returns whether the bytes were read as a file of torch.save.
bool fuzzPth(std::span<const std::uint8_t> bytes);

/// @returns whether the bytes were read as safetensors.
bool fuzzSafetensors(std::span<const std::uint8_t> bytes);

} // namespace assay::test
