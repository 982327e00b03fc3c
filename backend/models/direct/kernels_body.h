// Included once for each instruction set by backend/arrays/instruction_sets.h.

/// How many pixels times two vectors of sums the registers hold.
constexpr int kMostPixels = kLanes == 16 ? 14 : 6;

using Lanes = float __attribute__((vector_size(kLanes * 4)));
using Whole = std::int32_t __attribute__((vector_size(kLanes * 4)));
using Bytes = std::uint8_t __attribute__((vector_size(kLanes)));

inline Lanes load(const float* from)
{
    Lanes lanes;
    __builtin_memcpy(&lanes, from, sizeof lanes);
    return lanes;
}

/// kPixels neighbours of a row times kVectors vectors of output channels, summed in registers.
template <int kPixels, int kVectors>
void tile(const Convolution& c, const float* in, const float* weights, std::int64_t weightRow,
          const float* bias, float* out)
{
    const bool accumulate = c.accumulate, relu = c.relu; // fields might change with every store
    const std::int64_t inColumn = c.inColumn, outColumn = c.outColumn;
    Lanes start[kVectors];
    for (int j = 0; j < kVectors; ++j)
        start[j] = bias ? load(bias + j * kLanes) : Lanes{};
    Lanes sum[kPixels][kVectors];
#pragma GCC unroll 16
    for (int p = 0; p < kPixels; ++p)
#pragma GCC unroll 2
        for (int j = 0; j < kVectors; ++j) {
            sum[p][j] = start[j];
            if (accumulate)
                sum[p][j] += load(out + p * outColumn + j * kLanes);
        }
    // Every third pixel has a pointer, and its neighbours are reached by the processor's scaled index: an
    // address for each would not fit the registers, and half of all loads would be of addresses.
    constexpr int kReached = 3;
    constexpr int kPointers = (kPixels + kReached - 1) / kReached;
    const auto multiplyAdd = [&](const float* const* from, int k) __attribute__((always_inline))
    {
        Lanes w[kVectors];
#pragma GCC unroll 2
        for (int j = 0; j < kVectors; ++j)
            w[j] = load(weights + j * kLanes);
#pragma GCC unroll 16
        for (int p = 0; p < kPixels; ++p) {
            const float value = from[p / kReached][p % kReached * inColumn + k];
#pragma GCC unroll 2
            for (int j = 0; j < kVectors; ++j)
                sum[p][j] += w[j] * value;
        }
        weights += weightRow;
    };
    for (std::int64_t t = 0; t < c.tapCount; ++t) {
        const float* from[kPointers];
#pragma GCC unroll 8
        for (int i = 0; i < kPointers; ++i)
            from[i] = in + c.taps[t] + kReached * i * inColumn;
        const auto advance = [&](int by) __attribute__((always_inline))
        {
#pragma GCC unroll 8
            for (int i = 0; i < kPointers; ++i) {
                from[i] += by;
                __asm__("" : "+r"(from[i])); // hides where it comes from: all would be worked out again
            }
        };
        std::int64_t k = 0;
        for (; k + 4 <= c.depth; k += 4) {
#pragma GCC unroll 4
            for (int i = 0; i < 4; ++i)
                multiplyAdd(from, i);
            advance(4);
        }
        for (; k < c.depth; ++k) {
            multiplyAdd(from, 0);
            advance(1);
        }
    }
    const Lanes zero = {};
#pragma GCC unroll 16
    for (int p = 0; p < kPixels; ++p)
#pragma GCC unroll 2
        for (int j = 0; j < kVectors; ++j) {
            if (relu)
                sum[p][j] = sum[p][j] < zero ? zero : sum[p][j];
            __builtin_memcpy(out + p * outColumn + j * kLanes, &sum[p][j], sizeof(Lanes));
        }
}

using Tile = void (*)(const Convolution&, const float*, const float*, std::int64_t, const float*, float*);

template <int kPixels, int kVectors>
Tile tileOf(std::int64_t pixels)
{
    if constexpr (kPixels == 0)
        return nullptr;
    else
        return pixels == kPixels ? &tile<kPixels, kVectors> : tileOf<kPixels - 1, kVectors>(pixels);
}

