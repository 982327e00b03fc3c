#pragma once

#include "backend/attacks/patch/placement.h"
#include "backend/models/detection/detector.h"

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace assay::attacks {

/// Places on a grid: the centres of rows x columns equal cells of the image, row by row from the top.
std::vector<PatchPlace> gridOfPlaces(std::int64_t rows, std::int64_t columns, double size, double angle = 0);

/// Called between passes; each may be empty.
struct SearchHooks
{
    std::function<void()> checkpoint;                                    ///< may throw
    std::function<void(std::int64_t done, std::int64_t total)> progress; ///< places
};

/// What a classifier says of N images with the patch at each of P places. On the CPU.
struct AnswersByPlace
{
    torch::Tensor predicted;   ///< int64 [P,N]
    torch::Tensor probability; ///< float32 [P,N], of the images' labels
};

/// Forward passes only, in chunks over worker threads. @param images float32 [N,C,H,W] in [0,1].
/// @param patch [C,h,w] or [N,C,h,w]; @param mask as applyPatch().
AnswersByPlace answersByPlace(const models::Model& model, const torch::Tensor& images,
                              const torch::Tensor& labels, const torch::Tensor& patch,
                              const torch::Tensor& mask, const std::vector<PatchPlace>& places,
                              const SearchHooks& hooks = {});

/// What a detector finds there: of each place a list for each image.
std::vector<std::vector<models::Detections>>
detectionsByPlace(const models::Detector& detector, const torch::Tensor& images, const torch::Tensor& patch,
                  const torch::Tensor& mask, const std::vector<PatchPlace>& places,
                  const models::DetectionRule& rule = {}, const SearchHooks& hooks = {});

/// The place at which the mean probability of the true class is lowest. @throws Error without places.
std::size_t bestPlace(const AnswersByPlace& answers);

} // namespace assay::attacks
