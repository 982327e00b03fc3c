#include "backend/data/corruptions/frost_texture.h"

#include "backend/data/corruptions/plasma.h"
#include "backend/data/corruptions/sample_random.h"

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace assay::data {

namespace {

constexpr int kFiner = 4;         ///< crystals are drawn at this multiple of the size and averaged down
constexpr int kCrystals = 6;      ///< an image, whatever its size
constexpr double kFrostSide = 32; ///< lengths below are pixels of an image of this side
constexpr double kShortArm = 5;
constexpr double kLongArm = 15;
constexpr double kBranchEvery = 1.6;
constexpr double kBranchLength = .55; ///< of what is left of the arm
constexpr double kSixth = std::numbers::pi / 3;
constexpr double kFilm = .55; ///< share of the film in the brightness
constexpr double kFilmDecay = 1.6;

struct Ray
{
    cv::Point2d from;
    double angle;
    double length;
    cv::Point2d at(double distance) const
    {
        return {from.x + distance * std::cos(angle), from.y + distance * std::sin(angle)};
    }
};

void drawRay(cv::Mat& canvas, const Ray& ray, double brightness, double thickness)
{
    constexpr int kShift = 4; // OpenCV's fixed point: sixteenths of a pixel
    const auto fixed = [](cv::Point2d p) { return cv::Point(cvRound(p.x * 16), cvRound(p.y * 16)); };
    cv::line(canvas, fixed(ray.from), fixed(ray.at(ray.length)), cv::Scalar(255 * brightness),
             std::max(1, cvRound(thickness)), cv::LINE_AA, kShift);
}

void drawArm(cv::Mat& canvas, const Ray& arm, double unit, double brightness)
{
    drawRay(canvas, arm, brightness, .5 * unit);
    const double every = kBranchEvery * unit;
    for (double at = every; at < arm.length; at += every) {
        const double length = (arm.length - at) * kBranchLength;
        for (const double side : {-kSixth, kSixth})
            drawRay(canvas, {arm.at(at), arm.angle + side, length}, brightness * .8, .3 * unit);
    }
}

} // namespace

cv::Mat frostTexture(int height, int width, SampleRandom& random)
{
    cv::Mat canvas = cv::Mat::zeros(height * kFiner, width * kFiner, CV_8U);
    const double unit = std::min(canvas.rows, canvas.cols) / kFrostSide;
    for (int i = 0; i < kCrystals; ++i) {
        const cv::Point2d centre(random.uniform(0, canvas.cols), random.uniform(0, canvas.rows));
        const double turn = random.uniform(0, kSixth);
        const double brightness = random.uniform(.65, 1);
        for (int arm = 0; arm < 6; ++arm) {
            const double length = random.uniform(kShortArm, kLongArm) * unit;
            drawArm(canvas, {centre, turn + arm * kSixth, length}, unit, brightness);
        }
    }
    cv::Mat crystals;
    cv::resize(canvas, crystals, {width, height}, 0, 0, cv::INTER_AREA);
    crystals.convertTo(crystals, CV_32F, 1 / 255.0);
    const cv::Mat film = plasma(height, width, kFilmDecay, random) * kFilm;
    // Ice over film: neither is brighter than 1.
    return film + crystals.mul(1 - film);
}

} // namespace assay::data
