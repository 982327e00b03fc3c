#include "plugins/encryption/neura_encoder.h"

#include "backend/protocol/error.h"

#include <ATen/Functions.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <memory>

namespace assay::encryption {

namespace {

/// Images on which the frozen statistics are measured.
constexpr std::int64_t kNeuraCalibration = 512;
/// Encoded at once, so that memory stays bounded.
constexpr std::int64_t kNeuraAtOnce = 250;
constexpr double kNeuraLeastDeviation = 1e-3;
constexpr double kNeuraFrozenEpsilon = 1e-5;

torch::Tensor neuraUnitFloats(const torch::Tensor& images, torch::Device device)
{
    return images.scalar_type() == torch::kUInt8 ? images.to(device).to(torch::kFloat32).div_(255)
                                                 : images.to(device);
}

void checkNeura(const NeuraSpec& spec, const torch::Tensor& own)
{
    const char* where = "NeuraCrypt";
    if (own.dim() != 4 || own.size(0) < 2)
        throw Error("needs at least two images of its owner", where);
    if (spec.patch < 1 || own.size(2) % spec.patch != 0 || own.size(3) % spec.patch != 0)
        throw Error("patches of " + std::to_string(spec.patch) + " pixels do not fill images of " +
                        std::to_string(own.size(2)) + " x " + std::to_string(own.size(3)),
                    where, "Choose a side that divides both.");
    if (spec.depth < -1 || spec.depth > 64)
        throw Error("depth is " + std::to_string(spec.depth) + "; it must be from -1 to 64", where);
    if (spec.width < 1 || spec.width > 4096)
        throw Error("width is " + std::to_string(spec.width) + "; it must be from 1 to 4096", where);
    if (spec.separate && spec.width % own.size(1) != 0)
        throw Error("width is " + std::to_string(spec.width) +
                        "; with a network for each channel it must be "
                        "a multiple of " +
                        std::to_string(own.size(1)),
                    where);
}

/// A named stream of a key as uniform numbers in [0,1) of 53 bits.
std::function<double()> neuraUniformOf(const SecretKey& key, const std::string& label)
{
    const auto stream = std::make_shared<KeyStream>(key, label); // std::function copies what it holds
    return [stream] { return static_cast<double>(stream->next() >> 11) * 0x1p-53; };
}

} // namespace

Json toJson(const NeuraSpec& spec)
{
    return {{"patch", spec.patch},       {"width", spec.width},   {"depth", spec.depth},
            {"separate", spec.separate}, {"rotate", spec.rotate}, {"shuffle", spec.shuffle},
            {"per_batch", spec.perBatch}};
}

std::string describe(const NeuraSpec& spec)
{
    std::string text = spec.separate ? "a random network per channel" : "one random network";
    text += spec.depth < 0 ? ", linear" : ", depth " + std::to_string(spec.depth);
    text += ", width " + std::to_string(spec.width);
    if (spec.rotate)
        text += ", colours rotated";
    text += spec.shuffle ? ", patches shuffled" : ", patches in order";
    return text;
}

NeuraEncoder::NeuraEncoder(NeuraSpec spec, const SecretKey& key, const torch::Tensor& own,
                           torch::Device device)
    : m_spec(spec)
    , m_key(key)
    , m_device(device)
{
    checkNeura(spec, own);
    m_tokens = (own.size(2) / spec.patch) * (own.size(3) / spec.patch);
    const torch::Tensor pixels =
        neuraUnitFloats(own, torch::kCPU).to(torch::kFloat64).transpose(0, 1).flatten(1);
    m_mean = pixels.mean(1).view({1, -1, 1, 1}).to(torch::kFloat32).to(device);
    m_deviation =
        pixels.std(1).clamp_min(kNeuraLeastDeviation).view({1, -1, 1, 1}).to(torch::kFloat32).to(device);
    m_weights = drawNeuraWeights(spec, own.size(1), own.size(2), own.size(3), [&](const std::string& part) {
                    return neuraUniformOf(key, part);
                }).to(device);
    if (!spec.perBatch)
        freeze(own.narrow(0, 0, std::min(own.size(0), kNeuraCalibration)));
}

torch::Tensor NeuraEncoder::normalised(const torch::Tensor& images) const
{
    return (neuraUnitFloats(images, m_device) - m_mean) / m_deviation;
}

void NeuraEncoder::freeze(const torch::Tensor& own)
{
    const torch::NoGradGuard off;
    neuraForward(m_weights, m_spec, normalised(own), [this](std::size_t, const torch::Tensor& rows) {
        // Sums in double: they must not depend on how the rows are summed.
        const torch::Tensor wide = rows.to(torch::kFloat64);
        const torch::Tensor mean = wide.mean(0);
        const torch::Tensor scale = (wide.var(0, /*unbiased=*/false) + kNeuraFrozenEpsilon).rsqrt();
        m_frozen.emplace_back(mean.to(torch::kFloat32), scale.to(torch::kFloat32));
        return (rows - m_frozen.back().first) * m_frozen.back().second;
    });
}

torch::Tensor NeuraEncoder::ordered(const torch::Tensor& images) const
{
    const torch::NoGradGuard off;
    const NeuraNorm norm = [this](std::size_t layer, const torch::Tensor& rows) {
        if (m_spec.perBatch)
            return normalisedByBatch(rows);
        return (rows - m_frozen[layer].first) * m_frozen[layer].second;
    };
    std::vector<torch::Tensor> parts;
    for (std::int64_t first = 0; first < images.size(0); first += kNeuraAtOnce) {
        const std::int64_t count = std::min(kNeuraAtOnce, images.size(0) - first);
        parts.push_back(neuraForward(m_weights, m_spec, normalised(images.narrow(0, first, count)), norm));
    }
    return parts.empty() ? torch::zeros({0, m_tokens, m_spec.width}, torch::TensorOptions().device(m_device))
                         : at::cat(parts);
}

torch::Tensor NeuraEncoder::encode(const torch::Tensor& images, const torch::Tensor& ids) const
{
    const torch::Tensor features = ordered(images);
    if (!m_spec.shuffle)
        return features;
    torch::Tensor orders = torch::empty({ids.size(0), m_tokens}, torch::kInt64);
    const torch::Tensor numbers = ids.cpu().contiguous();
    for (std::int64_t i = 0; i < ids.size(0); ++i) {
        const std::int64_t id = numbers.data_ptr<std::int64_t>()[i];
        const std::vector<std::int64_t> order =
            KeyStream(m_key, "cnc.shuffle.img." + std::to_string(id)).permutation(m_tokens);
        std::ranges::copy(order, orders.data_ptr<std::int64_t>() + i * m_tokens);
    }
    return features.gather(1, orders.to(m_device).unsqueeze(2).expand_as(features));
}

} // namespace assay::encryption
