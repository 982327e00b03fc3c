// Included once for each instruction set by backend/arrays/instruction_sets.h.

using Lanes = float __attribute__((vector_size(kLanes * 4)));
using Signs = std::int32_t __attribute__((vector_size(kLanes * 4)));

/// A whole vector of numbers.
struct FullLanes
{
    Lanes load(const float* from) const
    {
        Lanes lanes;
        __builtin_memcpy(&lanes, from, sizeof lanes);
        return lanes;
    }
    void store(const Lanes& lanes, float* to) const { __builtin_memcpy(to, &lanes, sizeof lanes); }
};

/// The last numbers, zeros behind them.
struct SomeLanes
{
    std::int64_t count;
    Lanes load(const float* from) const
    {
        Lanes lanes = {};
        __builtin_memcpy(&lanes, from, std::size_t(count) * sizeof(float));
        return lanes;
    }
    void store(const Lanes& lanes, float* to) const
    {
        __builtin_memcpy(to, &lanes, std::size_t(count) * sizeof(float));
    }
};

/// Calls body(lanes, first) for all numbers.
template <class Body>
inline void forLanes(std::int64_t count, Body body)
{
    std::int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes)
        body(FullLanes{}, i);
    if (i < count)
        body(SomeLanes{count - i}, i);
}

inline Lanes all(float value)
{
    return Lanes{} + value;
}

inline Lanes atLeast(const Lanes& lanes, const Lanes& least)
{
    return lanes < least ? least : lanes;
}

inline Lanes atMost(const Lanes& lanes, const Lanes& most)
{
    return lanes > most ? most : lanes;
}

inline Lanes sizeOf(const Lanes& lanes)
{
    return lanes < Lanes{} ? -lanes : lanes;
}

inline double totalOf(const Lanes& lanes)
{
    double total = 0;
    for (int i = 0; i < kLanes; ++i)
        total += double(lanes[i]);
    return total;
}

/// Sums term(lanes, first) over all numbers: in float32 over so few that the digits last, then in double.
template <class Term>
inline double sumOver(std::int64_t count, Term term)
{
    constexpr std::int64_t kBlock = 64 * kLanes;
    double total = 0;
    for (std::int64_t first = 0; first < count; first += kBlock) {
        Lanes sum = {};
        forLanes(count - first < kBlock ? count - first : kBlock,
                 [&](auto lanes, std::int64_t i) { sum += term(lanes, first + i); });
        total += totalOf(sum);
    }
    return total;
}

void signStep(float* position, const float* gradient, const float* low, const float* high, float size,
              std::int64_t count)
{
    const Lanes up = all(size);
    const Lanes zero = {};
    forLanes(count, [&](auto lanes, std::int64_t i) {
        const Lanes g = lanes.load(gradient + i);
        const Lanes step = g > zero ? up : (g < zero ? -up : zero); // 0 for what is no number
        const Lanes moved = atLeast(lanes.load(position + i) + step, lanes.load(low + i));
        lanes.store(atMost(moved, lanes.load(high + i)), position + i);
    });
}

void add(float* position, const float* direction, float factor, std::int64_t count)
{
    forLanes(count, [&](auto lanes, std::int64_t i) {
        lanes.store(lanes.load(position + i) + lanes.load(direction + i) * factor, position + i);
    });
}

double squares(const float* values, const float* centre, std::int64_t count)
{
    if (!centre)
        return sumOver(count, [&](auto lanes, std::int64_t i) {
            const Lanes value = lanes.load(values + i);
            return value * value;
        });
    return sumOver(count, [&](auto lanes, std::int64_t i) {
        const Lanes value = lanes.load(values + i) - lanes.load(centre + i);
        return value * value;
    });
}

void scale(const float* position, const float* centre, float factor, float* out, std::int64_t count)
{
    const Lanes one = all(1);
    forLanes(count, [&](auto lanes, std::int64_t i) {
        const Lanes from = lanes.load(centre + i);
        const Lanes moved = (lanes.load(position + i) - from) * factor + from;
        lanes.store(atMost(atLeast(moved, Lanes{}), one), out + i);
    });
}

/// |y| - lambda as it moves within the room.
struct Boxed
{
    Lanes size;
    Lanes room;
    Lanes moved;
    Boxed(const Lanes& way, const Lanes& from, float lambda)
        : size(sizeOf(way))
        , room(atLeast(way > Lanes{} ? all(1) - from : from, Lanes{}))
        , moved(atMost(atLeast(size - lambda, Lanes{}), room))
    {}
};

BoxedSum boxedSum(const float* position, const float* centre, float lambda, std::int64_t count)
{
    // Not a BoxedSum to be filled: the linker would share its constructor between the instruction sets.
    Signs shrinking = {};
    Lanes largest = {};
    const double sum = sumOver(count, [&](auto lanes, std::int64_t i) {
        const Lanes from = lanes.load(centre + i);
        const Boxed boxed(lanes.load(position + i) - from, from, lambda);
        shrinking -= (boxed.moved > Lanes{}) & (boxed.moved < boxed.room);
        largest = atLeast(largest, boxed.size);
        return boxed.moved;
    });
    std::int64_t allShrinking = 0;
    float most = 0;
    for (int i = 0; i < kLanes; ++i) {
        allShrinking += shrinking[i];
        most = largest[i] > most ? largest[i] : most;
    }
    return {sum, allShrinking, most};
}

void boxedMove(float* position, const float* centre, float lambda, std::int64_t count)
{
    const Lanes one = all(1);
    forLanes(count, [&](auto lanes, std::int64_t i) {
        const Lanes from = lanes.load(centre + i);
        const Lanes way = lanes.load(position + i) - from;
        const Boxed boxed(way, from, lambda);
        const Lanes moved = way < Lanes{} ? from - boxed.moved : from + boxed.moved;
        lanes.store(atMost(atLeast(moved, Lanes{}), one), position + i);
    });
}

constexpr ImageKernels kAll = {kName, &signStep, &add, &squares, &scale, &boxedSum, &boxedMove};
