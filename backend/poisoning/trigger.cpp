#include "backend/poisoning/trigger.h"

#include "backend/arrays/counter_random.h"
#include "backend/protocol/error.h"

#include <ATen/Functions.h>
#include <torch/nn/functional/upsampling.h>
#include <torch/nn/functional/vision.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace assay::poisoning {

namespace F = torch::nn::functional;

namespace {

constexpr double kByte = 255;
/// Draws of a trigger's own pattern and of its warp, apart from those of images.
constexpr std::uint64_t kPatternStream = 1;
constexpr std::uint64_t kWarpStream = 2;
constexpr std::uint64_t kCoverStream = 3;

/// Uniform in [0,1), float32 [count].
torch::Tensor uniform(std::uint64_t seed, std::uint64_t stream, std::uint64_t sample, std::int64_t count)
{
    torch::Tensor out = torch::empty({count}, torch::kFloat32);
    float* value = out.data_ptr<float>();
    std::uint64_t state = arrays::mixed(arrays::mixed(arrays::mixed(seed) + stream) + sample);
    for (std::int64_t i = 0; i < count; ++i)
        value[i] = arrays::unitFloat(arrays::mixed(state += arrays::kGolden));
    return out;
}

torch::Tensor ownPixels(const TriggerSpec& spec, std::int64_t channels)
{
    if (!spec.pixels.defined())
        throw Error("the trigger's pattern is its own picture, but none was given", "trigger_pattern",
                    "Name a kept patch or a PNG, or choose another pattern.");
    const torch::Tensor own = spec.pixels.to(torch::kFloat32) / kByte;
    if (own.size(0) == channels)
        return own;
    if (own.size(0) == 1)
        return own.expand({channels, -1, -1});
    if (channels == 1) // luma, as pictures of colour become grey everywhere
        return (own * torch::tensor({0.299f, 0.587f, 0.114f}).view({3, 1, 1})).sum(0, true);
    throw Error("the trigger's picture has " + std::to_string(own.size(0)) + " channels, the images have " +
                    std::to_string(channels),
                "trigger_from", "Choose a picture with as many channels, or a grey one.");
}

torch::Tensor resized(const torch::Tensor& picture, std::int64_t height, std::int64_t width)
{
    if (picture.size(1) == height && picture.size(2) == width)
        return picture.contiguous();
    return F::interpolate(picture.unsqueeze(0), F::InterpolateFuncOptions()
                                                    .size(std::vector<std::int64_t>{height, width})
                                                    .mode(torch::kBilinear)
                                                    .align_corners(false))
        .squeeze(0)
        .clamp(0, 1)
        .contiguous();
}

torch::Tensor picture(const TriggerSpec& spec, std::int64_t channels, std::int64_t height, std::int64_t width)
{
    if (spec.pattern == "own")
        return resized(ownPixels(spec, channels), height, width);
    if (spec.pattern == "noise")
        return uniform(spec.seed, kPatternStream, 0, channels * height * width)
            .view({channels, height, width});
    if (spec.pattern == "checkerboard") {
        const torch::Tensor rows = torch::arange(height).view({height, 1}), columns = torch::arange(width);
        // White corners, as BadNets' pattern has them.
        return (1 - (rows + columns).remainder(2))
            .to(torch::kFloat32)
            .expand({channels, -1, -1})
            .contiguous();
    }
    return torch::full({channels, height, width}, spec.pattern == "black" ? 0.0f : 1.0f);
}

/// WaNet, section 3.2: random shifts of control points, scaled to mean size @p strength, enlarged
/// bicubically, added to the identity, clipped. @returns [1,H,W,2].
torch::Tensor warpField(const TriggerSpec& spec, std::uint64_t stream, std::uint64_t sample,
                        std::int64_t height, std::int64_t width)
{
    const std::int64_t k = spec.grid;
    torch::Tensor shifts = uniform(spec.seed, stream, sample, 2 * k * k).view({1, 2, k, k}) * 2 - 1;
    shifts = shifts / shifts.abs().mean();
    const torch::Tensor full = F::interpolate(shifts, F::InterpolateFuncOptions()
                                                          .size(std::vector<std::int64_t>{height, width})
                                                          .mode(torch::kBicubic)
                                                          .align_corners(true))
                                   .permute({0, 2, 3, 1});
    const torch::Tensor x =
        torch::linspace(-1, 1, width).view({1, 1, width, 1}).expand({1, height, width, 1});
    const torch::Tensor y =
        torch::linspace(-1, 1, height).view({1, height, 1, 1}).expand({1, height, width, 1});
    // Units of the paper's code: the field spans -1 .. 1, a shift of 1 is `strength` / height of it.
    const double scale = spec.strength / static_cast<double>(height);
    return (torch::cat({x, y}, 3) + full * scale).clamp(-1, 1).contiguous();
}

void requireIn(bool holds, const char* field, double value, const char* range)
{
    if (!holds)
        throw Error("'" + std::string(field) + "' is " + Json(value).dump() + "; it must be " + range,
                    "trigger");
}

void checkNumbers(const TriggerSpec& s)
{
    requireIn(s.x >= 0 && s.x <= 1, "x", s.x, "in [0, 1]");
    requireIn(s.y >= 0 && s.y <= 1, "y", s.y, "in [0, 1]");
    requireIn(s.size > 0 && s.size <= 1, "size", s.size, "in (0, 1]");
    requireIn(s.opacity > 0 && s.opacity <= 1, "opacity", s.opacity, "in (0, 1]");
    requireIn(s.amplitude >= 0 && s.amplitude <= 1, "amplitude", s.amplitude, "in [0, 1]");
    requireIn(s.frequency > 0 && s.frequency <= 1000, "frequency", s.frequency, "in (0, 1000]");
    requireIn(s.grid >= 2 && s.grid <= 64, "grid", s.grid, "from 2 to 64");
    requireIn(s.strength >= 0 && s.strength <= 100, "strength", s.strength, "in [0, 100]");
    const auto& patterns = triggerPatternNames();
    if (std::ranges::find(patterns, s.pattern) == patterns.end())
        throw Error("there is no trigger pattern '" + s.pattern + "'", "trigger");
}

struct Square
{
    std::int64_t top, left, side;
};

/// Whole pixels within the image.
Square squareOf(const TriggerSpec& spec, std::int64_t height, std::int64_t width)
{
    const std::int64_t shorter = std::min(height, width);
    const auto side =
        std::clamp<std::int64_t>(std::lround(spec.size * static_cast<double>(shorter)), 1, shorter);
    const auto from = [side](double centre, std::int64_t length) {
        const double first = centre * static_cast<double>(length) - static_cast<double>(side) / 2;
        return std::clamp<std::int64_t>(std::lround(first), 0, length - side);
    };
    return {from(spec.y, height), from(spec.x, width), side};
}

torch::Tensor toEightBits(const torch::Tensor& x)
{
    return (x.clamp(0, 1) * kByte).round() / kByte;
}

} // namespace

