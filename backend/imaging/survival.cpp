#include "backend/imaging/survival.h"

#include "backend/imaging/mat.h"
#include "backend/protocol/error.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

namespace assay::imaging {

namespace {

constexpr double kInk = 0.06;
constexpr double kContrast = 0.86;
constexpr double kToneGamma = 1.15;
constexpr double kLeak = 0.08;
constexpr double kBlurOfSide = 0.02;
constexpr double kLeastBlur = 0.5;
constexpr double kGrain = 0.02;

torch::Tensor asBytes(const torch::Tensor& image)
{
    return (image * 255).round_().clamp_(0, 255).to(torch::kUInt8);
}

cv::Mat throughFile(const cv::Mat& pixels, const char* ending, const std::vector<int>& options)
{
    std::vector<std::uint8_t> file;
    if (!cv::imencode(ending, pixels, file, options))
        throw Error(std::string("an image cannot be encoded as ") + ending);
    return cv::imdecode(file, cv::IMREAD_UNCHANGED);
}

/// uint8 [C,H,W] through a file; where pictures cannot have that many channels, each is a picture.
torch::Tensor coded(const torch::Tensor& bytes, const char* ending, const std::vector<int>& options)
{
    if (bytes.size(0) == 1 || bytes.size(0) == 3)
        return toTensor(throughFile(toMat(bytes), ending, options));
    std::vector<torch::Tensor> channels;
    for (const torch::Tensor& channel : bytes.split(1))
        channels.push_back(toTensor(throughFile(toMat(channel), ending, options)));
    return torch::cat(channels);
}

torch::Tensor resized(const torch::Tensor& image, double factor)
{
    std::vector<torch::Tensor> channels;
    const int height = static_cast<int>(image.size(1)), width = static_cast<int>(image.size(2));
    const cv::Size small(std::max(1, static_cast<int>(std::lround(factor * width))),
                         std::max(1, static_cast<int>(std::lround(factor * height))));
    for (const torch::Tensor& channel : image.split(1)) {
        cv::Mat down, back;
        cv::resize(toMat(channel), down, small, 0, 0, cv::INTER_AREA);
        cv::resize(down, back, cv::Size(width, height), 0, 0, cv::INTER_LINEAR);
        channels.push_back(toTensor(back));
    }
    return torch::cat(channels);
}

std::uint64_t hashed(std::uint64_t value)
{
    value += 0x9E3779B97F4A7C15ull; // SplitMix64, Steele et al. 2014
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ull;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBull;
    return value ^ (value >> 31);
}

/// In (0,1].
double unit(std::uint64_t bits)
{
    return (static_cast<double>(bits >> 11) + 1) * 0x1p-53;
}

/// Standard normal numbers (Box and Muller 1958) that depend on the key and the position alone.
torch::Tensor grain(const torch::Tensor& like, std::uint64_t key)
{
    torch::Tensor noise = torch::empty_like(like);
    float* out = noise.data_ptr<float>();
    for (std::int64_t i = 0; i < noise.numel(); ++i) {
        const std::uint64_t bits = hashed(key + static_cast<std::uint64_t>(i));
        out[i] = static_cast<float>(std::sqrt(-2 * std::log(unit(bits))) *
                                    std::cos(2 * std::numbers::pi * unit(hashed(bits))));
    }
    return noise;
}

torch::Tensor printed(const torch::Tensor& image, std::uint64_t key)
{
    torch::Tensor ink = image;
    if (image.size(0) == 3) {
        const torch::Tensor others = (image.sum(0, true) - image) / 2;
        ink = image * (1 - kLeak) + others * kLeak;
    }
    ink = ink.pow(kToneGamma).mul(kContrast).add(kInk);
    const double side = static_cast<double>(std::min(image.size(1), image.size(2)));
    const double sigma = std::max(kLeastBlur, kBlurOfSide * side);
    std::vector<torch::Tensor> channels;
    for (const torch::Tensor& channel : ink.split(1)) {
        cv::Mat blurred;
        cv::GaussianBlur(toMat(channel), blurred, cv::Size(0, 0), sigma, sigma, cv::BORDER_REPLICATE);
        channels.push_back(toTensor(blurred));
    }
    torch::Tensor seen = torch::cat(channels).contiguous();
    seen = seen.add(grain(seen, key), kGrain).sub(kInk).div(kContrast).clamp(0, 1);
    return asBytes(seen).to(torch::kFloat32).div_(255);
}

torch::Tensor one(const torch::Tensor& image, const Ordeal& ordeal, std::uint64_t key)
{
    switch (ordeal.kind) {
    case Ordeal::Kind::None:
        return image;
    case Ordeal::Kind::Png:
        return coded(asBytes(image), ".png", {}).to(torch::kFloat32).div_(255);
    case Ordeal::Kind::Jpeg:
        return coded(asBytes(image), ".jpg", {cv::IMWRITE_JPEG_QUALITY, static_cast<int>(ordeal.strength)})
            .to(torch::kFloat32)
            .div_(255);
    case Ordeal::Kind::Resize:
        return resized(image, ordeal.strength).clamp(0, 1);
    case Ordeal::Kind::Print:
        return printed(image, key);
    }
    return image;
}

std::string shortText(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
}

void check(const torch::Tensor& images, const Ordeal& ordeal)
{
    if (images.dim() != 4 || images.scalar_type() != torch::kFloat32 || !images.device().is_cpu())
        throw Error("images must be float32 [N,C,H,W] on the CPU", ordealId(ordeal));
    if (ordeal.kind == Ordeal::Kind::Jpeg && !(ordeal.strength >= 1 && ordeal.strength <= 100))
        throw Error("the quality is " + shortText(ordeal.strength) + "; it must be 1 to 100", "JPEG");
    if (ordeal.kind == Ordeal::Kind::Resize && !(ordeal.strength > 0 && ordeal.strength < 1))
        throw Error("the factor is " + shortText(ordeal.strength) + "; it must be between 0 and 1",
                    "resizing");
}

} // namespace

std::string ordealId(const Ordeal& ordeal)
{
    switch (ordeal.kind) {
    case Ordeal::Kind::None:
        return "none";
    case Ordeal::Kind::Png:
        return "png";
    case Ordeal::Kind::Jpeg:
        return "jpeg-" + shortText(ordeal.strength);
    case Ordeal::Kind::Resize:
        return "resize-" + shortText(ordeal.strength);
    case Ordeal::Kind::Print:
        return "print";
    }
    return "none";
}

std::string ordealTitle(const Ordeal& ordeal)
{
    switch (ordeal.kind) {
    case Ordeal::Kind::None:
        return "as made";
    case Ordeal::Kind::Png:
        return "PNG";
    case Ordeal::Kind::Jpeg:
        return "JPEG " + shortText(ordeal.strength);
    case Ordeal::Kind::Resize:
        return "at " + shortText(100 * ordeal.strength) + " %";
    case Ordeal::Kind::Print:
        return "print";
    }
    return "as made";
}

const std::vector<Ordeal>& ordeals()
{
    using Kind = Ordeal::Kind;
    static const std::vector<Ordeal> all = {{Kind::None, 0},     {Kind::Png, 0},   {Kind::Jpeg, 95},
                                            {Kind::Jpeg, 75},    {Kind::Jpeg, 50}, {Kind::Resize, 0.75},
                                            {Kind::Resize, 0.5}, {Kind::Print, 0}};
    return all;
}

torch::Tensor afterOrdeal(const torch::Tensor& images, const Ordeal& ordeal, std::uint64_t seed,
                          std::int64_t firstImage)
{
    check(images, ordeal);
    const torch::Tensor plain = images.detach().contiguous();
    torch::Tensor result = torch::empty_like(plain);
    for (std::int64_t i = 0; i < plain.size(0); ++i) {
        const std::uint64_t key = hashed(hashed(seed) + static_cast<std::uint64_t>(firstImage + i));
        result[i].copy_(one(plain[i], ordeal, key));
    }
    return result;
}

} // namespace assay::imaging
