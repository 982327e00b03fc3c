#pragma once

#include "backend/metrics/bootstrap.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace assay::metrics {

/// A box in pixels: left, top, width, height.
struct Rectangle
{
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;
    double area() const { return width * height; }
};

/// Area of the intersection over that of the union, 0 .. 1; 0 when either is empty.
double intersectionOverUnion(const Rectangle& a, const Rectangle& b);

struct TrueObject
{
    Rectangle box;
    std::int32_t category = 0;
};

struct FoundObject
{
    Rectangle box;
    double score = 0; ///< any scale, higher is surer
    std::int32_t category = 0;
};

/// What is on one image and what a detector says of it, in any order.
struct DetectedImage
{
    std::vector<TrueObject> truths;
    std::vector<FoundObject> found;
};

/// Boxes whose area, in square pixels, counts: least <= area <= most.
struct AreaRange
{
    double least = 0;
    double most = std::numeric_limits<double>::infinity();
    bool holds(double area) const { return area >= least && area <= most; }
};

/// Which found objects are compared with which true ones, and when they are the same.
struct MatchRule
{
    std::int32_t category = 0;
    double iou = 0.5; ///< at least so much, in (0,1]
    int most = 100;   ///< found objects of an image and category that count: those of highest score
    /// A truth outside need not be found and does no harm when it is; a found object that matches no truth
    /// and lies outside is no false alarm.
    AreaRange area;
};

/// One point of a curve of precision against recall.
struct PrecisionPoint
{
    double score = 0; ///< the threshold: everything found with at least so much counts
    double recall = 0;
    double precision = 0;
};

/// What counts at a threshold of the score.
struct DetectionCounts
{
    std::int64_t truths = 0;      ///< inside the area range
    std::int64_t matched = 0;     ///< of them
    std::int64_t falseAlarms = 0; ///< found, and nothing is there
    std::int64_t missed() const { return truths - matched; }
    /// Attack success as missed / truths; NaN without truths.
    double missRate() const;
    double recall() const;    ///< NaN without truths
    double precision() const; ///< NaN when nothing was found
};

/// What became of one truth: for lists of the missed ones.
struct TruthOutcome
{
    std::int64_t image = 0;
    std::int64_t truth = 0;         ///< index into DetectedImage::truths
    std::optional<double> score;    ///< of the found object that matches it; none: missed at any threshold
    std::optional<std::int64_t> by; ///< that one's index into DetectedImage::found
};

/// The matching of found with true objects of one category, by the definition of COCO (Lin et al. 2014, the
/// code of pycocotools): per image, found objects in the order of descending score (of equal ones the earlier
/// first) take the free truth that they overlap most, if at least MatchRule::iou (of equal ones the later);
/// truths inside the area range go before those outside. What is found with a lower score never changes what
/// became of a higher one, so one matching serves all thresholds. Immutable and safe from any thread.
class Matches
{
public:
    /// @throws Error for an IoU outside (0,1], most below 1, or a score that is NaN.
    Matches(std::span<const DetectedImage> images, const MatchRule& rule);

    std::int64_t images() const { return m_images; }
    std::int64_t truths() const { return static_cast<std::int64_t>(m_outcomes.size()); }

    /// The mean over the recalls 0, 0.01, .. 1 of the highest precision that is reached at that recall or a
    /// higher one, 0 where none is. Empty without truths: then nothing can be said. Found objects of equal
    /// score are taken in the order of the images. Recalls are compared as whole numbers: COCO's own code
    /// rounds them, and may miss a step that is reached exactly.
    std::optional<double> averagePrecision() const;
    /// The same of images drawn anew. @param times how often each image is drawn, [images()].
    std::optional<double> averagePrecision(std::span<const std::int32_t> times) const;

    /// The mean over the recalls 0, 0.1, .. 1 only, as VOC took it until 2009 (Everingham et al. 2010,
    /// section 4.2). Objects are matched as above: VOC's own code counts a second find of one object as false
    /// even where another object lies close enough.
    std::optional<double> elevenPointPrecision() const;
    /// The same of images drawn anew.
    std::optional<double> elevenPointPrecision(std::span<const std::int32_t> times) const;
    /// The area under that highest precision over all recalls, as VOC takes it since 2010.
    std::optional<double> allPointPrecision() const;

    /// One point for each found object that counts, by descending score; precision as it is, without the
    /// maximum that averagePrecision() takes. Empty without truths.
    std::vector<PrecisionPoint> curve() const;
    /// Precisions at the recalls 0, 0.01, .. 1, whose mean is averagePrecision(). Empty without truths.
    std::vector<double> interpolated() const;

    DetectionCounts at(double score) const;
    /// Of every truth inside the area range, by image.
    const std::vector<TruthOutcome>& outcomes() const { return m_outcomes; }

private:
    struct Counted ///< a found object that counts
    {
        double score = 0;
        std::int32_t image = 0;
        bool matched = false;
    };

    void matchImage(const DetectedImage& image, std::int64_t index, const MatchRule& rule);
    std::vector<double> interpolated(std::span<const std::int32_t> times) const;
    void requireDrawn(std::span<const std::int32_t> times) const;

    std::int64_t m_images = 0;
    std::vector<Counted> m_counted; ///< by descending score
    std::vector<TruthOutcome> m_outcomes;
    std::vector<std::int32_t> m_truthsOf; ///< of each image, inside the area range
};

/// The ten thresholds 0.5, 0.55, .. 0.95 of "AP@[.5:.95]".
std::vector<double> cocoThresholds();

/// Mean of averagePrecision() over those that have truths; empty when none has. For AP@[.5:.95] and for means
/// over categories.
std::optional<double> meanAveragePrecision(std::span<const Matches> matches);

/// The matchings of all @p categories at all @p thresholds, otherwise by @p rule.
std::vector<Matches> matchesOf(std::span<const DetectedImage> images, std::span<const double> thresholds,
                               std::int32_t categories, const MatchRule& rule = {});

/// meanAveragePrecision() over resamples of the images, all of the same images in the same order. The same
/// seed draws the same images, so that differences between two detectors on one set are paired; see
/// percentileInterval(). NaN where a resample holds no truth. @returns float64 [resamples].
/// @throws Error when they differ in their number of images, or for a specification out of range.
torch::Tensor resampledPrecision(std::span<const Matches> matches, const BootstrapSpec& spec = {});

/// The same of elevenPointPrecision().
torch::Tensor resampledElevenPoint(std::span<const Matches> matches, const BootstrapSpec& spec = {});

/// DetectionCounts::missRate() at @p score over resamples of the images, likewise.
torch::Tensor resampledMissRate(const Matches& matches, double score, const BootstrapSpec& spec = {});

} // namespace assay::metrics
