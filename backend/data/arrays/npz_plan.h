#pragma once

#include "backend/arrays/array_bundle.h"
#include "backend/protocol/json.h"

#include <string>
#include <vector>

namespace assay::data {

/// Which arrays of a NPZ file are what.
struct NpzPart
{
    std::string images; ///< key
    std::string labels; ///< key
    bool isTest = false;
    std::int64_t count = 0; ///< images in it
};

struct NpzPlan
{
    std::vector<NpzPart> parts; ///< training first, then validation, then test
    std::string split;          ///< of a single part: "hash", or the key of an array that says it

    bool isDivided() const { return parts.size() > 1; }
    /// The key that stands to part @p i as @p key stands to the first: "train_age" -> "test_age".
    std::string keyFor(std::size_t i, const std::string& key) const;
    /// Name of the column whose key in the first part is @p key: "train_age" -> "age".
    std::string columnName(const std::string& key) const;
};

/// Finds the arrays by the names in common use (docs/data.md lists them), else the only array of images and
/// the only one-dimensional array of whole numbers of the same length. Without parts: not found.
NpzPlan guessNpzPlan(const arrays::ArrayBundle& bundle);

/// The options of a card: "images", "labels", then "val_images", "val_labels", "test_images" and
/// "test_labels" when divided, else "split".
void writeNpzPlan(const NpzPlan& plan, Json& options);
/// @throws Error naming @p where when an array is absent, or is no array of images or labels of one length.
NpzPlan readNpzPlan(const Json& options, const arrays::ArrayBundle& bundle, const std::string& where);

/// The text option @p key, or "". @throws Error when it is no text.
std::string textOption(const Json& options, const char* key, const std::string& where);

} // namespace assay::data
