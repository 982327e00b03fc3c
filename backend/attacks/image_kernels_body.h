// Included once for each instruction set by backend/arrays/instruction_sets.h.

using Lanes = float __attribute__((vector_size(kLanes * 4)));
using Signs = std::int32_t __attribute__((vector_size(kLanes * 4)));
using Words = std::uint32_t __attribute__((vector_size(kLanes * 4)));
/// Half as many numbers.
constexpr int kCounters = kLanes / 2;
using Counters = std::uint64_t __attribute__((vector_size(kCounters * 8)));
using HalfSigns = std::int32_t __attribute__((vector_size(kCounters * 4)));
using HalfLanes = float __attribute__((vector_size(kCounters * 4)));

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

/// The same number, which the compiler takes for any: a bound that it knows makes two instructions of what is
/// one for others.
inline Lanes bound(float value)
{
    Lanes lanes = all(value);
#if defined(__x86_64__)
    __asm__("" : "+x"(lanes));
#endif
    return lanes;
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

/// position + 3/4 (ahead - position) + 1/4 (position - previous). Not times 3/4: less a quarter, which is
/// exact, has the same digits whether or not the compiler contracts it with what is before.
inline Lanes carriedOn(const Lanes& position, const Lanes& ahead, const Lanes& previous)
{
    const Lanes way = ahead - position;
    const Lanes most = way - way * 0.25F;
    return (most + position) + (position - previous) * 0.25F;
}

void climb(const float* position, const float* gradient, const float* centre, float eps, float size,
           float* previous, std::int64_t count)
{
    const Lanes up = all(size);
    const Lanes zero = {};
    const Lanes black = bound(0);
    const Lanes white = bound(1);
    forLanes(count, [&](auto lanes, std::int64_t i) {
        const Lanes from = lanes.load(centre + i);
        const Lanes low = atLeast(from - eps, black);
        const Lanes high = atMost(from + eps, white);
        const Lanes g = lanes.load(gradient + i);
        const Lanes step = g > zero ? up : (g < zero ? -up : zero); // 0 for what is no number
        const Lanes at = lanes.load(position + i);
        const Lanes ahead = atMost(atLeast(at + step, low), high);
        const Lanes moved = carriedOn(at, ahead, lanes.load(previous + i));
        lanes.store(atMost(atLeast(moved, low), high), previous + i);
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
    const Lanes black = bound(0);
    const Lanes white = bound(1);
    forLanes(count, [&](auto lanes, std::int64_t i) {
        const Lanes from = lanes.load(centre + i);
        const Lanes moved = (lanes.load(position + i) - from) * factor + from;
        lanes.store(atMost(atLeast(moved, black), white), out + i);
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

/// The counters start + golden, start + (1 + stride) golden, ...
inline Counters countersFrom(std::uint64_t start, std::uint64_t stride)
{
    Counters counters = {};
    for (int i = 0; i < kCounters; ++i)
        counters[i] = start + (1 + std::uint64_t(i) * stride) * arrays::kGolden;
    return counters;
}

/// arrays::mixed() of each.
inline Counters mixedEach(Counters z)
{
    z = (z ^ (z >> 30)) * arrays::kMixA;
    z = (z ^ (z >> 27)) * arrays::kMixB;
    return z ^ (z >> 31);
}

void uniform(std::uint64_t start, float low, float range, float* out, std::int64_t count)
{
    Counters counters = countersFrom(start, 1);
    for (std::int64_t i = 0; i < count; i += kCounters, counters += kCounters * arrays::kGolden) {
        const auto bits = __builtin_convertvector(mixedEach(counters) >> arrays::kDroppedBits, HalfSigns);
        const HalfLanes value =
            __builtin_convertvector(bits, HalfLanes) * (range * arrays::kRandomUnit) + low;
        if (i + kCounters <= count)
            __builtin_memcpy(out + i, &value, sizeof value);
        else
            __builtin_memcpy(out + i, &value, std::size_t(count - i) * sizeof(float));
    }
}

/// log(bits 2^-24) for bits in 1 .. 2^24.
inline Lanes logOfUnit(const Signs& bits)
{
    constexpr std::int32_t kRootHalf = 0x3f3504f3; // float32 bits of sqrt(1/2)
    constexpr int kMantissa = 23;
    const Lanes value = __builtin_convertvector(bits, Lanes) * arrays::kRandomUnit;
    Signs raw;
    __builtin_memcpy(&raw, &value, sizeof raw);
    const Signs exponent = (raw - kRootHalf) >> kMantissa;
    raw -= exponent << kMantissa; // now in [sqrt(1/2), sqrt(2))
    Lanes x;
    __builtin_memcpy(&x, &raw, sizeof x);
    x -= 1;
    const Lanes square = x * x;
    Lanes y = all(7.0376836292e-2F);
    y = y * x - 1.1514610310e-1F;
    y = y * x + 1.1676998740e-1F;
    y = y * x - 1.2420140846e-1F;
    y = y * x + 1.4249322787e-1F;
    y = y * x - 1.6668057665e-1F;
    y = y * x + 2.0000714765e-1F;
    y = y * x - 2.4999993993e-1F;
    y = y * x + 3.3333331174e-1F;
    // log(2) in two parts, so that the product with the exponent is exact.
    const Lanes e = __builtin_convertvector(exponent, Lanes);
    y = y * (x * square) - e * 2.12194440e-4F - square * 0.5F;
    return x + y + e * 0.693359375F;
}

inline Lanes rootOf(const Lanes& lanes)
{
    float numbers[kLanes];
    __builtin_memcpy(numbers, &lanes, sizeof numbers);
    for (float& number : numbers)
        number = __builtin_sqrtf(number);
    return FullLanes{}.load(numbers);
}

/// Of the angle 2 pi (bits 2^-24 - 1/8), for bits in 0 .. 2^24 - 1.
struct Turned
{
    Lanes cosine;
    Lanes sine;
    explicit Turned(const Words& bits)
    {
        // Upper two bits: the quarter turn; the others: the rest, in [-pi/4, pi/4).
        const Signs rest = Signs(bits & 0x3fffffU) - 0x200000;
        const Lanes x = __builtin_convertvector(rest, Lanes) * 3.74507039e-7F; // pi/2 2^-22
        const Lanes square = x * x;
        Lanes s = square * -1.9515295891e-4F + 8.3321608736e-3F;
        s = s * square - 1.6666654611e-1F;
        s = s * (square * x) + x;
        Lanes c = square * 2.443315711809948e-5F - 1.388731625493765e-3F;
        c = c * square + 4.166664568298827e-2F;
        c = c * (square * square) - square * 0.5F + 1.0F;
        const auto odd = (bits & 0x400000U) != 0;
        const Words second = (bits & 0x800000U) << 8;                // sign of the sine
        const Words outer = ((bits ^ (bits << 1)) & 0x800000U) << 8; // of the cosine
        cosine = signedBy(odd ? s : c, outer);
        sine = signedBy(odd ? c : s, second);
    }

private:
    static Lanes signedBy(const Lanes& lanes, const Words& signs)
    {
        Words raw;
        __builtin_memcpy(&raw, &lanes, sizeof raw);
        raw ^= signs;
        Lanes result;
        __builtin_memcpy(&result, &raw, sizeof result);
        return result;
    }
};

/// As many of the numbers as there are places.
inline void storeSome(const Lanes& lanes, float* to, std::int64_t places)
{
    if (places >= kLanes)
        FullLanes{}.store(lanes, to);
    else if (places > 0)
        SomeLanes{places}.store(lanes, to);
}

void normal(std::uint64_t start, float* out, std::int64_t count)
{
    constexpr int kDropped = 8; // of 32 bits: 24 remain
    const std::int64_t half = (count + 1) / 2;
    Counters counters = countersFrom(start, 2);
    for (std::int64_t i = 0; i < half; i += kLanes, counters += kLanes * arrays::kGolden) {
        const Counters lengths = mixedEach(counters);
        const Counters angles = mixedEach(counters + arrays::kGolden);
        Words length, angle; // two of each in a counter's bits, the lower first
        __builtin_memcpy(&length, &lengths, sizeof length);
        __builtin_memcpy(&angle, &angles, sizeof angle);
        const Lanes radius = rootOf(logOfUnit((1 << 24) - Signs(length >> kDropped)) * -2.0F);
        const Turned turned(angle >> kDropped);
        storeSome(radius * turned.cosine, out + i, half - i);
        storeSome(radius * turned.sine, out + half + i, count - half - i);
    }
}

void along(const float* centre, const float* direction, float factor, float* out, std::int64_t count)
{
    const Lanes black = bound(0);
    const Lanes white = bound(1);
    forLanes(count, [&](auto lanes, std::int64_t i) {
        const Lanes moved = lanes.load(direction + i) * factor + lanes.load(centre + i);
        lanes.store(atMost(atLeast(moved, black), white), out + i);
    });
}

void within(const float* position, const float* centre, float most, float* out, std::int64_t count)
{
    forLanes(count, [&](auto lanes, std::int64_t i) {
        const Lanes from = lanes.load(centre + i);
        lanes.store(atMost(atLeast(lanes.load(position + i), from - most), from + most), out + i);
    });
}

void gather(const float* image, const float* centre, const float* weights, std::int64_t images, float* sum,
            float* weighted, std::int64_t count)
{
    forLanes(count, [&](auto lanes, std::int64_t i) {
        const Lanes from = lanes.load(centre + i);
        Lanes total = lanes.load(sum + i);
        Lanes answered = lanes.load(weighted + i);
        for (std::int64_t k = 0; k < images; ++k) {
            const Lanes way = lanes.load(image + k * count + i) - from;
            total += way;
            answered += way * weights[k];
        }
        lanes.store(total, sum + i);
        lanes.store(answered, weighted + i);
    });
}

constexpr ImageKernels kAll = {kName,      &signStep, &climb,  &add,   &squares, &scale, &boxedSum,
                               &boxedMove, &uniform,  &normal, &along, &within,  &gather};
