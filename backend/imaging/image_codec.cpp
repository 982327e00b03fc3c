#include "backend/imaging/image_codec.h"

#include "backend/imaging/image_header.h"
#include "backend/imaging/mat.h"
#include "backend/imaging/tiff_tags.h"
#include "backend/protocol/error.h"

#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <torch/types.h>

#include <limits>
#include <mutex>

namespace assay::imaging {

namespace {

constexpr const char* kAgain = "Fetch or save the picture again.";

void checkImage(const torch::Tensor& image, bool alphaAllowed)
{
    const bool fits = image.dim() == 3 &&
                      (image.size(0) == 1 || image.size(0) == 3 || (alphaAllowed && image.size(0) == 4)) &&
                      image.size(1) > 0 && image.size(2) > 0 && image.size(1) <= kMaxSide &&
                      image.size(2) <= kMaxSide;
    if (!fits)
        throw Error("an image must be [C,H,W] with 1 or 3 channels and sides from 1 to " +
                    std::to_string(kMaxSide));
}

ImageHeader checkedHeader(std::span<const std::uint8_t> bytes, const std::string& where)
{
    if (bytes.empty())
        throw Error("is empty", where, kAgain);
    const auto kind = kindFromHeader(bytes);
    if (!kind)
        throw Error("is neither PNG, JPEG, BMP, TIFF nor WebP", where, "Convert the picture to PNG.");
    const auto header = readHeader(bytes);
    if (!header)
        throw Error("is a damaged " + std::string(kindName(*kind)) + ": it ends inside its header", where,
                    kAgain);
    const ImageSize& size = header->size;
    if (size.width < 1 || size.height < 1 || size.width > kMaxSide || size.height > kMaxSide ||
        size.width * size.height > kMaxPixels)
        throw Error("is " + std::to_string(size.width) + " x " + std::to_string(size.height) +
                        " pixels; sides must be 1 to " + std::to_string(kMaxSide) + " and the area at most " +
                        std::to_string(kMaxPixels >> 20) + " megapixels",
                    where, "Scale the picture down.");
    // These two decoders fill what is missing and say nothing.
    const bool whole = header->kind == ImageKind::Jpeg   ? jpegIsWhole(bytes)
                       : header->kind == ImageKind::Tiff ? tiffIsWhole(bytes)
                                                         : true;
    if (!whole)
        throw Error("is a damaged " + std::string(kindName(header->kind)) +
                        ": it ends before its picture does",
                    where, kAgain);
    return *header;
}

int readFlags(const ImageHeader& header, const DecodeOptions& options)
{
    if (header.kind == ImageKind::Jpeg && options.reduce > 1) {
        const int reduced = options.reduce == 2   ? cv::IMREAD_REDUCED_COLOR_2
                            : options.reduce == 4 ? cv::IMREAD_REDUCED_COLOR_4
                                                  : cv::IMREAD_REDUCED_COLOR_8;
        return reduced | cv::IMREAD_IGNORE_ORIENTATION;
    }
    return cv::IMREAD_UNCHANGED; // every channel and bit, and no orientation: both are ours to handle
}

cv::Mat decoded(std::span<const std::uint8_t> bytes, int flags)
{
    static std::once_flag silenced;
    std::call_once(silenced, [] { cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT); });
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        return {};
    try {
        const cv::Mat buffer(1, static_cast<int>(bytes.size()), CV_8U,
                             const_cast<std::uint8_t*>(bytes.data()));
        return cv::imdecode(buffer, flags);
    } catch (...) { // its readers throw more than cv::Exception
        return {};
    }
}

/// Bytes a channel: 16 bits scaled exactly, v * 255 / 65535 = v / 257, rounded by adding half.
cv::Mat toBytes(const cv::Mat& mat, const std::string& where)
{
    if (mat.depth() == CV_8U)
        return mat;
    if (mat.depth() != CV_16U)
        throw Error("holds values of other than 8 or 16 bits a channel", where,
                    "Convert the picture to PNG of 8 bits.");
    cv::Mat bytes(mat.size(), CV_8UC(mat.channels()));
    const int count = mat.cols * mat.channels();
    for (int row = 0; row < mat.rows; ++row) {
        const auto* from = mat.ptr<std::uint16_t>(row);
        auto* to = bytes.ptr<std::uint8_t>(row);
        for (int i = 0; i < count; ++i)
            to[i] = static_cast<std::uint8_t>((from[i] + 128u) / 257u);
    }
    return bytes;
}

/// BGRA laid on one colour: c * a + background * (1 - a), rounded; c is already c * a when premultiplied.
cv::Mat flattened(const cv::Mat& bgra, const std::array<std::uint8_t, 3>& background, bool premultiplied)
{
    cv::Mat bgr(bgra.size(), CV_8UC3);
    for (int row = 0; row < bgra.rows; ++row) {
        const auto* from = bgra.ptr<std::uint8_t>(row);
        auto* to = bgr.ptr<std::uint8_t>(row);
        for (int i = 0; i < bgra.cols; ++i, from += 4, to += 3) {
            const unsigned alpha = from[3];
            for (std::size_t c = 0; c < 3; ++c) {
                const unsigned colour = from[c] * (premultiplied ? 255u : alpha);
                const unsigned sum = colour + background[2 - c] * (255u - alpha) + 127u;
                to[c] = static_cast<std::uint8_t>(std::min(sum / 255u, 255u));
            }
        }
    }
    return bgr;
}

cv::Mat turnedUpright(const cv::Mat& mat, int orientation)
{
    cv::Mat turned = mat;
    if (orientation >= 5)
        cv::transpose(mat, turned);
    // What is left after the transposition, by the EXIF table: mirrored across, down, or both.
    constexpr int kNoFlip = 2;
    constexpr int kFlips[] = {kNoFlip, kNoFlip, 1, -1, 0, kNoFlip, 1, -1, 0};
    if (const int flip = kFlips[orientation]; flip != kNoFlip) {
        cv::Mat flipped;
        cv::flip(turned, flipped, flip);
        return flipped;
    }
    return turned;
}

cv::Mat withChannels(const cv::Mat& mat, const DecodeOptions& options, bool premultiplied)
{
    cv::Mat pixels = mat;
    if (pixels.channels() == 4 && (options.channels == 1 || options.channels == 3))
        pixels = flattened(pixels, options.background, premultiplied);
    const int have = pixels.channels();
    const int want = options.channels == 0 ? have : options.channels;
    if (have == want)
        return pixels;
    const int code = want == 1   ? cv::COLOR_BGR2GRAY
                     : want == 3 ? cv::COLOR_GRAY2BGR
                     : have == 1 ? cv::COLOR_GRAY2BGRA
                                 : cv::COLOR_BGR2BGRA;
    cv::Mat converted;
    cv::cvtColor(pixels, converted, code);
    return converted;
}

/// 8 bits, BGR order, the channels asked for, upright when asked.
cv::Mat decodeMat(std::span<const std::uint8_t> bytes, const DecodeOptions& options, const std::string& where)
{
    const ImageHeader header = checkedHeader(bytes, where);
    std::vector<std::uint8_t> upright;
    if (header.kind == ImageKind::Tiff && header.orientation != 1) {
        upright = withoutOrientation(bytes, *readTiffTags(bytes));
        bytes = upright;
    }
    const cv::Mat raw = decoded(bytes, readFlags(header, options));
    const bool known = raw.channels() == 1 || raw.channels() == 3 || raw.channels() == 4;
    if (raw.empty() || !known)
        throw Error("is a damaged " + std::string(kindName(header.kind)) + ": its pixels cannot be decoded",
                    where, kAgain);
    const cv::Mat pixels = withChannels(toBytes(raw, where), options, header.premultiplied);
    return options.upright ? turnedUpright(pixels, header.orientation) : pixels;
}

} // namespace

