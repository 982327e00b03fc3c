#pragma once

#include "backend/engine/run_context.h"
#include "plugins/encryption/recon_params.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace assay::encryption {

/// Something to be known of an image, with few values.
struct ReconAttribute
{
    std::string name; ///< as tables have it, "skin colour"
    std::vector<std::string> values;
    torch::Tensor train; ///< int64 [n], -1 unknown
    torch::Tensor test;  ///< int64 [m], likewise

    /// The commonest value of the training images: what who sees nothing says.
    std::int64_t commonest() const;
};

/// The attacker's images and the victims, of one size and in colour.
struct ReconData
{
    torch::Tensor train;    ///< uint8 [n,3,S,S] on the CPU
    torch::Tensor test;     ///< uint8 [m,3,S,S]
    torch::Tensor trainIds; ///< int64 [n]: of the training split
    torch::Tensor testIds;  ///< int64 [m]: of the test split; those of figures and galleries
    std::vector<ReconAttribute> attributes;
};

/// Draws and prepares both sets. Attributes are those that the set has (beginning with its class where it has
/// none else), brought to few values: "none" against anything for those that can be absent, three grades of
/// lightness for colours written as hexadecimal digits; one with more than 12 values is left out. Grey images
/// are padded rather than enlarged, and get a hue of 6 for what is bright and another one for the background,
/// drawn independently: attributes `hue` and `background`.
/// @throws Error for a size that is no multiple of a block, for no attributes, and for names that there are
/// none of.
ReconData reconData(engine::RunContext& context, const ReconParams& params);

/// The same images as float32 in [0,1].
torch::Tensor reconFloat(const torch::Tensor& bytes);

} // namespace assay::encryption
