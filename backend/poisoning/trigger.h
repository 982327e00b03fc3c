#pragma once

#include "backend/protocol/json.h"

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace assay::poisoning {

enum class TriggerKind {
    Patch,      ///< a small square: BadNets, Gu et al. 2017
    Blended,    ///< a picture over the whole image, x' = (1-b) x + b p: Chen et al. 2017
    Sinusoidal, ///< strips, x' = x + d sin(2 pi f j / W): SIG, Barni et al. 2019
    Warp        ///< a smooth shift of the pixels: WaNet, Nguyen and Tran 2021
};

/// "patch", "blended", "sinusoidal", "warp"; in the order of TriggerKind.
const std::vector<std::string>& triggerKindNames();
const char* triggerKindName(TriggerKind kind);
/// @throws Error naming the known ones.
TriggerKind triggerKindFromName(const std::string& name);

/// "white", "black", "checkerboard", "noise", "own": what a patch or a blended picture shows.
const std::vector<std::string>& triggerPatternNames();

/// What betrays a poisoned image to the model. Every kind reads its own numbers and ignores the others.
struct TriggerSpec
{
    TriggerKind kind = TriggerKind::Patch;
    std::string pattern = "white"; ///< Patch, Blended: one of triggerPatternNames()
    // Patch: x, y of its centre and its side. On 28 x 28 the defaults are rows and columns 24 .. 26.
    double x = 0.91;     ///< fraction of the width
    double y = 0.91;     ///< fraction of the height
    double size = 0.107; ///< fraction of the shorter side; at least one pixel
    /// How much of a patch or of a blended picture is seen, in (0,1]. The usual 1 for patches is 0.1 .. 0.2
    /// for blended pictures.
    double opacity = 1;
    double amplitude = 20.0 / 255; ///< Sinusoidal: d, in [0,1]
    double frequency = 6;          ///< Sinusoidal: f, periods over the width
    int grid = 4;                  ///< Warp: k, control points a side
    double strength = 0.5;         ///< Warp: s, mean shift of a control point in units of 1 / side
    std::uint64_t seed = 0;        ///< of noise patterns and of the warp
    /// Pattern "own": uint8 [C,h,w]. A patch is resized to its side, a blended picture to the image.
    torch::Tensor pixels;
    torch::Tensor mask; ///< uint8 [1,h,w], 255 opaque; undefined: all of it

    bool operator==(const TriggerSpec& other) const;
};

/// Pixels as lists of whole numbers 0..255.
Json toJson(const TriggerSpec& spec);
/// Absent keys keep their defaults. @throws Error naming the key that is unknown, of a wrong type or range.
TriggerSpec triggerFromJson(const Json& json, const std::string& where);

/// "white patch of 3 pixels", "blend of noise at 0.2": for captions.
std::string describe(const TriggerSpec& spec, std::int64_t height, std::int64_t width);

/// A trigger made ready for images of one size. Immutable, safe from any thread.
class Trigger
{
public:
    /// @throws Error for a number out of range, or own pixels with other channels than 1 or @p channels.
    Trigger(TriggerSpec spec, std::int64_t channels, std::int64_t height, std::int64_t width);

    const TriggerSpec& spec() const { return m_spec; }
    /// The images with the trigger, float32 [n,C,H,W] in [0,1] on the device of @p x, rounded to 8 bits as a
    /// published picture is. Deterministic. @throws Error for images of another size.
    torch::Tensor stamp(const torch::Tensor& x) const;
    /// The same for uint8 [n,C,H,W].
    torch::Tensor stampBytes(const torch::Tensor& x) const;
    /// WaNet's noise mode: the warp with a jitter of every pixel's own, up to one unit of 1 / side, so that
    /// only the clean warp betrays. @p ids int64 [n]: an image's draws are its own. @throws Error for other
    /// kinds.
    torch::Tensor stampNoise(const torch::Tensor& x, const torch::Tensor& ids) const;
    /// Where the trigger changes images: float32 [1,H,W] in [0,1] on the CPU; all 1 for kinds that change all
    /// of it.
    torch::Tensor cover() const;

private:
    torch::Tensor warped(const torch::Tensor& x, const torch::Tensor& field) const;

    TriggerSpec m_spec;
    std::int64_t m_channels, m_height, m_width;
    torch::Tensor m_picture; ///< [C,H,W], what is blended in
    torch::Tensor m_alpha;   ///< [1,H,W] in [0,1]; undefined for kinds that do not blend
    torch::Tensor m_strips;  ///< [1,1,W]
    torch::Tensor m_field;   ///< [1,H,W,2]: where pixels are taken from, as grid_sample() has it
};

} // namespace assay::poisoning
