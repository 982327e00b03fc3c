#pragma once

#include <cstdint>

// What libassay_video is asked for. Plain C, since it is looked up by name when it is loaded.

namespace assay::data {

/// @param bgr rows x columns x 3 bytes without gaps, good during the call. @returns 0 to stop.
using AssayTakeFrame = int(void* context, const unsigned char* bgr, int rows, int columns,
                           std::int64_t number);

/// Decodes @p file and hands over every @p step th frame. @returns 1 when the file could be opened.
using AssayReadVideo = int(const char* file, std::int64_t step, AssayTakeFrame* take, void* context);

inline constexpr const char* kReadVideoSymbol = "assay_read_video";

} // namespace assay::data
