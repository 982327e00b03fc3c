#include "plugins/encryption/image_ciphers.h"

#include <torch/types.h>
#include <torch/utils.h>

namespace assay::encryption {

ImageCiphers::ImageCiphers(const CipherSpec& spec, const SecretKey& key, const torch::Tensor& images,
                           const torch::Tensor& ids, bool own)
{
    const std::int64_t channels = images.size(1), height = images.size(2), width = images.size(3);
    if (!own) {
        m_ciphers.emplace_back(spec, key, channels, height, width);
        return;
    }
    for (std::int64_t i = 0; i < ids.numel(); ++i)
        m_ciphers.emplace_back(spec, key, channels, height, width, ids[i].item<std::int64_t>());
}

template <class Run>
torch::Tensor ImageCiphers::each(const torch::Tensor& images, Run run) const
{
    if (m_ciphers.size() == 1)
        return run(m_ciphers.front(), images);
    std::vector<torch::Tensor> all;
    for (std::size_t i = 0; i < m_ciphers.size(); ++i)
        all.push_back(run(m_ciphers[i], images.narrow(0, static_cast<std::int64_t>(i), 1)));
    return torch::cat(all);
}

torch::Tensor ImageCiphers::encrypt(const torch::Tensor& images) const
{
    return each(images, [](const Cipher& cipher, const torch::Tensor& x) { return cipher.encrypt(x); });
}

torch::Tensor ImageCiphers::decrypt(const torch::Tensor& encrypted) const
{
    return each(encrypted, [](const Cipher& cipher, const torch::Tensor& x) { return cipher.decrypt(x); });
}

torch::Tensor ImageCiphers::unit(const torch::Tensor& encrypted) const
{
    return each(encrypted, [](const Cipher& cipher, const torch::Tensor& x) {
        return x.to(torch::kFloat32).div(cipher.digitScale());
    });
}

torch::Tensor ImageCiphers::bytes(const torch::Tensor& encrypted) const
{
    if (encrypted.scalar_type() == torch::kUInt8)
        return encrypted;
    return unit(encrypted).mul(255).round().clamp(0, 255).to(torch::kUInt8);
}

} // namespace assay::encryption
