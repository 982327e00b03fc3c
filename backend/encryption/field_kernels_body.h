// Compiled once for each instruction set (backend/arrays/instruction_sets.h): no include guard, nothing of
// the standard library.

/// Fields [first, first + count) of all lanes, on top of what is there unless they are the first. Few at a
/// time: the compiler gives up vectors where it would have to compare more pointers.
template <class Lane, int bits, int first, int count>
void layFields(const std::uint8_t* const* rows, const int* shifts, std::uint64_t flip, std::uint8_t* out,
               std::int64_t lanes)
{
    constexpr Lane mask = (Lane(1) << bits) - 1;
    const std::uint8_t* from[count];
    int shift[count];
    for (int k = 0; k < count; ++k) {
        from[k] = rows[first + k];
        shift[k] = shifts[first + k];
    }
    std::uint8_t* __restrict to = out;
    for (std::int64_t b = 0; b < lanes; ++b) {
        const std::int64_t at = b * static_cast<std::int64_t>(sizeof(Lane));
        Lane lane = static_cast<Lane>(flip);
        if constexpr (first > 0)
            __builtin_memcpy(&lane, to + at, sizeof(Lane));
        for (int k = 0; k < count; ++k) {
            Lane source;
            __builtin_memcpy(&source, from[k] + at, sizeof(Lane));
            lane ^= static_cast<Lane>(static_cast<Lane>(source >> shift[k] & mask) << (bits * (first + k)));
        }
        __builtin_memcpy(to + at, &lane, sizeof(Lane));
    }
}

template <class Lane, int bits>
void moveFields(const std::uint8_t* const* rows, const int* shifts, std::uint64_t flip, std::uint8_t* out,
                std::int64_t lanes)
{
    constexpr int fields = static_cast<int>(sizeof(Lane)) * 8 / bits;
    if constexpr (fields <= 8) {
        layFields<Lane, bits, 0, fields>(rows, shifts, flip, out, lanes);
    } else {
        layFields<Lane, bits, 0, 8>(rows, shifts, flip, out, lanes);
        layFields<Lane, bits, 8, fields - 8>(rows, shifts, flip, out, lanes);
    }
}

constexpr FieldKernels kAll = {kName,
                               moveFields<std::uint16_t, 8>,
                               moveFields<std::uint32_t, 8>,
                               moveFields<std::uint64_t, 8>,
                               moveFields<std::uint16_t, 4>,
                               moveFields<std::uint32_t, 4>,
                               moveFields<std::uint64_t, 4>};
