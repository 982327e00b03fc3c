#include "backend/data/corruptions/plasma.h"

#include "backend/data/corruptions/sample_random.h"

#include <opencv2/core.hpp>

#include <algorithm>

namespace assay::data {

namespace {

/// A square grid that wraps at its sides, a power of two.
class PlasmaGrid
{
public:
    explicit PlasmaGrid(int side)
        : m_values(cv::Mat::zeros(side, side, CV_64F))
        , m_mask(side - 1)
    {}

    double& at(int y, int x) { return m_values.at<double>(y & m_mask, x & m_mask); }
    int side() const { return m_mask + 1; }
    const cv::Mat& values() const { return m_values; }

private:
    cv::Mat m_values;
    int m_mask;
};

void fillSquares(PlasmaGrid& grid, int step, double amplitude, SampleRandom& random)
{
    const int half = step / 2;
    for (int y = 0; y < grid.side(); y += step) {
        for (int x = 0; x < grid.side(); x += step) {
            const double corners =
                grid.at(y, x) + grid.at(y, x + step) + grid.at(y + step, x) + grid.at(y + step, x + step);
            grid.at(y + half, x + half) = corners / 4 + amplitude * random.uniform(-1, 1);
        }
    }
}

/// The point at (y, x) from its four neighbours at half a step.
void fillDiamond(PlasmaGrid& grid, int y, int x, int half, double displacement)
{
    grid.at(y, x) =
        (grid.at(y - half, x) + grid.at(y + half, x) + grid.at(y, x - half) + grid.at(y, x + half)) / 4 +
        displacement;
}

void fillDiamonds(PlasmaGrid& grid, int step, double amplitude, SampleRandom& random)
{
    const int half = step / 2;
    for (int y = 0; y < grid.side(); y += step) {
        for (int x = 0; x < grid.side(); x += step) {
            fillDiamond(grid, y, x + half, half, amplitude * random.uniform(-1, 1));
            fillDiamond(grid, y + half, x, half, amplitude * random.uniform(-1, 1));
        }
    }
}

} // namespace

cv::Mat plasma(int height, int width, double decay, SampleRandom& random)
{
    int side = 2;
    while (side < std::max(height, width))
        side *= 2;
    PlasmaGrid grid(side);
    double amplitude = 1;
    for (int step = side; step >= 2; step /= 2) {
        fillSquares(grid, step, amplitude, random);
        fillDiamonds(grid, step, amplitude, random);
        amplitude /= decay * decay;
    }
    double least = 0;
    double most = 0;
    cv::minMaxLoc(grid.values(), &least, &most);
    cv::Mat result;
    grid.values()(cv::Rect(0, 0, width, height))
        .convertTo(result, CV_32F, 1 / (most - least), -least / (most - least));
    return result;
}

} // namespace assay::data
