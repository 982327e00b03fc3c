#pragma once

#include "backend/models/generative/attribute_reader.h"
#include "backend/training/reader_loss.h"
#include "plugins/encryption/recon_data.h"
#include "plugins/encryption/recon_learning.h"

#include <memory>
#include <string>

namespace assay::encryption {

/// A network that reads the attributes of images, and whose penultimate features are an embedding. Trained on
/// the attacker's plain images. Two of them are used: a judge, which nobody optimises against, and the
/// attacker's own embedding. Safe from any thread once made.
class ReconReader
{
public:
    /// @param name "judge" or "embedding". @param disguise and @p disguiseKey what the images are shown as
    /// and what tells that from any other way.
    ReconReader(ReconProgress& progress, const std::string& name, const ReconData& data, int epochs,
                const training::Disguise& disguise, const Json& disguiseKey);
    /// One that was trained before, of images of the same size. @param device that it is on.
    ReconReader(std::shared_ptr<models::AttributeReader> network, const ReconData& data,
                torch::Device device);

    /// Penultimate features less their mean over the plain training images, float32 [n,d] on the CPU.
    /// @param x float32 [n,3,S,S] in [0,1] on the CPU.
    torch::Tensor embed(const torch::Tensor& x) const;
    /// The features themselves, on the device and differentiable in @p x, which is there too.
    torch::Tensor features(const torch::Tensor& x) const;
    /// How unlike two batches look: mean over the layers of the squared difference of their features, brought
    /// to length 1 at each place (Zhang et al. 2018, without learned weights). Scalar, differentiable in @p
    /// made; both on the device.
    torch::Tensor distance(const torch::Tensor& made, const torch::Tensor& x) const;
    /// int64 [attributes,n]: the value that it gives each attribute.
    torch::Tensor read(const torch::Tensor& x) const;
    /// Mean of features() over the plain training images, [d] on the device.
    const torch::Tensor& centre() const { return m_centre; }
    /// Tells its weights from any others.
    const std::string& hash() const { return m_hash; }

private:
    void settle(const ReconData& data);

    std::shared_ptr<models::AttributeReader> m_network;
    torch::Tensor m_centre;
    torch::Device m_device;
    std::string m_hash;
};

} // namespace assay::encryption
