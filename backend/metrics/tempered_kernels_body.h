// Included once for each instruction set by backend/arrays/instruction_sets.h, whose kLanes are of
// float32: half as many of float64.

constexpr int kReals = kLanes / 2;
using Reals = double __attribute__((vector_size(kReals * 8)));
using Wholes = std::uint64_t __attribute__((vector_size(kReals * 8)));
using Singles = float __attribute__((vector_size(kReals * 4)));

__attribute__((always_inline)) inline void load(const float* from, Reals& to)
{
    Singles singles;
    __builtin_memcpy(&singles, from, sizeof singles);
    to = __builtin_convertvector(singles, Reals);
}

/// x becomes 2^x, for x from 0 down; below -1000, where 1 + 2^x has long been 1, 2^-1000. 2^x = 2^n 2^part,
/// |part| <= 1/2, by Chebyshev's polynomial of degree 9, which is within 2e-14 of it.
__attribute__((always_inline)) inline void powerOfTwo(Reals& x)
{
    constexpr double kToWhole = 0x1.8p52; // a sum with it has no digits after the point
    const Reals lowest = Reals{} - 1000.0;
    x = x < lowest ? lowest : x;
    const Reals shifted = x + kToWhole;
    const Reals part = x - (shifted - kToWhole);
    Reals sum = part * 1.0205906527945659e-07 + 1.3259647013855699e-06;
    sum = sum * part + 1.5252672919976235e-05;
    sum = sum * part + 0.0001540343374351187;
    sum = sum * part + 0.0013333558200801122;
    sum = sum * part + 0.009618129193944678;
    sum = sum * part + 0.05550410866465164;
    sum = sum * part + 0.24022650695640296;
    sum = sum * part + 0.6931471805599462;
    sum = sum * part + 1.0000000000000135;
    // The last bits of the shifted sum are n; added to the exponent, they multiply by 2^n.
    x = (Reals)((Wholes)sum + ((Wholes)shifted << 52));
}

TemperedSums block(const float* logits, std::int64_t classes, double inverseTemperature, std::int64_t rows,
                   double* confidence)
{
    double logSum = 0, brierSum = 0; // a struct's constructor would be shared by the linker
    const Reals zero = {};
    const double scale = 1.4426950408889634 * inverseTemperature; // exp(x) = 2^(x / ln 2)
    double total[kTemperedRows];
    for (std::int64_t row = 0; row < kTemperedRows; row += kReals) {
        Reals largest, label;
        load(logits + row, largest);
        Reals sum = zero + 1.0, squares = zero + 1.0;
        for (std::int64_t k = 1; k < classes; ++k) {
            Reals e;
            load(logits + k * kTemperedRows + row, e);
            e = (e - largest) * scale;
            powerOfTwo(e);
            sum += e;
            squares += e * e;
        }
        load(logits + classes * kTemperedRows + row, label);
        label = (label - largest) * scale;
        powerOfTwo(label);
        const Reals top = 1.0 / sum;
        const Reals brier = (squares * top - 2.0 * label) * top + 1.0;
        __builtin_memcpy(confidence + row, &top, sizeof top);
        __builtin_memcpy(total + row, &sum, sizeof sum);
        for (int lane = 0; lane < kReals; ++lane)
            brierSum += row + lane < rows ? brier[lane] : 0;
    }
    // One logarithm for a product of many sums, each from 1 to the number of classes.
    double product = 1;
    for (std::int64_t row = 0; row < rows; ++row) {
        product *= total[row];
        if (product > 1e200) {
            logSum += __builtin_log(product);
            product = 1;
        }
    }
    logSum += __builtin_log(product);
    return {logSum, brierSum};
}

constexpr TemperedKernel kAll = {kName, &block};
