#pragma once

#include "backend/data/dataset.h"
#include "plugins/backdoor/robust_variations.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace assay::backdoor {

/// A user's TorchScript module: `forward(images)` or `forward(images, strength)`, float32 [n,C,H,W] in [0,1]
/// to the same, clipped. An argument called `strength` (float) makes it graded; one called `seed` (int) gets
/// @p seed; others need a default. Runs in the interpreter that scripted attacks run in, not as native code.
/// @throws Error for a file that is no sound TorchScript or a method of other arguments; vary() also for an
/// answer of another shape or type, or that takes longer than a minute a batch.
std::unique_ptr<const RobustVariation> scriptVariation(const std::filesystem::path& file, std::uint64_t seed);

/// Pictures that were made elsewhere, one for each training image: `NAME.png` (or another kind that is
/// decoded), where NAME is the image's name in its data set without folders and ending, or its number in the
/// training split with or without leading zeros. They are brought to the images' size and channels.
/// @throws Error when the folder cannot be read; vary() when pictures are missing, naming the first.
std::unique_ptr<const RobustVariation> folderVariation(const std::filesystem::path& folder,
                                                       std::shared_ptr<const data::Dataset> set);

} // namespace assay::backdoor
