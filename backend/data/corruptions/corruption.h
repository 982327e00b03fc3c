#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace assay::data {

struct ImagePlanes;
class SampleRandom;

enum class CorruptionGroup { Noise, Blur, Weather, Digital, Geometry };

/// "noise", "blur", "weather", "digital", "geometry".
const char* corruptionGroupName(CorruptionGroup group);

/// The most severe level.
inline constexpr double kMaxSeverity = 5;

/// A way in which pictures go bad, in the manner of CIFAR-C: Hendrycks and Dietterich, "Benchmarking Neural
/// Network Robustness to Common Corruptions and Perturbations", ICLR 2019, with the constants that its
/// authors used for CIFAR-10 (32 x 32). Each summary says what differs from theirs. For all of them:
/// - Severity is a real number from 0 (the image itself, bit for bit) to 5. At 1 .. 5 the constants are the
///   published ones, between them they are interpolated, and so they are between 1 and the value that changes
///   nothing.
/// - Random numbers belong to (seed, corruption, sample) and stay the same over severities.
/// - Values stay float32; the published sets are rounded to 8 bits.
/// - Lengths in pixels (widths of blurs, flakes, drops) hold up to 32 pixels, 28 x 28 among them, and grow
///   with the smaller side / 32 beyond: adapted, the authors chose other constants for 64 x 64. Elastic and
///   pixelate are defined by fractions of the side.
/// - Grey images take the luma (0.299, 0.587, 0.114) of colours that are laid over them.
struct Corruption
{
    std::string id;    ///< stable, [a-z_]+: the names of CIFAR-C's files where there are such
    std::string title; ///< "Gaussian noise"
    CorruptionGroup group = CorruptionGroup::Noise;
    bool colourOnly = false; ///< grey images are refused: left as they are they would look robust
    bool random = false;     ///< depends on seed and sample
    /// Whether more severity means at least as much damage (mean square difference). Of some published
    /// constants it does not: see summary.
    bool monotone = true;
    std::string summary;
    /// Changes one image in place; not called for severity 0.
    void (*change)(const ImagePlanes& image, double severity, SampleRandom& random) = nullptr;
};

/// All of them, by group. Immutable, safe from any thread.
const std::vector<Corruption>& corruptions();

/// @throws Error for an unknown id, naming the known ones.
const Corruption& corruption(const std::string& id);

/// The fifteen corruptions with the constants that the same authors use for ImageNet, under the same ids.
/// Lengths are pixels whatever the size of the image: on images of 28 or 32 pixels blurs and flakes are
/// extreme. Between whole severities two images are mixed. Monotone is not looked into. Only for studies that
/// follow a paper which takes these; frost is drawn here as well.
const std::vector<Corruption>& imagenetCorruptions();

/// The corrupted images, float32 [N,C,H,W] in [0,1] on the device of @p x; computed on the CPU with all
/// cores. A sample's result depends on its pixels, the severity, the seed and its number, and on nothing
/// else.
/// @param x float32 [N,C,H,W] in [0,1], C = 1 or 3, sides at least 8; N may be 0.
/// @param severity 0 .. 5.
/// @param sampleIds int64 [N]: the samples' numbers in their data set.
/// @param lengths of imagenetCorruptions(): what lengths in pixels are multiplied by, above 0.
/// @throws Error for anything else, and for grey images where colours are needed.
torch::Tensor corrupted(const Corruption& corruption, const torch::Tensor& x, double severity,
                        std::uint64_t seed, const torch::Tensor& sampleIds, double lengths = 1);

} // namespace assay::data
