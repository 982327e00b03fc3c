#pragma once

#include "backend/protocol/json.h"

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace assay::models {

/// Answers of a model as they stand in a file, not yet judged.
struct PredictionsTable
{
    torch::Tensor values;                        ///< float64 [N,K]
    torch::Tensor labels;                        ///< int64 [N] in 0 .. K-1, or undefined
    std::vector<std::string> classes;            ///< K names; empty: unknown
    std::string source;                          ///< "array 'logits'" or "columns a to k"
    std::string labelSource;                     ///< the same of the labels; empty without them
    std::vector<std::string> notes;              ///< what was left out, one sentence each
    std::vector<std::int64_t> lines;             ///< of a CSV file: line of each row
    Json options = Json::object();               ///< "answers" and "labels" as found; see docs/data.md
    std::string rowName(std::int64_t row) const; ///< "row 3", counted from 0, or "line 5"
};

/// Whether a NPZ or NPY file holds answers: an array of rank 2 under one of the names in use, or nothing
/// else.
bool holdsPredictions(const std::filesystem::path& file);
/// Whether a CSV file holds them: at least two columns of numbers that are no labels or ids, and no column of
/// file names unless their names say what they are.
bool csvHoldsPredictions(const std::filesystem::path& file);

/// @param options "answers" and "labels" name arrays; absent or empty: found by name.
/// @throws Error naming file and array, column or row.
PredictionsTable readPredictionsNpz(const std::filesystem::path& file, const Json& options);
/// @param options "labels" names a column.
PredictionsTable readPredictionsCsv(const std::filesystem::path& file, const Json& options);

/// int64 labels from numbers (float64 [N]). @throws Error naming the first that is no class.
torch::Tensor checkedLabels(const torch::Tensor& numbers, const PredictionsTable& table,
                            const std::string& where);
/// The same from texts that are class names.
torch::Tensor labelsFromTexts(const std::vector<std::string>& texts, const PredictionsTable& table,
                              const std::string& where);

} // namespace assay::models
