#pragma once

#include <cstdint>
#include <vector>

namespace assay::attacks {

// Arithmetic over the pixels of an image, or of several in a row, on the CPU: what a step or a proposal does
// in one pass where tensor operators take one each. Small networks take no longer than a few such operators.
// All pointers are to contiguous float32.

/// A point of the ball of L1 cut with the box, see nearestInL1Box().
struct BoxedSum
{
    double sum = 0;             ///< of min(max(|y| - lambda, 0), room)
    std::int64_t shrinking = 0; ///< how many pixels of that are neither at 0 nor at their room
    float largest = 0;          ///< |y|
};

/// One instruction set's version of everything.
struct ImageKernels
{
    const char* name;
    /// position <- min(max(position + size sign(gradient), low), high). The digits of the tensor operators.
    void (*signStep)(float* position, const float* gradient, const float* low, const float* high, float size,
                     std::int64_t count);
    /// A step with momentum of APGD within the ball of L-inf: with z the point that signStep() moves to,
    /// previous <- clip(position + 3/4 (z - position) + 1/4 (position - previous)), the digits of the tensor
    /// operators in this order. Both are clipped to centre +- eps and [0,1].
    void (*climb)(const float* position, const float* gradient, const float* centre, float eps, float size,
                  float* previous, std::int64_t count);
    /// position <- position + factor * direction.
    void (*add)(float* position, const float* direction, float factor, std::int64_t count);
    /// Sum of squares of values - centre. @param centre null: of values.
    double (*squares)(const float* values, const float* centre, std::int64_t count);
    /// out <- clip(centre + factor * (position - centre)), to [0,1]. @param out may be @p position.
    void (*scale)(const float* position, const float* centre, float factor, float* out, std::int64_t count);
    /// With y = position - centre, and the room on y's side of the centre.
    BoxedSum (*boxedSum)(const float* position, const float* centre, float lambda, std::int64_t count);
    /// position <- centre + sign(y) min(max(|y| - lambda, 0), room), in [0,1].
    void (*boxedMove)(float* position, const float* centre, float lambda, std::int64_t count);
    /// out <- low + range * the numbers of RandomStreams::uniform() whose counter begins at @p start, to the
    /// last digit.
    void (*uniform)(std::uint64_t start, float low, float range, float* out, std::int64_t count);
    /// out <- those of RandomStreams::normal(): see there for which bits make which number. Logarithm, sine
    /// and cosine are polynomials of float32 accuracy (Moshier's Cephes).
    void (*normal)(std::uint64_t start, float* out, std::int64_t count);
    /// out <- clip(centre + factor * direction), to [0,1]. @param out may be @p direction.
    void (*along)(const float* centre, const float* direction, float factor, float* out, std::int64_t count);
    /// out <- min(max(position, centre - most), centre + most). The digits of the tensor operators.
    void (*within)(const float* position, const float* centre, float most, float* out, std::int64_t count);
    /// sum <- sum + (image - centre) and weighted <- weighted + weights[k] (image - centre) for each of
    /// @p images, in their order, however many there are at a time.
    void (*gather)(const float* image, const float* centre, const float* weights, std::int64_t images,
                   float* sum, float* weighted, std::int64_t count);
};

/// The best that this processor runs.
const ImageKernels& imageKernels();
/// All that it runs, the best first.
std::vector<const ImageKernels*> runnableImageKernels();

} // namespace assay::attacks
