#pragma once

#include "backend/data/recipes/data_recipe.h"

#include <filesystem>

namespace assay::data {

/// "digits": handwritten digits of two collections, 28x28 in grey, white on black; the attribute `domain`
/// says which: a real shift between writers, pens and scanners. Digits of both lie in the middle 20x20.
DataRecipe digitsRecipe();

/// Digits of one collection before they are framed: uint8 [N,1,20,20] and labels int64 [N].
struct DigitSheet
{
    torch::Tensor images;
    torch::Tensor labels;
};

/// OpenCV's sample picture: 50 rows of 100 cells of 20x20, five rows a digit.
/// @throws Error for another picture.
DigitSheet readDigitCells(const std::filesystem::path& png);

/// scikit-learn's copy of UCI's test digits: lines of 64 values 0 .. 16, row by row, and the label; plain or
/// compressed by gzip. Enlarged from 8x8 by bilinear interpolation. @throws Error naming the line.
DigitSheet readDigitLines(const std::filesystem::path& csv);

} // namespace assay::data
