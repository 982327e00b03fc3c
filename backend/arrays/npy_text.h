#pragma once

#include "backend/arrays/npy_header.h"

namespace assay::arrays {

/// The texts of an array of type U (UTF-32) or S (bytes), each without the zeros that pad it.
/// @param values all of them, header.byteCount() bytes. @throws Error naming @p where.
std::vector<std::string> readNpyTexts(std::span<const std::uint8_t> values, const NpyHeader& header,
                                      const std::string& where);

} // namespace assay::arrays
