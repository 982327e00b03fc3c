#include "backend/encryption/cipher_tables.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace assay::encryption {

namespace {

/// The orders of three channels, sorted: out[c] = in[kOrders[k][c]].
constexpr std::array<std::array<int, 3>, 6> kOrders = {
    {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}};

/// Blocks in row-major order, their values by row, column, channel.
class Blocks
{
public:
    Blocks(const ImageShape& shape, std::int64_t side)
        : m_shape(shape)
        , m_side(side)
        , m_across(shape.width / side)
    {}

    std::int64_t count() const { return m_shape.height / m_side * m_across; }
    std::int64_t length() const { return m_side * m_side * m_shape.channels; }
    std::int64_t side() const { return m_side; }
    std::int64_t place(std::int64_t block, std::int64_t row, std::int64_t column, std::int64_t channel) const
    {
        return (channel * m_shape.height + block / m_across * m_side + row) * m_shape.width +
               block % m_across * m_side + column;
    }
    std::int64_t place(std::int64_t block, std::int64_t index) const
    {
        const std::int64_t pixel = index / m_shape.channels;
        return place(block, pixel / m_side, pixel % m_side, index % m_shape.channels);
    }

private:
    ImageShape m_shape;
    std::int64_t m_side;
    std::int64_t m_across;
};

Moves identity(const ImageShape& shape)
{
    return {.source = {}, .mask = std::vector<std::uint8_t>(static_cast<std::size_t>(shape.values()), 0)};
}

Moves inverted(const Moves& moves)
{
    if (moves.source.empty())
        return moves;
    Moves back{.source = std::vector<std::int32_t>(moves.source.size()),
               .mask = std::vector<std::uint8_t>(moves.mask.size())};
    for (std::size_t i = 0; i < moves.source.size(); ++i) {
        const auto from = static_cast<std::size_t>(moves.source[i]);
        back.source[from] = static_cast<std::int32_t>(i);
        back.mask[from] = moves.mask[i];
    }
    return back;
}

/// The order of the channels of every block or pixel; empty: as they are.
std::vector<std::uint8_t> channelOrders(const CipherSpec& spec, const SecretKey& key, const ImageShape& shape,
                                        const std::string& label, std::int64_t count)
{
    std::vector<std::uint8_t> orders;
    if (!spec.channels || shape.channels != 3)
        return orders;
    KeyStream stream(key, label);
    orders.resize(static_cast<std::size_t>(count));
    for (std::uint8_t& order : orders)
        order = static_cast<std::uint8_t>(stream.below(kOrders.size()));
    return orders;
}

std::vector<std::uint8_t> draws(bool wanted, const SecretKey& key, const std::string& label,
                                std::int64_t count, std::uint64_t below)
{
    std::vector<std::uint8_t> all(static_cast<std::size_t>(count), 0);
    if (wanted) {
        KeyStream stream(key, label);
        for (std::uint8_t& one : all)
            one = static_cast<std::uint8_t>(stream.below(below));
    }
    return all;
}

std::vector<std::int64_t> order(bool wanted, const SecretKey& key, const std::string& label, std::int64_t n)
{
    if (wanted)
        return KeyStream(key, label).permutation(n);
    std::vector<std::int64_t> same(static_cast<std::size_t>(n));
    std::iota(same.begin(), same.end(), 0);
    return same;
}

Moves etcMoves(const CipherSpec& spec, const SecretKey& key, const ImageShape& shape,
               const std::string& suffix)
{
    const Blocks blocks(shape, spec.block);
    const std::int64_t n = blocks.count(), last = blocks.side() - 1;
    const auto from = order(spec.permute, key, "etc.perm" + suffix, n);
    const auto turns = draws(spec.rotate, key, "etc.rot" + suffix, n, 4);
    const auto flips = draws(spec.rotate, key, "etc.inv" + suffix, n, 2);
    const auto negatives = draws(spec.negative, key, "etc.np" + suffix, n, 2);
    const auto colours = channelOrders(spec, key, shape, "etc.color" + suffix, n);
    Moves moves = identity(shape);
    moves.source.resize(moves.mask.size());
    for (std::int64_t block = 0; block < n; ++block) {
        const auto b = static_cast<std::size_t>(block);
        for (std::int64_t row = 0; row <= last; ++row) {
            for (std::int64_t column = 0; column <= last; ++column) {
                // From the result back: the flip came last, the turns before it. A turn to the left takes
                // its pixel (r,c) from (c, last - r).
                std::int64_t r = row, c = flips[b] ? last - column : column;
                for (int turn = 0; turn < turns[b]; ++turn)
                    r = std::exchange(c, last - r);
                for (std::int64_t channel = 0; channel < shape.channels; ++channel) {
                    const auto to = static_cast<std::size_t>(blocks.place(block, row, column, channel));
                    const std::int64_t source =
                        colours.empty() ? channel : kOrders[colours[b]][static_cast<std::size_t>(channel)];
                    moves.source[to] = static_cast<std::int32_t>(blocks.place(from[b], r, c, source));
                    moves.mask[to] = negatives[b] ? 255 : 0;
                }
            }
        }
    }
    return moves;
}

Moves peMoves(const CipherSpec& spec, const SecretKey& key, const ImageShape& shape,
              const std::string& suffix)
{
    const std::int64_t pixels = shape.height * shape.width;
    KeyStream flips(key, "pe.np" + suffix);
    Moves moves = identity(shape);
    for (std::int64_t p = 0; p < pixels; ++p)
        for (std::int64_t channel = 0; channel < shape.channels; ++channel)
            moves.mask[static_cast<std::size_t>(channel * pixels + p)] = flips.below(2) ? 255 : 0;
    const auto colours = channelOrders(spec, key, shape, "pe.color" + suffix, pixels);
    if (colours.empty())
        return moves;
    const std::vector<std::uint8_t> mask = moves.mask;
    moves.source.resize(mask.size());
    for (std::int64_t p = 0; p < pixels; ++p) {
        for (std::int64_t channel = 0; channel < shape.channels; ++channel) {
            const std::int64_t source =
                kOrders[colours[static_cast<std::size_t>(p)]][static_cast<std::size_t>(channel)] * pixels + p;
            const auto to = static_cast<std::size_t>(channel * pixels + p);
            moves.source[to] = static_cast<std::int32_t>(source);
            moves.mask[to] = mask[static_cast<std::size_t>(source)];
        }
    }
    return moves;
}

Moves shfMoves(const CipherSpec& spec, const SecretKey& key, const ImageShape& shape,
               const std::string& suffix)
{
    const Blocks blocks(shape, spec.block);
    const auto from = KeyStream(key, "shf" + suffix).permutation(blocks.length());
    Moves moves = identity(shape);
    moves.source.resize(moves.mask.size());
    for (std::int64_t block = 0; block < blocks.count(); ++block)
        for (std::int64_t i = 0; i < blocks.length(); ++i)
            moves.source[static_cast<std::size_t>(blocks.place(block, i))] =
                static_cast<std::int32_t>(blocks.place(block, from[static_cast<std::size_t>(i)]));
    return moves;
}

/// 1 at the values of every block that @p label's balanced bits name.
std::vector<std::uint8_t> halfOfEachBlock(const CipherSpec& spec, const SecretKey& key,
                                          const ImageShape& shape, const std::string& label)
{
    const Blocks blocks(shape, spec.block);
    const auto bits = KeyStream(key, label).balancedBits(blocks.length());
    std::vector<std::uint8_t> chosen(static_cast<std::size_t>(shape.values()));
    for (std::int64_t block = 0; block < blocks.count(); ++block)
        for (std::int64_t i = 0; i < blocks.length(); ++i)
            chosen[static_cast<std::size_t>(blocks.place(block, i))] = bits[static_cast<std::size_t>(i)];
    return chosen;
}

BlockNibbles blockNibbles(const CipherSpec& spec, const SecretKey& key, const std::string& label,
                          std::int64_t length)
{
    KeyStream stream(key, label);
    BlockNibbles block = derivedFlags(stream.permutation(2 * length));
    if (spec.independentFlags)
        for (std::uint8_t& flag : block.reversed)
            flag = static_cast<std::uint8_t>(stream.below(2));
    return block;
}

/// Of both directions at once: nibble i of block `to` is nibble j of block `from`.
class NibbleWriter
{
public:
    NibbleWriter(CipherTables& tables, const Blocks& blocks, const ImageShape& shape)
        : m_tables(tables)
        , m_blocks(blocks)
    {
        for (NibbleMoves* one : {&tables.halves, &tables.backs}) {
            one->low.resize(static_cast<std::size_t>(shape.values()));
            one->high.resize(one->low.size());
            one->mask.resize(one->low.size(), 0);
        }
    }