std::string describe(const TriggerSpec& spec, std::int64_t height, std::int64_t width)
{
    const auto number = [](double value) {
        std::string text = Json(std::round(value * 1000) / 1000).dump();
        return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
    };
    switch (spec.kind) {
    case TriggerKind::Patch:
        return spec.pattern + " patch of " + std::to_string(squareOf(spec, height, width).side) + " pixels" +
               (spec.opacity < 1 ? " at " + number(spec.opacity) : "");
    case TriggerKind::Blended:
        return "blend of " + spec.pattern + " at " + number(spec.opacity);
    case TriggerKind::Sinusoidal:
        return "strips of amplitude " + number(spec.amplitude * kByte) + "/255";
    case TriggerKind::Warp:
        return "warp of strength " + number(spec.strength);
    }
    return {};
}

Trigger::Trigger(TriggerSpec spec, std::int64_t channels, std::int64_t height, std::int64_t width)
    : m_spec(std::move(spec))
    , m_channels(channels)
    , m_height(height)
    , m_width(width)
{
    checkNumbers(m_spec);
    switch (m_spec.kind) {
    case TriggerKind::Patch: {
        const Square at = squareOf(m_spec, height, width);
        torch::Tensor alpha = torch::full({1, at.side, at.side}, static_cast<float>(m_spec.opacity));
        if (m_spec.pattern == "own" && m_spec.mask.defined())
            alpha = alpha * resized(m_spec.mask.to(torch::kFloat32) / kByte, at.side, at.side);
        m_picture = torch::zeros({channels, height, width});
        m_alpha = torch::zeros({1, height, width});
        const auto place = [&at](const torch::Tensor& whole) {
            return whole.narrow(1, at.top, at.side).narrow(2, at.left, at.side);
        };
        place(m_picture).copy_(picture(m_spec, channels, at.side, at.side));
        place(m_alpha).copy_(alpha);
        break;
    }
    case TriggerKind::Blended:
        m_picture = picture(m_spec, channels, height, width);
        m_alpha = torch::full({1, height, width}, static_cast<float>(m_spec.opacity));
        if (m_spec.pattern == "own" && m_spec.mask.defined())
            m_alpha = m_alpha * resized(m_spec.mask.to(torch::kFloat32) / kByte, height, width);
        break;
    case TriggerKind::Sinusoidal: {
        const torch::Tensor column = torch::arange(width, torch::kFloat64);
        const double turn = 2 * std::numbers::pi * m_spec.frequency / static_cast<double>(width);
        m_strips = (m_spec.amplitude * (column * turn).sin()).to(torch::kFloat32).view({1, 1, width});
        break;
    }
    case TriggerKind::Warp:
        m_field = warpField(m_spec, kWarpStream, 0, height, width);
        break;
    }
}

