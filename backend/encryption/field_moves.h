#pragma once

#include "backend/encryption/cipher_tables.h"

namespace assay::encryption {

/// Rows of blocks [first, last) of one image.
void runFields(const FieldMoves& moves, const ImageShape& shape, const std::uint8_t* in, std::uint8_t* out,
               std::int64_t first, std::int64_t last);

} // namespace assay::encryption
