#include "backend/imaging/image_codec.h"

#include "backend/imaging/image_header.h"
#include "backend/protocol/error.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <torch/torch.h>

#include <cstring>

namespace assay::imaging {

namespace {

void checkImage(const torch::Tensor& image)
{
    const bool fits = image.dim() == 3 && (image.size(0) == 1 || image.size(0) == 3) && image.size(1) > 0 &&
                      image.size(2) > 0 && image.size(1) <= kMaxSide && image.size(2) <= kMaxSide;
    if (!fits)
        throw Error("an image must be [C,H,W] with 1 or 3 channels and sides from 1 to " +
                    std::to_string(kMaxSide));
}

/// [C,H,W] RGB to OpenCV's rows of pixels in BGR, or the single channel; a copy.
cv::Mat toMat(const torch::Tensor& image)
{
    torch::Tensor rows = image.detach().cpu();
    if (rows.size(0) == 3)
        rows = rows.flip(0);
    rows = rows.permute({1, 2, 0}).contiguous();
    const int depth = rows.scalar_type() == torch::kUInt8 ? CV_8U : CV_32F;
    return cv::Mat(static_cast<int>(rows.size(0)), static_cast<int>(rows.size(1)),
                   CV_MAKETYPE(depth, static_cast<int>(rows.size(2))), rows.data_ptr())
        .clone();
}

/// The inverse of toMat.
torch::Tensor toTensor(const cv::Mat& mat)
{
    const cv::Mat packed = mat.isContinuous() ? mat : mat.clone();
    const auto type = packed.depth() == CV_8U ? torch::kUInt8 : torch::kFloat32;
    torch::Tensor rows = torch::empty({packed.rows, packed.cols, packed.channels()}, type);
    std::memcpy(rows.data_ptr(), packed.data, packed.total() * packed.elemSize());
    torch::Tensor image = rows.permute({2, 0, 1});
    return (packed.channels() == 3 ? image.flip(0) : image).contiguous();
}

} // namespace

std::vector<std::uint8_t> encodePng(const torch::Tensor& image)
{
    checkImage(image);
    if (image.scalar_type() != torch::kUInt8)
        throw Error("a PNG needs pixels of bytes 0..255");
    std::vector<std::uint8_t> bytes;
    if (!cv::imencode(".png", toMat(image), bytes))
        throw Error("the image cannot be encoded as PNG");
    return bytes;
}

torch::Tensor decodeImage(std::span<const std::uint8_t> bytes, bool grey, const std::string& where)
{
    const auto size = sizeFromHeader(bytes);
    if (!size)
        throw Error("is neither PNG, JPEG nor BMP", where, "Convert the picture to PNG.");
    if (size->width < 1 || size->height < 1 || size->width > kMaxSide || size->height > kMaxSide ||
        size->width * size->height > kMaxPixels)
        throw Error("is " + std::to_string(size->width) + " x " + std::to_string(size->height) +
                        " pixels; sides must be 1 to " + std::to_string(kMaxSide) + " and the area at most " +
                        std::to_string(kMaxPixels >> 20) + " megapixels",
                    where, "Scale the picture down.");
    cv::Mat decoded;
    try {
        const cv::Mat buffer(1, static_cast<int>(bytes.size()), CV_8U,
                             const_cast<std::uint8_t*>(bytes.data()));
        decoded = cv::imdecode(buffer, grey ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR);
    } catch (const cv::Exception&) {
        decoded.release();
    }
    if (decoded.empty())
        throw Error("is damaged: its pixels cannot be decoded", where, "Fetch or save the picture again.");
    return toTensor(decoded);
}

torch::Tensor resize(const torch::Tensor& image, int height, int width)
{
    checkImage(image);
    if (image.scalar_type() != torch::kUInt8 && image.scalar_type() != torch::kFloat32)
        throw Error("only images of bytes or float32 can be resized");
    if (height < 1 || width < 1 || height > kMaxSide || width > kMaxSide)
        throw Error("an image cannot be resized to " + std::to_string(width) + " x " +
                    std::to_string(height) + "; sides must be 1 to " + std::to_string(kMaxSide));
    const bool shrinks = height <= image.size(1) && width <= image.size(2);
    cv::Mat resized;
    cv::resize(toMat(image), resized, cv::Size(width, height), 0, 0,
               shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
    return toTensor(resized);
}

} // namespace assay::imaging
