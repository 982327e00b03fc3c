#pragma once

#include "backend/encryption/cipher.h"

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace assay::encryption {

/// A scheme on a set of images: under one key, or under a key of each image's own. Images are uint8 [n,C,H,W]
/// on the CPU, whose sides the block divides.
class ImageCiphers
{
public:
    /// @param ids int64 [n] of the images; @param own a key for every image, of its id.
    ImageCiphers(const CipherSpec& spec, const SecretKey& key, const torch::Tensor& images,
                 const torch::Tensor& ids, bool own);

    torch::Tensor encrypt(const torch::Tensor& images) const; ///< as Cipher::encrypt()
    torch::Tensor decrypt(const torch::Tensor& encrypted) const;
    /// Encrypted values in [0,1], float32, as networks are fed: what is shown.
    torch::Tensor unit(const torch::Tensor& encrypted) const;
    /// The same rounded to 8 bits: what a viewer or a JPEG makes of them.
    torch::Tensor bytes(const torch::Tensor& encrypted) const;

    double keySpaceBits() const { return m_ciphers.front().keySpaceBits(); }

private:
    template <class Run>
    torch::Tensor each(const torch::Tensor& images, Run run) const;

    std::vector<Cipher> m_ciphers; ///< one, or one an image
};

} // namespace assay::encryption