std::vector<std::uint8_t> encodePng(const torch::Tensor& image)
{
    checkImage(image, true);
    if (image.scalar_type() != torch::kUInt8)
        throw Error("a PNG needs pixels of bytes 0..255");
    std::vector<std::uint8_t> bytes;
    if (!cv::imencode(".png", toMat(image), bytes))
        throw Error("the image cannot be encoded as PNG");
    return bytes;
}

std::vector<std::uint8_t> encodeJpeg(const torch::Tensor& image, int quality)
{
    checkImage(image, false);
    if (image.scalar_type() != torch::kUInt8 || quality < 1 || quality > 100)
        throw Error("a JPEG needs pixels of bytes 0..255 and a quality from 1 to 100");
    std::vector<std::uint8_t> bytes;
    if (!cv::imencode(".jpg", toMat(image), bytes, {cv::IMWRITE_JPEG_QUALITY, quality}))
        throw Error("the image cannot be encoded as JPEG");
    return bytes;
}

std::vector<std::uint8_t> encodeDeepPng(const torch::Tensor& image)
{
    checkImage(image, false);
    if (image.scalar_type() != torch::kInt16 || image.lt(0).any().item<bool>())
        throw Error("a PNG of 16 bits needs whole numbers from 0 on");
    // OpenCV's order: pixel by pixel, blue first.
    const torch::Tensor pixels = image.cpu().flip(0).permute({1, 2, 0}).contiguous();
    const cv::Mat mat(static_cast<int>(image.size(1)), static_cast<int>(image.size(2)),
                      CV_16UC(static_cast<int>(image.size(0))), pixels.data_ptr());
    std::vector<std::uint8_t> bytes;
    if (!cv::imencode(".png", mat, bytes))
        throw Error("the image cannot be encoded as PNG");
    return bytes;
}

