#include "backend/imaging/mat.h"

#include <opencv2/imgproc.hpp>
#include <torch/types.h>

#include <array>

namespace assay::imaging {

namespace {

int depthOf(const torch::Tensor& image)
{
    return image.scalar_type() == torch::kUInt8 ? CV_8U : CV_32F;
}

/// The planes of @p image as OpenCV sees them, in OpenCV's order: blue, green, red, alpha.
std::array<cv::Mat, 4> planesOf(const torch::Tensor& image)
{
    std::array<cv::Mat, 4> planes;
    const auto channels = static_cast<std::size_t>(image.size(0));
    const auto bytes = static_cast<std::size_t>(image.size(1) * image.size(2) * image.element_size());
    auto* data = static_cast<std::uint8_t*>(image.data_ptr());
    for (std::size_t c = 0; c < channels; ++c) {
        const std::size_t at = channels >= 3 && c < 3 ? 2 - c : c;
        planes[at] = cv::Mat(static_cast<int>(image.size(1)), static_cast<int>(image.size(2)), depthOf(image),
                             data + c * bytes);
    }
    return planes;
}

} // namespace

cv::Mat toMat(const torch::Tensor& image)
{
    const torch::Tensor plain = image.detach().cpu().contiguous();
    const auto planes = planesOf(plain);
    cv::Mat mat;
    cv::merge(planes.data(), static_cast<std::size_t>(plain.size(0)), mat);
    return mat;
}

void copyPlanes(const cv::Mat& mat, const torch::Tensor& out)
{
    auto planes = planesOf(out); // of the right size and type, so that split() writes into the tensor
    cv::split(mat, planes.data());
}

torch::Tensor toTensor(const cv::Mat& mat)
{
    const auto type = mat.depth() == CV_8U ? torch::kUInt8 : torch::kFloat32;
    torch::Tensor image = torch::empty({mat.channels(), mat.rows, mat.cols}, type);
    copyPlanes(mat, image);
    return image;
}

void scaleTo(const cv::Mat& from, cv::Mat& to)
{
    if (from.size() == to.size()) {
        from.copyTo(to);
        return;
    }
    const bool shrinks = to.rows <= from.rows && to.cols <= from.cols;
    cv::resize(from, to, to.size(), 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
}

} // namespace assay::imaging
