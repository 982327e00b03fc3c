#include "backend/data/corruptions/change_parts.h"
#include "backend/data/corruptions/changes.h"
#include "backend/data/corruptions/image_planes.h"
#include "backend/data/corruptions/poisson_quantile.h"
#include "backend/data/corruptions/sample_random.h"
#include "backend/data/corruptions/severity_levels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace assay::data {

namespace {

constexpr SeverityLevels kGaussianDeviation = {0, .04, .06, .08, .09, .10}; ///< published
constexpr SeverityLevels kSpeckleDeviation = {0, .06, .1, .12, .16, .2};    ///< published
constexpr SeverityLevels kImpulseShare = {0, .01, .02, .03, .05, .07};      ///< published
/// Photons of a white pixel, published. Interpolated as 1 / sqrt(photons), to which the noise is
/// proportional.
constexpr std::array<double, 5> kPhotons = {500, 250, 100, 75, 50};

std::vector<float> normalFor(const ImagePlanes& image, SampleRandom& random)
{
    std::vector<float> noise(image.all().size());
    random.fillNormal(noise);
    return noise;
}

double photons(double severity)
{
    SeverityLevels roots = {};
    for (std::size_t i = 0; i < kPhotons.size(); ++i)
        roots[i + 1] = 1 / std::sqrt(kPhotons[i]);
    const double root = between(roots, severity);
    return 1 / (root * root);
}

} // namespace

void addNormalNoise(const ImagePlanes& image, double deviation, SampleRandom& random)
{
    const std::vector<float> noise = normalFor(image, random);
    for (std::size_t i = 0; float& value : image.all())
        value += static_cast<float>(deviation) * noise[i++];
}

void countPhotons(const ImagePlanes& image, double white, SampleRandom& random)
{
    const std::vector<float> noise = normalFor(image, random);
    for (std::size_t i = 0; float& value : image.all())
        value = static_cast<float>(poissonQuantile(std::max(0.0f, value) * white, noise[i++]) / white);
}

void strewSaltAndPepper(const ImagePlanes& image, double share, SampleRandom& random)
{
    for (float& value : image.all()) {
        const float hit = random.uniform();
        const float salt = random.uniform();
        if (hit < share)
            value = salt < 0.5f ? 1.0f : 0.0f;
    }
}

void addGaussianNoise(const ImagePlanes& image, double severity, SampleRandom& random)
{
    addNormalNoise(image, between(kGaussianDeviation, severity), random);
}

void drawShotNoise(const ImagePlanes& image, double severity, SampleRandom& random)
{
    countPhotons(image, photons(severity), random);
}

void addSpeckleNoise(const ImagePlanes& image, double severity, SampleRandom& random)
{
    const auto deviation = static_cast<float>(between(kSpeckleDeviation, severity));
    const std::vector<float> noise = normalFor(image, random);
    for (std::size_t i = 0; float& value : image.all())
        value += value * deviation * noise[i++];
}

void addImpulseNoise(const ImagePlanes& image, double severity, SampleRandom& random)
{
    strewSaltAndPepper(image, between(kImpulseShare, severity), random);
}

} // namespace assay::data