/// The channels that begin at @p channel, as many as kVectors vectors hold, of all pixels.
template <int kVectors>
void convolveChannels(const Convolution& c, std::int64_t channel)
{
    // Near-equal pieces of a row: a short last one would leave the registers idle.
    const std::int64_t pieces = (c.columns + kMostPixels - 1) / kMostPixels;
    const std::int64_t size = c.columns / pieces;
    const std::int64_t longer = c.columns % pieces;
    const Tile first = tileOf<kMostPixels, kVectors>(size + 1);
    const Tile other = tileOf<kMostPixels, kVectors>(size);
    const std::int64_t panel = channel / kPanel * kPanel;
    const std::int64_t weightRow = c.width - panel < kPanel ? c.width - panel : kPanel;
    const float* weights = c.weights + panel * c.tapCount * c.depth + (channel - panel);
    for (std::int64_t r = 0; r < c.rows; ++r) {
        std::int64_t at = 0;
        for (std::int64_t i = 0; i < pieces; ++i) {
            (i < longer ? first : other)(c, c.in + r * c.inRow + at * c.inColumn, weights, weightRow,
                                         c.bias ? c.bias + channel : nullptr,
                                         c.out + r * c.outRow + at * c.outColumn + channel);
            at += i < longer ? size + 1 : size;
        }
    }
}

void convolve(const Convolution& c)
{
    if (c.columns == 0)
        return;
    std::int64_t channel = 0;
    for (; channel + 2 * kLanes <= c.width; channel += 2 * kLanes)
        convolveChannels<2>(c, channel);
    for (; channel < c.width; channel += kLanes)
        convolveChannels<1>(c, channel);
}

/// B^T d. Of equal numbers all but the second are exactly 0, so that in plain areas all results are equal.
inline void tilePixels(const Lanes (&d)[kTileReach], Lanes (&t)[kTileReach])
{
    const Lanes even = d[4] - 4.0F * d[2], odd = d[3] - 4.0F * d[1];
    const Lanes far = d[4] - d[2], near = 2.0F * (d[3] - d[1]);
    t[0] = 4.0F * (d[0] - d[2]) + far;
    t[1] = even + odd;
    t[2] = even - odd;
    t[3] = far + near;
    t[4] = far - near;
    t[5] = 4.0F * (d[1] - d[3]) + (d[5] - d[3]);
}

/// A^T m.
inline void tileResults(const Lanes (&m)[kTileReach], Lanes (&y)[kTileSide])
{
    const Lanes ones = m[1] + m[2], signs = m[1] - m[2];
    const Lanes twos = m[3] + m[4], others = m[3] - m[4];
    y[0] = m[0] + ones + twos;
    y[1] = signs + 2.0F * others;
    y[2] = ones + 4.0F * twos;
    y[3] = signs + 8.0F * others + m[5];
}

/// One vector of a tile's channels.
template <bool kWhole>
void intoTile(const IntoTiles& r, const float* from, std::int64_t columns, float* to)
{
    Lanes half[kTileReach][kTileReach]; // [column][row]
#pragma GCC unroll 6
    for (int x = 0; x < kTileReach; ++x) {
        Lanes d[kTileReach];
#pragma GCC unroll 6
        for (int y = 0; y < kTileReach; ++y)
            d[y] = kWhole || (x < columns && y < r.rows) ? load(from + y * r.row + x * r.column) : Lanes{};
        tilePixels(d, half[x]);
    }
#pragma GCC unroll 6
    for (int y = 0; y < kTileReach; ++y) {
        Lanes d[kTileReach], whole[kTileReach];
#pragma GCC unroll 6
        for (int x = 0; x < kTileReach; ++x)
            d[x] = half[x][y];
        tilePixels(d, whole);
#pragma GCC unroll 6
        for (int x = 0; x < kTileReach; ++x, to += r.plane)
            __builtin_memcpy(to, &whole[x], sizeof(Lanes));
    }
}

