#pragma once

#include "backend/encryption/cipher.h"
#include "backend/encryption/secret_key.h"
#include "plugins/encryption/recon_data.h"
#include "plugins/encryption/recon_learning.h"

#include <torch/types.h>

namespace assay::encryption {

/// The inverse transformation network: learns x from x_e on the attacker's pairs, each image under a key of
/// its own, by mean squared error, and is shown the victims. Of schemes with blocks a convolution over each
/// block, two of 1x1 with batch normalisation and a pixel shuffle; of PE 1x1 convolutions. Adam where the
/// published one uses SGD.
/// @param victims float32 [m,3,S,S]. @returns the same shape, on the CPU.
torch::Tensor reconInverse(ReconProgress& progress, const ReconData& data, const CipherSpec& cipher,
                           const SecretKey& attackerKey, int epochs, const torch::Tensor& victims);

} // namespace assay::encryption
