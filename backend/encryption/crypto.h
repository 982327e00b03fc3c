#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace assay::encryption {

// The room's few calls of libcrypto, for the inside of the room: no header that others include knows it.

using Digest = std::array<std::uint8_t, 32>;

/// SHA-256. Fast enough to be called for every 32 bytes of a stream; safe from any thread.
Digest sha256Of(std::span<const std::uint8_t> bytes);

/// @throws Error saying @p what libcrypto could not do, unless it was @p done.
void requireCrypto(bool done, const char* what);

} // namespace assay::encryption
