#include "backend/encryption/field_moves.h"

#include "backend/encryption/field_kernels.h"

#include <bit>

namespace assay::encryption {

namespace {

/// A place of the first block.
struct InBlock
{
    int row; ///< channel * side + row
    int column;
};

InBlock inFirstBlock(std::int64_t place, const ImageShape& shape, int side)
{
    const std::int64_t line = place / shape.width;
    return {static_cast<int>(line / shape.height * side + line % shape.height),
            static_cast<int>(place % shape.width)};
}

/// Calls set(row, column, place) for every value of the first block.
template <class Set>
FieldMoves fieldMoves(const ImageShape& shape, int side, int bits, Set set)
{
    FieldMoves moves{.bits = bits};
    if ((side != 2 && side != 4 && side != 8) || std::endian::native != std::endian::little)
        return moves;
    moves.side = side;
    const auto lines = static_cast<std::size_t>(shape.channels * side);
    moves.rows.resize(lines * moves.fields());
    moves.shifts.resize(moves.rows.size());
    moves.flips.resize(lines, 0);
    for (std::size_t line = 0; line < lines; ++line) {
        const auto channel = static_cast<std::int64_t>(line) / side,
                   row = static_cast<std::int64_t>(line) % side;
        for (int column = 0; column < side; ++column)
            set(moves, line, column,
                static_cast<std::size_t>((channel * shape.height + row) * shape.width + column));
    }
    return moves;
}

} // namespace

FieldMoves fieldsOf(const Moves& moves, const ImageShape& shape, int side)
{
    return fieldMoves(shape, side, 8, [&](FieldMoves& fields, std::size_t line, int column, std::size_t at) {
        const InBlock from = inFirstBlock(moves.source[at], shape, side);
        const std::size_t field = line * fields.fields() + static_cast<std::size_t>(column);
        fields.rows[field] = from.row;
        fields.shifts[field] = 8 * from.column;
        fields.flips[line] |= std::uint64_t(moves.mask[at]) << (8 * column);
    });
}

FieldMoves fieldsOf(const NibbleMoves& moves, const ImageShape& shape, int side)
{
    return fieldMoves(shape, side, 4, [&](FieldMoves& fields, std::size_t line, int column, std::size_t at) {
        for (const int high : {0, 1}) {
            const std::uint32_t packed = high ? moves.high[at] : moves.low[at];
            const InBlock from = inFirstBlock(packed >> 3, shape, side);
            const std::size_t field = line * fields.fields() + static_cast<std::size_t>(2 * column + high);
            fields.rows[field] = from.row;
            fields.shifts[field] = 8 * from.column + static_cast<int>(packed & 4);
        }
        fields.flips[line] |= std::uint64_t(moves.mask[at]) << (8 * column);
    });
}

void runFields(const FieldMoves& moves, const ImageShape& shape, const std::uint8_t* in, std::uint8_t* out,
               std::int64_t first, std::int64_t last)
{
    const FieldKernels& all = fieldKernels();
    const FieldKernel kernel = moves.bits == 8 ? (moves.side == 2   ? all.bytes2
                                                  : moves.side == 4 ? all.bytes4
                                                                    : all.bytes8)
                                               : (moves.side == 2   ? all.nibbles2
                                                  : moves.side == 4 ? all.nibbles4
                                                                    : all.nibbles8);
    const std::int64_t side = moves.side;
    const std::size_t fields = moves.fields();
    const std::uint8_t* rows[16];
    for (std::int64_t block = first; block < last; ++block) {
        const auto lineAt = [&](std::int64_t line) {
            return (line / side * shape.height + block * side + line % side) * shape.width;
        };
        for (std::size_t line = 0; line < moves.flips.size(); ++line) {
            for (std::size_t k = 0; k < fields; ++k)
                rows[k] = in + lineAt(moves.rows[line * fields + k]);
            kernel(rows, moves.shifts.data() + line * fields, moves.flips[line],
                   out + lineAt(static_cast<std::int64_t>(line)), shape.width / side);
        }
    }
}

} // namespace assay::encryption
