#pragma once

#include "backend/arrays/array_bundle.h"

#include <optional>
#include <string>
#include <vector>

namespace assay::data {

/// Order of the axes: "NHW", "NHWC", "NCHW", or "flat" for rows of squared side.
/// nullopt when the shape fits none, or two of them.
std::optional<std::string> guessLayout(const std::vector<std::int64_t>& shape);

/// The values that stand for black and white.
struct ValueRange
{
    double low = 0;
    double high = 255;
    std::string text() const; ///< "0..255"
    /// @throws Error naming @p where when @p text is not of the form LOW..HIGH.
    static ValueRange parse(const std::string& text, const std::string& where);
};

/// Lowest and highest value of an array. @throws Error naming the first sample with a value that is NaN or
/// infinite.
ValueRange valuesOf(const torch::Tensor& raw, const std::string& where);

/// The range that values between seen.low and seen.high are meant to fill; nullopt when none fits.
std::optional<ValueRange> guessRange(const ValueRange& seen);

/// Brings an array into the form of all data sets.
/// @param raw of any numeric type and the axes of @p layout; an alpha channel is left out.
/// @returns uint8 [N,C,H,W], values rounded, those outside of @p range cut.
/// @throws Error naming @p where when the shape is none of @p layout or has neither 1, 3 nor 4 channels.
torch::Tensor toPixels(const torch::Tensor& raw, const std::string& layout, const ValueRange& range,
                       const std::string& where);

} // namespace assay::data
