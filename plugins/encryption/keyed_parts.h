#pragma once

#include "backend/encryption/cipher.h"
#include "backend/models/model.h"

#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

namespace assay::encryption {

/// Where a key acts in a network, by the names of its modules: the first convolution, which sees the
/// encrypted pixels, the normalisation that comes next, and the last linear layer.
struct KeyedParts
{
    std::string stem;
    std::string stemNorm; ///< empty: another kind of layer comes next
    std::string head;
    std::int64_t patch = 0;  ///< side of the stem's kernel
    std::int64_t stride = 0; ///< of the stem; equal to patch where patches do not overlap
};

/// Of a batch, a layer or groups.
bool isKeyedNorm(const torch::nn::Module& module);

/// @throws Error for a network without a square first convolution or a linear layer: one from a graph, or a
/// perceptron. @p name is for the message.
KeyedParts keyedParts(const models::Network& network, const std::string& name);

/// The module of that name. @throws Error when there is none.
std::shared_ptr<torch::nn::Module> moduleNamed(const models::Network& network, const std::string& name);

/// The block to encrypt in: @p asked, or for 0 the stem's patch where patches do not overlap, else 4.
/// @throws Error when the input's sides are no multiples of it.
int keyedBlock(const KeyedParts& parts, const models::InputSpec& input, int asked);

/// Rewrites the stem so that it undoes a cipher that moves and inverts whole values (Shf, Np): the network
/// then gives on encrypted images what it gave on plain ones, up to rounding. Means and deviations that
/// differ between channels are accounted for.
/// @throws Error unless the stem's patches do not overlap and are as large as the block, and for the other
/// schemes.
void absorbKey(models::Network& network, const KeyedParts& parts, const CipherSpec& spec,
               const SecretKey& key, const models::InputSpec& input);

} // namespace assay::encryption
