#pragma once

#include "backend/models/model.h"

namespace assay::models {

/// "vit_tiny", "vit_small", "deit_tiny", "deit_small": the vision transformer of Dosovitskiy et al. 2021 in
/// the sizes of Touvron et al. 2021, with the parameter names of timm (cls_token, pos_embed,
/// patch_embed.proj, blocks.0.norm1, blocks.0.attn.qkv, blocks.0.mlp.fc1, norm, head), in which DeiT's own
/// files are too. ViT and DeiT are the same network; they differ in training and so in the input's mean and
/// deviation. DeiT's distilled variant, which has a second token and head, is not among them. Options: patch
/// (default 16), width (tiny 192, small 384), depth (12), heads (tiny 3, small 6; must divide width). The
/// image's sides must be multiples of patch; positions are embedded for exactly that size. Taps: embedding,
/// block1 .. blockN ([N, 1 + patches, width] each, the class token first), features (the normalised class
/// token).
std::shared_ptr<Network> makeVitTiny(const Json& options, const InputSpec& input, std::int64_t classes);
std::shared_ptr<Network> makeVitSmall(const Json& options, const InputSpec& input, std::int64_t classes);
std::shared_ptr<Network> makeDeitTiny(const Json& options, const InputSpec& input, std::int64_t classes);
std::shared_ptr<Network> makeDeitSmall(const Json& options, const InputSpec& input, std::int64_t classes);

} // namespace assay::models
