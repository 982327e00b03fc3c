#pragma once

#include "backend/models/generative/generator.h"
#include "plugins/encryption/recon_data.h"
#include "plugins/encryption/recon_learning.h"
#include "plugins/encryption/recon_params.h"
#include "plugins/encryption/recon_zoo.h"

#include <torch/types.h>

#include <memory>
#include <string>

namespace assay::models {
class StyleAutoencoder;
}

namespace assay::encryption {

/// What the attacker makes faces with.
struct ReconGenerator
{
    std::shared_ptr<const models::Generator> generator;
    /// Of the own one, which was trained as an autoencoder; empty for a script.
    std::shared_ptr<models::StyleAutoencoder> autoencoder;
    torch::Tensor
        latents; ///< float32 [n,latent] on the device: of the attacker's images; undefined for a script
    std::vector<double> losses; ///< of each epoch; none of one that was not trained here
    std::string from;           ///< "zoo: faces-generator", "trained here", a file's name

    bool hasLatents() const { return autoencoder != nullptr; }
};

/// A style autoencoder: the zoo's, or trained on the attacker's plain images (or taken from the cache); or,
/// where params.generator names a file, a TorchScript module with forward(w) that gives [n,3,side,side] in
/// [0,1] of w [n,styles,size], and a buffer `centre` [styles,size].
/// @throws Error for a file that cannot be read or gives images of another size.
ReconGenerator reconGenerator(ReconProgress& progress, const ReconData& data, const ReconParams& params,
                              const ReconZoo& zoo = {});

/// Images of many styles, a few at a time: float32 on the CPU.
torch::Tensor reconImages(const models::Generator& generator, const torch::Tensor& w);

} // namespace assay::encryption
