#pragma once

#include "backend/data/dataset.h"

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace assay::data {

/// Something to be known of an image, with few values.
struct FewValued
{
    std::string name; ///< as tables have it, "skin colour"
    std::vector<std::string> values;
    torch::Tensor train; ///< int64 [n], -1 unknown
    torch::Tensor test;  ///< int64 [m], likewise

    /// The commonest value of the training images: what who sees nothing says.
    std::int64_t commonest() const;
};

/// Images of one size, in colour, with what is known of them.
struct AttributedImages
{
    torch::Tensor train;    ///< uint8 [n,3,S,S] on the CPU
    torch::Tensor test;     ///< uint8 [m,3,S,S]
    torch::Tensor trainIds; ///< int64 [n]: of the training split
    torch::Tensor testIds;  ///< int64 [m]: of the test split
    std::vector<FewValued> attributes;
};

/// Which images, and how they are prepared.
struct AttributedRequest
{
    torch::Tensor trainIds; ///< int64 [n], CPU
    torch::Tensor testIds;  ///< int64 [m], CPU
    std::int64_t side = 32;
    bool withClass = false;   ///< the class is an attribute; it always is of a set that has no others
    at::Generator trainTints; ///< colours of grey images, on the CPU
    at::Generator testTints;
};

/// Reads and prepares images of both splits. Attributes are those that the set has, brought to few values:
/// "none" against anything for those that can be absent, three grades of lightness for colours written as
/// hexadecimal digits; one with more than 12 values is left out. Images are averaged or interpolated to the
/// side; grey ones that are smaller are padded instead, and get a hue of 6 for what is bright and another one
/// for the background, drawn independently: attributes `hue` and `background`.
/// @throws Error for images of two channels and for broken files.
AttributedImages attributedImages(const Dataset& set, const AttributedRequest& request);

} // namespace assay::data