torch::Tensor decodeDeepPng(std::span<const std::uint8_t> bytes, const std::string& where)
{
    const ImageHeader header = checkedHeader(bytes, where);
    const cv::Mat mat = header.kind == ImageKind::Png ? decoded(bytes, cv::IMREAD_UNCHANGED) : cv::Mat();
    if (mat.empty() || mat.depth() != CV_16U || (mat.channels() != 1 && mat.channels() != 3))
        throw Error("is no PNG with 16 bits a value and 1 or 3 channels", where,
                    "Give the file as it was written");
    const torch::Tensor pixels =
        torch::from_blob(mat.data, {mat.rows, mat.cols, mat.channels()},
                         {static_cast<std::int64_t>(mat.step1()), mat.channels(), 1}, torch::kInt16);
    return pixels.to(torch::kInt32).bitwise_and(0xffff).permute({2, 0, 1}).flip(0).contiguous();
}

torch::Tensor decodeImage(std::span<const std::uint8_t> bytes, const DecodeOptions& options,
                          const std::string& where)
{
    return toTensor(decodeMat(bytes, options, where));
}

torch::Tensor decodeImage(std::span<const std::uint8_t> bytes, bool grey, const std::string& where)
{
    return decodeImage(bytes, DecodeOptions{.channels = grey ? 1 : 3}, where);
}

void decodeInto(std::span<const std::uint8_t> bytes, const DecodeOptions& options, Fit fit,
                const torch::Tensor& out, const std::string& where)
{
    const cv::Mat source = decodeMat(bytes, options, where);
    const auto height = static_cast<int>(out.size(1));
    const auto width = static_cast<int>(out.size(2));
    if (source.rows == height && source.cols == width) {
        copyPlanes(source, out);
        return;
    }
    const auto [from, to] = place(source.cols, source.rows, width, height, fit);
    const auto& colour = options.background;
    const double grey = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2];
    cv::Mat target(height, width, source.type(),
                   source.channels() == 1 ? cv::Scalar(grey)
                                          : cv::Scalar(colour[2], colour[1], colour[0], 255));
    cv::Mat part = target(cv::Rect(to.x, to.y, to.width, to.height));
    scaleTo(source(cv::Rect(from.x, from.y, from.width, from.height)), part);
    copyPlanes(target, out);
}

torch::Tensor resize(const torch::Tensor& image, int height, int width)
{
    checkImage(image, false);
    if (image.scalar_type() != torch::kUInt8 && image.scalar_type() != torch::kFloat32)
        throw Error("only images of bytes or float32 can be resized");
    if (height < 1 || width < 1 || height > kMaxSide || width > kMaxSide)
        throw Error("an image cannot be resized to " + std::to_string(width) + " x " +
                    std::to_string(height) + "; sides must be 1 to " + std::to_string(kMaxSide));
    const cv::Mat from = toMat(image);
    cv::Mat resized(height, width, from.type());
    scaleTo(from, resized);
    return toTensor(resized);
}

} // namespace assay::imaging
