#pragma once

#include <opencv2/core/mat.hpp>

#include <cstddef>
#include <functional>

namespace assay::data {

struct ImagePlanes;
class SampleRandom;

// What corruptions do, by their numbers instead of a severity: the parts that the lists for small images and
// for ImageNet share. Each changes one image in place. For the inside of this folder.

void addNormalNoise(const ImagePlanes& image, double deviation, SampleRandom& random);
/// @param white photons of a white pixel.
void countPhotons(const ImagePlanes& image, double white, SampleRandom& random);
void strewSaltAndPepper(const ImagePlanes& image, double share, SampleRandom& random);

/// A disk of whole pixels, softened over 3 x 3 or 5 x 5: of a radius below 1 only the softening remains. As
/// published.
cv::Mat diskKernel(double radius, double softening);
void filterPlanes(const ImagePlanes& image, const cv::Mat& kernel);
void smoothPlanes(const ImagePlanes& image, double sigma);
/// Smoothed, every pixel @p passes times exchanged with one up to @p reach away (the borders are not), and
/// smoothed again.
void seeThroughGlass(const ImagePlanes& image, double sigma, int reach, int passes, SampleRandom& random);

/// @param flakes as large as the image; they are laid on once as they are and once turned by 180 degrees.
void layFlakes(const ImagePlanes& image, const cv::Mat& flakes, double kept);
void layFog(const ImagePlanes& image, double amount, double decay, SampleRandom& random);
void layFrost(const ImagePlanes& image, double kept, double amount, SampleRandom& random);

void brightenBy(const ImagePlanes& image, double more);
void keepContrast(const ImagePlanes& image, double kept);
/// The means of @p down x @p across cells.
void makeCells(const ImagePlanes& image, int down, int across);
void passThroughJpeg(const ImagePlanes& image, int quality);

/// Every pixel taken from a place up to @p amount pixels away, the ways smoothed.
void bendBy(const ImagePlanes& image, double amount, double sigma, SampleRandom& random);

/// Calls @p change with the whole levels 1 .. 5 below and above @p severity and mixes what they make of the
/// image; both draw the same numbers. Level 0 is the image itself.
void mixLevels(const ImagePlanes& image, double severity, SampleRandom& random,
               const std::function<void(const ImagePlanes&, std::size_t level, SampleRandom&)>& change);

} // namespace assay::data
