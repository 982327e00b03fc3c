#pragma once

#include "backend/encryption/cipher.h"
#include "backend/encryption/digit_cipher.h"

#include <cstdint>
#include <string>
#include <vector>

namespace assay::encryption {

// What a key does to an image, worked out once for its size. Tables count the values of a planar image,
// (channel * H + row) * W + column.

struct ImageShape
{
    std::int64_t channels = 3, height = 0, width = 0;
    std::int64_t values() const { return channels * height * width; }
};

/// Whole values: out[i] = in[source[i]] ^ mask[i]. An empty source is the identity.
struct Moves
{
    std::vector<std::int32_t> source;
    std::vector<std::uint8_t> mask;
};

/// Halves of values, as moveNibbles() wants them.
struct NibbleMoves
{
    std::vector<std::uint32_t> low, high;
    std::vector<std::uint8_t> mask;
};

/// The same of schemes with one key for all blocks of 2, 4 or 8, as fieldKernels() want it: for each row of a
/// block (channel * side + row) the rows and shifts that its fields come from.
struct FieldMoves
{
    int side = 0; ///< 0: there are none
    int bits = 8; ///< of a field
    std::vector<int> rows, shifts;
    std::vector<std::uint64_t> flips; ///< by row
    std::size_t fields() const { return static_cast<std::size_t>(side * 8 / bits); }
};

struct CipherTables
{
    Moves moves, back;               ///< Etc, Pe, Shf, Np
    NibbleMoves halves, backs;       ///< Le, Ele
    FieldMoves fields, fieldsBack;   ///< Shf, Le: instead of the two above where they are there
    std::vector<std::uint8_t> coded; ///< Ffx: 1 where a value goes through the digits' cipher
    DigitTable digits = {};          ///< Ffx
    /// Ffx: what becomes of a value where it is left alone, then where it goes through the cipher; 256
    /// values, and 1001 with one for whatever stands for none.
    std::vector<std::int16_t> plainOrCoded, plainOrInverse;
};

/// @param suffix appended to every label of the key's streams. The spec and shape have been checked.
CipherTables cipherTables(const CipherSpec& spec, const SecretKey& key, const ImageShape& shape,
                          const std::string& suffix);

/// The nibbles of one block of @p order.size() / 2 values: out nibble i is in nibble order[i], reversed where
/// reversed[i] differs from reversed[order[i]] (the low nibbles first, then the high ones). LE, steps 2 to 5.
struct BlockNibbles
{
    std::vector<std::int64_t> order;
    std::vector<std::uint8_t> reversed;
};
BlockNibbles derivedFlags(std::vector<std::int64_t> order);

/// Of moves that are the same in every block; none where a side or this machine does not allow it.
FieldMoves fieldsOf(const Moves& moves, const ImageShape& shape, int side);
FieldMoves fieldsOf(const NibbleMoves& moves, const ImageShape& shape, int side);

/// log2 of the number of keys.
double keySpaceBits(const CipherSpec& spec, const ImageShape& shape);

} // namespace assay::encryption
