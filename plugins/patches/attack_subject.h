#pragma once

#include "backend/attacks/patch/patch_file.h"
#include "backend/attacks/patch/placement.h"
#include "backend/engine/run_context.h"
#include "backend/metrics/average_precision.h"
#include "backend/metrics/rates.h"
#include "backend/models/detection/detector.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::patches {

/// Scores from which on a detector's objects count as found, for success rates.
inline constexpr double kFoundScore = 0.4;
inline constexpr double kFoundIou = 0.5;

/// A model that patches are shown to.
struct Subject
{
    std::string name;
    std::shared_ptr<const models::Model> model;
    std::shared_ptr<const models::Detector> detector; ///< null of a classifier
    std::int64_t category = 0; ///< of a detector: index of the class to hide among its own
};

/// Images of one split with what is true of them. Tensors of images on the run's device.
struct PatchImages
{
    torch::Tensor ids;                                   ///< int64 [N], indices into the split
    torch::Tensor x;                                     ///< float32 [N,C,H,W]
    torch::Tensor y;                                     ///< int64 [N] on the CPU
    std::vector<std::vector<metrics::Rectangle>> truths; ///< of the class to hide; empty of classifiers
    torch::Tensor boxes; ///< float32 [N,k,4] on the device, see attacks::PatchBoxes; undefined of classifiers
    std::int64_t size() const { return ids.size(0); }
    PatchImages front(std::int64_t count) const;
};

/// What one model says of images. One of the two is filled.
struct Answers
{
    torch::Tensor predicted;               ///< int64 [N] on the CPU
    std::vector<models::Detections> found; ///< [N], of all classes
};

/// With @p patch (null: none) at @p places. In chunks over worker threads.
Answers answersOf(const Subject& subject, const torch::Tensor& x, const attacks::Patch* patch,
                  const attacks::PatchPlaces& places);

/// What a patch does to a model, by comparison with the answers without it.
struct Effect
{
    std::int64_t n = 0;       ///< images
    metrics::Rate accuracy;   ///< classifiers: of all images, with the patch
    std::optional<double> ap; ///< detectors: AP at IoU 0.5 of the class to hide, over all images
    metrics::Interval apInterval;
    /// Untargeted: of the images classified correctly without the patch, those misclassified with it.
    /// Targeted: of the images that without it are not taken for the target and are not of that class, those
    /// taken for it. Detectors: of the objects found without it (score and IoU as above), those not found.
    metrics::Rate asr;
    /// The value that is compared: accuracy or AP, a fraction; NaN where there is none.
    double value() const;
    double low() const;
    double high() const;
};

Effect effectOf(const Subject& subject, const PatchImages& images, const Answers& without,
                const Answers& with, std::optional<std::int64_t> target);

/// Effect::asr alone: AP and its resamples take longer.
metrics::Rate successOf(const Subject& subject, const PatchImages& images, const Answers& without,
                        const Answers& with, std::optional<std::int64_t> target);

/// The samples, by position, that stand behind the numerator of the success rate of a classifier, bool [N].
torch::Tensor fooledRows(const PatchImages& images, const Answers& without, const Answers& with,
                         std::optional<std::int64_t> target);

/// Models, and which class a name means. @throws Error for kinds that are mixed and models that do not fit.
std::vector<Subject> openSubjects(engine::RunContext& context, const std::vector<protocol::ModelRef>& refs,
                                  const data::DatasetInfo& info, const std::string& hide);

/// The first @p count of a random order of the split that depends on the seed alone.
PatchImages drawPatchImages(engine::RunContext& context, const data::Dataset& dataset, data::Split split,
                            std::int64_t count, const Subject& first);
/// Those of the given ids.
PatchImages patchImages(const data::Dataset& dataset, data::Split split, const torch::Tensor& ids,
                        torch::Device device, const Subject& first);

/// Index of a class by name. @throws Error naming the known ones.
std::int64_t classCalled(const std::vector<std::string>& classes, const std::string& name,
                         const std::string& field);

} // namespace assay::patches