    void set(std::int64_t to, std::int64_t i, std::int64_t from, std::int64_t j, bool reversed)
    {
        put(m_tables.halves, to, i, from, j, reversed);
        put(m_tables.backs, from, j, to, i, reversed);
    }

private:
    void put(NibbleMoves& moves, std::int64_t to, std::int64_t i, std::int64_t from, std::int64_t j,
             bool reversed)
    {
        const std::int64_t length = m_blocks.length();
        const bool high = i >= length, fromHigh = j >= length;
        const auto at = static_cast<std::size_t>(m_blocks.place(to, i % length));
        (high ? moves.high : moves.low)[at] =
            static_cast<std::uint32_t>(m_blocks.place(from, j % length) * 8 + (fromHigh ? 4 : 0));
        if (reversed)
            moves.mask[at] |= high ? 0xf0 : 0x0f;
    }

    CipherTables& m_tables;
    const Blocks& m_blocks;
};

void setNibbles(CipherTables& tables, const CipherSpec& spec, const SecretKey& key, const ImageShape& shape,
                const std::string& suffix)
{
    const Blocks blocks(shape, spec.block);
    const bool each = spec.scheme == Scheme::Ele;
    const auto from = order(each, key, "ele.perm" + suffix, blocks.count());
    NibbleWriter writer(tables, blocks, shape);
    BlockNibbles nibbles;
    if (!each)
        nibbles = blockNibbles(spec, key, "le" + suffix, blocks.length());
    for (std::int64_t to = 0; to < blocks.count(); ++to) {
        const std::int64_t source = from[static_cast<std::size_t>(to)];
        if (each) // a key of the block at its place in the plain image
            nibbles =
                blockNibbles(spec, key, "ele.block." + std::to_string(source) + suffix, blocks.length());
        for (std::size_t i = 0; i < nibbles.order.size(); ++i) {
            const std::int64_t j = nibbles.order[i];
            writer.set(to, static_cast<std::int64_t>(i), source, j,
                       nibbles.reversed[i] != nibbles.reversed[static_cast<std::size_t>(j)]);
        }
    }
}

void setDigits(CipherTables& tables, const CipherSpec& spec, const SecretKey& key, const ImageShape& shape,
               const std::string& suffix)
{
    tables.coded = halfOfEachBlock(spec, key, shape, "ffx" + suffix);
    std::array<std::uint8_t, 32> bytes = KeyStream(key, "ffx.cipher" + suffix).deriveBytes();
    tables.digits = digitTable(spec.ffxCipher, bytes);
    OPENSSL_cleanse(bytes.data(), bytes.size());
    const auto join = [](std::size_t values, const std::array<std::int16_t, 1000>& table, std::size_t spare) {
        std::vector<std::int16_t> both;
        for (std::size_t v = 0; v < values; ++v)
            both.push_back(static_cast<std::int16_t>(v));
        both.resize(values + spare, 0);
        both.insert(both.end(), table.begin(), table.begin() + static_cast<std::ptrdiff_t>(values));
        both.resize(2 * (values + spare), 0);
        return both;
    };
    tables.plainOrCoded = join(256, tables.digits.forward, 0);
    tables.plainOrInverse = join(1000, tables.digits.inverse, 1);
}

} // namespace

