#include "backend/data/corruptions/change_parts.h"
#include "backend/data/corruptions/changes.h"
#include "backend/data/corruptions/image_planes.h"
#include "backend/data/corruptions/sample_random.h"
#include "backend/data/corruptions/severity_levels.h"

#include <opencv2/imgproc.hpp>

#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

namespace assay::data {

namespace {

// Published as fractions of the side. At level 1 nothing is bent, so that the sigma of there has no effect:
// it is level 2's, to interpolate from.
constexpr SeverityLevels kBendAmount = {0, 0, .05, .08, .1, .1};
constexpr SeverityLevels kBendSigma = {.2, .2, .2, .06, .04, .03};
constexpr SeverityLevels kAffineShift = {0, .08, .07, .06, .05, .03};
constexpr double kBendTruncate = 3;

constexpr SeverityLevels kDegrees = {0, 12, 24, 36, 48, 60}; ///< ours

/// Replaces each plane by its values at the places that @p place gives for (x, y).
void remapPlanes(const ImagePlanes& image, int border, const std::function<cv::Point2d(int x, int y)>& place)
{
    std::vector<cv::Mat> from;
    for (int c = 0; c < image.channels; ++c)
        from.push_back(image.mat(c).clone());
    for (int y = 0; y < image.height; ++y) {
        for (int x = 0; x < image.width; ++x) {
            const cv::Point2d at = place(x, y);
            for (int c = 0; c < image.channels; ++c)
                image.mat(c).at<float>(y, x) =
                    sampleAt(from[static_cast<std::size_t>(c)], at.x, at.y, border);
        }
    }
}

/// Moves three points about the centre by up to @p reach pixels and the image with them.
void shiftAffinely(const ImagePlanes& image, double reach, SampleRandom& random)
{
    const auto middleX = static_cast<float>(image.width / 2);
    const auto middleY = static_cast<float>(image.height / 2);
    const auto third = static_cast<float>(image.side() / 3);
    const std::array<cv::Point2f, 3> from = {cv::Point2f(middleX + third, middleY + third),
                                             cv::Point2f(middleX + third, middleY - third),
                                             cv::Point2f(middleX - third, middleY - third)};
    std::array<cv::Point2f, 3> to;
    for (std::size_t i = 0; i < from.size(); ++i) {
        const auto dx = static_cast<float>(random.uniform(-1, 1) * reach);
        const auto dy = static_cast<float>(random.uniform(-1, 1) * reach);
        to[i] = from[i] + cv::Point2f(dx, dy);
    }
    const cv::Matx23d m = cv::getAffineTransform(to.data(), from.data());
    remapPlanes(image, cv::BORDER_REFLECT_101, [&m](int x, int y) {
        return cv::Point2d(m(0, 0) * x + m(0, 1) * y + m(0, 2), m(1, 0) * x + m(1, 1) * y + m(1, 2));
    });
}

cv::Mat displacement(const ImagePlanes& image, double amount, double sigma, SampleRandom& random)
{
    cv::Mat field(image.height, image.width, CV_32F);
    for (int y = 0; y < field.rows; ++y) {
        for (int x = 0; x < field.cols; ++x)
            field.at<float>(y, x) = static_cast<float>(random.uniform(-1, 1));
    }
    smooth(field, sigma, kBendTruncate, cv::BORDER_REFLECT);
    return field * amount;
}

} // namespace

void bendBy(const ImagePlanes& image, double amount, double sigma, SampleRandom& random)
{
    const cv::Mat dx = displacement(image, amount, sigma, random);
    const cv::Mat dy = displacement(image, amount, sigma, random);
    remapPlanes(image, cv::BORDER_REFLECT,
                [&](int x, int y) { return cv::Point2d(x + dx.at<float>(y, x), y + dy.at<float>(y, x)); });
}

void bendElastically(const ImagePlanes& image, double severity, SampleRandom& random)
{
    const double side = image.side();
    shiftAffinely(image, between(kAffineShift, severity) * side, random);
    bendBy(image, between(kBendAmount, severity) * side, between(kBendSigma, severity) * side, random);
}

void rotate(const ImagePlanes& image, double severity, SampleRandom&)
{
    const double angle = between(kDegrees, severity) * std::numbers::pi / 180;
    const double cosine = std::cos(angle);
    const double sine = std::sin(angle);
    const double middleX = (image.width - 1) / 2.0;
    const double middleY = (image.height - 1) / 2.0;
    // Counter-clockwise as seen, with y downwards: a place of the result shows what lies clockwise of it.
    remapPlanes(image, cv::BORDER_CONSTANT, [&](int x, int y) {
        const double dx = x - middleX;
        const double dy = y - middleY;
        return cv::Point2d(middleX + cosine * dx - sine * dy, middleY + sine * dx + cosine * dy);
    });
}

} // namespace assay::data