void intoTiles(const IntoTiles& r)
{
    for (std::int64_t c = 0; c < r.column; c += kLanes)
        for (std::int64_t t = 0; t < r.count; ++t) {
            const std::int64_t columns = r.columns - kTileSide * t;
            const bool whole = r.rows >= kTileReach && columns >= kTileReach;
            (whole ? &intoTile<true> : &intoTile<false>)(r, r.pixels + kTileSide * t * r.column + c, columns,
                                                         r.tiles + t * r.column + c);
        }
}

void outOfTiles(const OutOfTiles& r)
{
    const Lanes zero = {};
    for (std::int64_t t = 0; t < r.count; ++t)
        for (std::int64_t c = 0; c < r.width; c += kLanes) {
            const float* from = r.products + t * r.width + c;
            const Lanes bias = load(r.bias + c);
            Lanes half[kTileReach][kTileSide]; // [column][row]
#pragma GCC unroll 6
            for (int x = 0; x < kTileReach; ++x) {
                Lanes m[kTileReach];
#pragma GCC unroll 6
                for (int y = 0; y < kTileReach; ++y)
                    m[y] = load(from + (kTileReach * y + x) * r.plane);
                tileResults(m, half[x]);
            }
#pragma GCC unroll 4
            for (int y = 0; y < kTileSide; ++y) {
                if (y >= r.rows)
                    break;
                Lanes m[kTileReach], results[kTileSide];
#pragma GCC unroll 6
                for (int x = 0; x < kTileReach; ++x)
                    m[x] = half[x][y];
                tileResults(m, results);
#pragma GCC unroll 4
                for (int x = 0; x < kTileSide; ++x) {
                    if (kTileSide * t + x >= r.columns)
                        break;
                    float* to = r.out + y * r.outRow + (kTileSide * t + x) * r.outColumn + c;
                    Lanes sum = results[x] + bias;
                    if (r.accumulate)
                        sum += load(to);
                    if (r.relu)
                        sum = sum < zero ? zero : sum;
                    __builtin_memcpy(to, &sum, sizeof sum);
                }
            }
        }
}

/// kVectors vectors of the sums, from @p channel on, of kTogether vectors from @p first on: sums of one alone
/// would wait for each other. @p weights of the first row, in a panel with rows of @p weightRow.
template <int kTogether, int kVectors>
void addRowsTo(const RowSums& s, std::int64_t first, std::int64_t channel, const float* weights,
               std::int64_t weightRow)
{
    Lanes sum[kTogether][kVectors];
    std::int64_t begin[kTogether];
    std::int64_t count[kTogether];
    std::int64_t common = 0;
    for (int i = 0; i < kTogether; ++i) {
        begin[i] = first + i > 0 ? s.ends[first + i - 1] : 0;
        count[i] = s.ends[first + i] - begin[i];
        common = i == 0 || count[i] < common ? count[i] : common;
        const float* start = s.bias ? s.bias + channel : s.sums + (first + i) * s.width + channel;
        for (int j = 0; j < kVectors; ++j)
            sum[i][j] = load(start + j * kLanes);
    }
    const auto add = [&](int i, std::int64_t k) __attribute__((always_inline))
    {
        const float* row = weights + s.rows[begin[i] + k] * weightRow;
        const float value = s.values[begin[i] + k];
#pragma GCC unroll 2
        for (int j = 0; j < kVectors; ++j)
            sum[i][j] += load(row + j * kLanes) * value;
    };
    for (std::int64_t k = 0; k < common; ++k)
#pragma GCC unroll 4
        for (int i = 0; i < kTogether; ++i)
            add(i, k);
    const Lanes zero = {};
#pragma GCC unroll 4
    for (int i = 0; i < kTogether; ++i) {
        for (std::int64_t k = common; k < count[i]; ++k)
            add(i, k);
        for (int j = 0; j < kVectors; ++j) {
            if (s.relu)
                sum[i][j] = sum[i][j] < zero ? zero : sum[i][j];
            __builtin_memcpy(s.sums + (first + i) * s.width + channel + j * kLanes, &sum[i][j],
                             sizeof(Lanes));
        }
    }
}