BlockNibbles derivedFlags(std::vector<std::int64_t> order)
{
    BlockNibbles block{.order = std::move(order), .reversed = {}};
    const auto half = static_cast<std::int64_t>(block.order.size() / 2);
    for (const std::int64_t from : block.order)
        block.reversed.push_back(from > half ? 1 : 0);
    return block;
}

CipherTables cipherTables(const CipherSpec& spec, const SecretKey& key, const ImageShape& shape,
                          const std::string& suffix)
{
    CipherTables tables;
    switch (spec.scheme) {
    case Scheme::Etc:
        tables.moves = etcMoves(spec, key, shape, suffix);
        break;
    case Scheme::Pe:
        tables.moves = peMoves(spec, key, shape, suffix);
        break;
    case Scheme::Shf:
        tables.moves = shfMoves(spec, key, shape, suffix);
        break;
    case Scheme::Np:
        tables.moves.mask = halfOfEachBlock(spec, key, shape, "np" + suffix);
        for (std::uint8_t& bit : tables.moves.mask)
            bit = bit ? 255 : 0;
        break;
    case Scheme::Le:
    case Scheme::Ele:
        setNibbles(tables, spec, key, shape, suffix);
        break;
    case Scheme::Ffx:
        setDigits(tables, spec, key, shape, suffix);
        break;
    }
    tables.back = inverted(tables.moves);
    if (spec.scheme == Scheme::Shf) {
        tables.fields = fieldsOf(tables.moves, shape, spec.block);
        tables.fieldsBack = fieldsOf(tables.back, shape, spec.block);
    }
    if (spec.scheme == Scheme::Le) {
        tables.fields = fieldsOf(tables.halves, shape, spec.block);
        tables.fieldsBack = fieldsOf(tables.backs, shape, spec.block);
    }
    return tables;
}

} // namespace assay::encryption
