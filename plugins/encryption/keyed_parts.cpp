#include "plugins/encryption/keyed_parts.h"

#include "backend/protocol/error.h"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/types.h>
#include <torch/utils.h>

namespace assay::encryption {

namespace {

/// A number per channel, repeated over a block of @p block x @p block, [C*M*M].
torch::Tensor overKeyedBlock(const std::vector<double>& values, std::int64_t channels, std::int64_t block,
                             double divisor)
{
    torch::Tensor all = torch::empty({channels}, torch::kFloat64);
    for (std::int64_t c = 0; c < channels; ++c)
        all[c] = values.at(values.size() == 1 ? 0 : static_cast<std::size_t>(c)) / divisor;
    return all.repeat_interleave(block * block);
}

} // namespace

bool isKeyedNorm(const torch::nn::Module& module)
{
    return module.as<torch::nn::BatchNorm2dImpl>() || module.as<torch::nn::LayerNormImpl>() ||
           module.as<torch::nn::GroupNormImpl>();
}

KeyedParts keyedParts(const models::Network& network, const std::string& name)
{
    KeyedParts parts;
    bool afterStem = false;
    for (const auto& item : network.named_modules({}, false)) {
        const torch::nn::Module& module = *item.value();
        if (const auto* conv = module.as<torch::nn::Conv2dImpl>(); conv && parts.stem.empty()) {
            const auto& kernel = *conv->options.kernel_size();
            const auto& stride = *conv->options.stride();
            if (kernel[0] != kernel[1] || stride[0] != stride[1] || conv->options.groups() != 1)
                break;
            parts.stem = item.key();
            parts.patch = kernel[0];
            parts.stride = stride[0];
            afterStem = true;
            continue;
        }
        if (afterStem && isKeyedNorm(module))
            parts.stemNorm = item.key();
        afterStem = false;
        if (module.as<torch::nn::LinearImpl>())
            parts.head = item.key();
    }
    if (parts.stem.empty() || parts.head.empty())
        throw Error("has no first convolution and last linear layer that a key could be trained into", name,
                    "Choose a ConvMixer, a vision transformer or a convolutional network of a built-in "
                    "architecture.");
    return parts;
}

std::shared_ptr<torch::nn::Module> moduleNamed(const models::Network& network, const std::string& name)
{
    for (const auto& item : network.named_modules({}, false))
        if (item.key() == name)
            return item.value();
    throw Error("has no layer '" + name + "'", "the network");
}

int keyedBlock(const KeyedParts& parts, const models::InputSpec& input, int asked)
{
    constexpr int kUsual = 4;
    const int block = asked > 0                     ? asked
                      : parts.patch == parts.stride ? static_cast<int>(parts.patch)
                                                    : kUsual;
    if (input.height % block != 0 || input.width % block != 0)
        throw Error("images of " + std::to_string(input.height) + " x " + std::to_string(input.width) +
                        " cannot be cut into blocks of " + std::to_string(block) + " pixels",
                    "block", "Choose a divisor of both sides.");
    return block;
}

void absorbKey(models::Network& network, const KeyedParts& parts, const CipherSpec& spec,
               const SecretKey& key, const models::InputSpec& input)
{
    if (spec.scheme != Scheme::Shf && spec.scheme != Scheme::Np)
        throw Error("only keys of SHF and NP can be moved into the first layer", "scheme",
                    "Choose one of them, or leave the key-permuted first layer out.");
    if (parts.patch != parts.stride || parts.patch != spec.block || input.bgr)
        throw Error("a key can be moved into the first layer only where its patches are the blocks",
                    parts.stem, "Set the block to the patch, or leave the key-permuted first layer out.");
    const torch::NoGradGuard off;
    const std::int64_t c = input.channels, m = spec.block;
    const Cipher one(spec, key, c, m, m);
    // enc[i] = a[i] x[from[i]] + shift[i]
    const torch::Tensor from = one.sources().to(torch::kCPU);
    const torch::Tensor shift =
        one.encryptUnit(torch::zeros({1, c, m, m})).flatten().to(torch::kFloat64).cpu();
    const torch::Tensor a = 1 - 2 * shift;
    const torch::Tensor mean = overKeyedBlock(input.mean, c, m, input.scale);
    const torch::Tensor deviation = overKeyedBlock(input.stddev, c, m, input.scale);

    const auto stem = std::dynamic_pointer_cast<torch::nn::Conv2dImpl>(moduleNamed(network, parts.stem));
    const torch::Tensor w =
        stem->weight.detach().to(torch::kCPU, torch::kFloat64).flatten(1).index_select(1, from);
    const torch::Tensor fromMean = mean.index_select(0, from);
    const torch::Tensor fromDeviation = deviation.index_select(0, from);
    const torch::Tensor weight = w * (a * deviation / fromDeviation);
    const torch::Tensor bias = w.matmul((a * (mean - shift) - fromMean) / fromDeviation);
    stem->weight.detach().copy_(weight.view(stem->weight.sizes()));
    if (stem->bias.defined())
        stem->bias.detach().add_(bias.to(stem->bias.device(), torch::kFloat32));
    else if (bias.abs().max().item<double>() > 1e-6)
        throw Error("has no bias, which this key needs", parts.stem, "Choose SHF.");
}

} // namespace assay::encryption
