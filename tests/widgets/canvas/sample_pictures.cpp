#include "sample_pictures.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace assay::test {

QImage samplePicture(const QSize& size, int seed)
{
    QImage picture(size, QImage::Format_RGB888);
    const double w = size.width(), h = size.height();
    for (int y = 0; y < size.height(); ++y) {
        uchar* line = picture.scanLine(y);
        for (int x = 0; x < size.width(); ++x) {
            const double u = x / w - 0.5, v = y / h - 0.5;
            const double rings = 0.5 + 0.5 * std::sin(40 * std::sqrt(u * u + v * v) + seed);
            const bool checker = ((x / 16) + (y / 16)) % 2 == 0;
            line[3 * x] = static_cast<uchar>(40 + 180 * rings);
            line[3 * x + 1] = static_cast<uchar>(std::clamp(255 * (u + 0.5), 0.0, 255.0));
            line[3 * x + 2] = static_cast<uchar>((checker ? 60 : 140) + (7 * x + 13 * y) % 64);
        }
    }
    return picture;
}

QImage perturbed(const QImage& picture, int amount, int seed)
{
    QImage result = picture;
    std::mt19937 generator(static_cast<unsigned>(seed));
    std::uniform_int_distribution<int> change(-amount, amount);
    for (int y = 0; y < result.height(); ++y) {
        uchar* line = result.scanLine(y);
        for (int i = 0; i < 3 * result.width(); ++i)
            line[i] = static_cast<uchar>(std::clamp(line[i] + change(generator), 0, 255));
    }
    return result;
}

} // namespace assay::test