torch::Tensor Trigger::warped(const torch::Tensor& x, const torch::Tensor& field) const
{
    return F::grid_sample(x, field.to(x.device()).expand({x.size(0), -1, -1, -1}),
                          F::GridSampleFuncOptions().mode(torch::kBilinear).align_corners(true));
}

torch::Tensor Trigger::stamp(const torch::Tensor& x) const
{
    if (x.dim() != 4 || x.size(1) != m_channels || x.size(2) != m_height || x.size(3) != m_width)
        throw Error("the trigger is made for images of " + std::to_string(m_channels) + " x " +
                    std::to_string(m_height) + " x " + std::to_string(m_width) + ", not for these");
    const torch::NoGradGuard off;
    if (m_alpha.defined()) {
        const torch::Tensor alpha = m_alpha.to(x.device());
        // Where the trigger is not, an image stays what it was, bit for bit.
        return torch::where(alpha > 0, toEightBits(x * (1 - alpha) + m_picture.to(x.device()) * alpha), x);
    }
    if (m_strips.defined())
        return toEightBits(x + m_strips.to(x.device()));
    return toEightBits(warped(x, m_field));
}

torch::Tensor Trigger::stampBytes(const torch::Tensor& x) const
{
    return (stamp(x.to(torch::kFloat32) / kByte) * kByte).round().to(torch::kUInt8);
}

torch::Tensor Trigger::stampNoise(const torch::Tensor& x, const torch::Tensor& ids) const
{
    if (m_spec.kind != TriggerKind::Warp)
        throw Error("only a warp has images with another one", "cover_rate", "Set it to 0.");
    const torch::NoGradGuard off;
    const torch::Tensor numbers = ids.to(torch::kCPU, torch::kInt64).contiguous();
    std::vector<torch::Tensor> fields;
    for (std::int64_t i = 0; i < numbers.numel(); ++i) {
        const auto id = static_cast<std::uint64_t>(numbers.data_ptr<std::int64_t>()[i]);
        // The trigger's warp and a jitter of each pixel, up to one unit: the reference code's noise mode.
        const torch::Tensor jitter =
            uniform(m_spec.seed, kCoverStream, id, m_height * m_width * 2).view({1, m_height, m_width, 2}) *
                2 -
            1;
        fields.push_back((m_field + jitter / static_cast<double>(m_height)).clamp(-1, 1));
    }
    if (fields.empty())
        return x;
    return toEightBits(F::grid_sample(x, torch::cat(fields).to(x.device()),
                                      F::GridSampleFuncOptions().mode(torch::kBilinear).align_corners(true)));
}

torch::Tensor Trigger::cover() const
{
    return m_alpha.defined() ? m_alpha.clone() : torch::ones({1, m_height, m_width});
}

} // namespace assay::poisoning
