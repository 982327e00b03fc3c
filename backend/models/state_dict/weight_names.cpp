#include "backend/models/state_dict/weight_names.h"

#include "backend/models/architectures/densenet.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace assay::models {

namespace {

using Level = protocol::Finding::Level;

constexpr std::string_view kWrappers[] = {"module.", "_orig_mod.", "model.", "net.", "network."};

bool has(const NamedTensors& tensors, std::string_view name)
{
    return std::any_of(tensors.begin(), tensors.end(),
                       [&](const auto& entry) { return entry.first == name; });
}

void stripWrappers(CanonicalWeights& weights)
{
    NamedTensors& tensors = weights.tensors;
    const auto everyNameHas = [&](std::string_view prefix) {
        return !tensors.empty() && std::all_of(tensors.begin(), tensors.end(), [&](const auto& entry) {
            return entry.first.starts_with(prefix) && entry.first.size() > prefix.size();
        });
    };
    std::string stripped;
    for (bool again = true; again;) {
        again = false;
        for (const std::string_view prefix : kWrappers) {
            if (!everyNameHas(prefix))
                continue;
            for (auto& entry : tensors)
                entry.first.erase(0, prefix.size());
            stripped += prefix;
            again = true;
        }
    }
    if (!stripped.empty())
        weights.findings.push_back(
            {Level::Info, "The prefix '" + stripped.substr(0, 100) + "' of all names was left out."});
}

/// What a name begins with, or holds, and what stands there instead.
struct Replacement
{
    std::string_view from;
    std::string_view to;
};

std::string replaced(std::string name, std::span<const Replacement> replacements)
{
    for (const Replacement& replacement : replacements) {
        if (const std::size_t at = name.find(replacement.from); at != std::string::npos)
            name.replace(at, replacement.from.size(), replacement.to);
    }
    return name;
}

constexpr Replacement kTorchvisionVit[] = {
    {"class_token", "cls_token"},
    {"conv_proj.", "patch_embed.proj."},
    {"encoder.pos_embedding", "pos_embed"},
    {"encoder.layers.encoder_layer_", "blocks."},
    {".self_attention.in_proj_weight", ".attn.qkv.weight"},
    {".self_attention.in_proj_bias", ".attn.qkv.bias"},
    {".self_attention.out_proj.", ".attn.proj."},
    {".ln_1.", ".norm1."},
    {".ln_2.", ".norm2."},
    {".mlp.linear_1.", ".mlp.fc1."},
    {".mlp.linear_2.", ".mlp.fc2."},
    {".mlp.0.", ".mlp.fc1."},
    {".mlp.3.", ".mlp.fc2."},
    {"encoder.ln.", "norm."},
    {"heads.head.", "head."},
};

constexpr Replacement kTimmVgg[] = {
    {"pre_logits.fc1.", "classifier.0."},
    {"pre_logits.fc2.", "classifier.3."},
    {"head.fc.", "classifier.6."},
};

void rename(CanonicalWeights& weights, std::span<const Replacement> replacements, const char* finding)
{
    for (auto& entry : weights.tensors)
        entry.first = replaced(std::move(entry.first), replacements);
    weights.findings.push_back({Level::Info, finding});
}

} // namespace

CanonicalWeights canonicalWeights(NamedTensors tensors)
{
    CanonicalWeights weights{.tensors = std::move(tensors), .findings = {}};
    stripWrappers(weights);
    NamedTensors& named = weights.tensors;
    if (has(named, "conv_proj.weight") && has(named, "encoder.pos_embedding"))
        rename(weights, kTorchvisionVit,
               "The names are those of torchvision's vision transformer; they were "
               "mapped to timm's.");
    if (has(named, "pre_logits.fc1.weight") && has(named, "features.0.weight")) {
        rename(weights, kTimmVgg, "The names are those of timm's VGG; they were mapped to torchvision's.");
        for (auto& [name, tensor] :
             named) { // timm keeps the hidden layers as convolutions over all that is left
            if (name.starts_with("classifier.") && tensor.dim() == 4)
                tensor = tensor.flatten(1);
        }
    }
    bool older = false;
    for (auto& entry : named) {
        std::string present = densenetName(entry.first);
        older = older || present != entry.first;
        entry.first = std::move(present);
    }
    if (older)
        weights.findings.push_back(
            {Level::Info, "The names are those of torchvision's older DenseNet files (norm.1 for norm1)."});
    return weights;
}

} // namespace assay::models