template <int kVectors>
void addRowsToAll(const RowSums& s, std::int64_t channel, const float* weights, std::int64_t weightRow)
{
    constexpr int kTogether = 4;
    std::int64_t i = 0;
    for (; i + kTogether <= s.vectors; i += kTogether)
        addRowsTo<kTogether, kVectors>(s, i, channel, weights, weightRow);
    for (; i < s.vectors; ++i)
        addRowsTo<1, kVectors>(s, i, channel, weights, weightRow);
}

void addRows(const RowSums& s)
{
    for (std::int64_t panel = 0; panel < s.width; panel += kPanel) {
        const std::int64_t width = s.width - panel < kPanel ? s.width - panel : kPanel;
        const float* weights = s.weights + panel * s.depth;
        std::int64_t at = 0;
        for (; at + 2 * kLanes <= width; at += 2 * kLanes)
            addRowsToAll<2>(s, panel + at, weights + at, width);
        for (; at < width; at += kLanes)
            addRowsToAll<1>(s, panel + at, weights + at, width);
    }
}

std::int64_t keepNonzero(const float* vector, std::int64_t count, float* kept, std::int64_t* rows)
{
    std::int64_t found = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        // Written in any case: a branch would be guessed wrong as often as not.
        kept[found] = vector[i];
        rows[found] = i;
        found += vector[i] != 0 ? 1 : 0;
    }
    return found;
}

void maskOf(const float* values, std::uint8_t* mask, std::int64_t count)
{
    for (std::int64_t i = 0; i < count; ++i)
        mask[i] = values[i] <= 0 ? 0 : 1;
}

void applyMask(float* gradient, const std::uint8_t* mask, std::int64_t count)
{
    for (std::int64_t i = 0; i < count; ++i)
        gradient[i] = mask[i] != 0 ? gradient[i] : 0.0F;
}

void maxPool(const Pooling& p, const float* wide, float* pooled, std::uint8_t* where, bool rectified)
{
    const Lanes zero = {};
    for (std::int64_t r = 0; r < p.rows; ++r)
        for (std::int64_t i = 0; i < p.columns * p.channels; i += kLanes) {
            const std::int64_t x = i / p.channels;
            const float* from = wide + 2 * r * p.wideRow + x * p.channels + i;
            Lanes best = load(from);
            Whole place = {};
            for (int q = 1; q < 4; ++q) {
                const Lanes next = load(from + q / 2 * p.wideRow + q % 2 * p.channels);
                const Whole larger = (next > best) | (next != next);
                best = larger ? next : best;
                place = larger ? place * 0 + q : place;
            }
            __builtin_memcpy(pooled + r * p.pooledRow + i, &best, sizeof best);
            if (!where)
                continue;
            if (rectified)
                place = best <= zero ? place * 0 + kNowhere : place;
            const Bytes bytes = __builtin_convertvector(place, Bytes);
            __builtin_memcpy(where + r * p.columns * p.channels + i, &bytes, sizeof bytes);
        }
}

void unpool(const Pooling& p, float* wide, const float* pooled, const std::uint8_t* where)
{
    const Lanes zero = {};
    for (std::int64_t r = 0; r < p.rows; ++r)
        for (std::int64_t i = 0; i < p.columns * p.channels; i += kLanes) {
            const std::int64_t x = i / p.channels;
            const Lanes from = load(pooled + r * p.pooledRow + i);
            Bytes bytes;
            __builtin_memcpy(&bytes, where + r * p.columns * p.channels + i, sizeof bytes);
            const Whole place = __builtin_convertvector(bytes, Whole);
            float* to = wide + 2 * r * p.wideRow + x * p.channels + i;
            for (int q = 0; q < 4; ++q) {
                const Lanes given = place == q ? from : zero;
                __builtin_memcpy(to + q / 2 * p.wideRow + q % 2 * p.channels, &given, sizeof given);
            }
        }
}

constexpr Kernels kAll = {kName,        &convolve, &intoTiles, &outOfTiles, &addRows,
                          &keepNonzero, &maskOf,   &applyMask, &maxPool,    &unpool};
