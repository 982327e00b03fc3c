#include "backend/models/tfjs/lowering.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::models::tfjs {

using graph::ValueId;

namespace {

/// The two middle numbers of [1, h, w, 1].
std::vector<std::int64_t> middle(const Lowering& at, const TfNode& node, const char* name)
{
    const auto values = node.attributes.integers(name, {1, 1, 1, 1});
    if (values.size() != 4 || values[0] != 1 || values[3] != 1)
        at.fail(std::string("has '") + name + "' along other axes than height and width");
    return {values[1], values[2]};
}

void requireNhwc(const Lowering& at, const TfNode& node)
{
    if (node.attributes.text("data_format", "NHWC") != "NHWC")
        at.fail("keeps its images in another order than NHWC");
}

/// TensorFlow's SAME puts the odd pixel at the end, as ONNX's SAME_UPPER does.
void setPadding(Lowering& at, const TfNode& node, Lowering::Attributes& attributes)
{
    const std::string padding = node.attributes.text("padding", "VALID");
    if (padding == "SAME") {
        attributes.emplace_back("auto_pad", std::string("SAME_UPPER"));
    } else if (padding == "VALID") {
        attributes.emplace_back("auto_pad", std::string("VALID"));
    } else {
        const auto pads = node.attributes.integers("explicit_paddings", {});
        if (pads.size() != 8)
            at.fail("has the padding '" + padding.substr(0, 40) + "'");
        attributes.emplace_back("pads", std::vector<std::int64_t>{pads[2], pads[4], pads[3], pads[5]});
    }
}

/// Bias and activation that TensorFlow fused into a convolution or a product.
struct Fused
{
    bool bias = false;
    std::string activation;
};

Fused fusedOf(Lowering& at, const TfNode& node)
{
    Fused fused;
    if (!node.attributes.has("fused_ops"))
        return fused;
    for (const std::string& op : node.attributes.texts("fused_ops")) {
        if (op == "BiasAdd")
            fused.bias = true;
        else if (fused.activation.empty())
            fused.activation = op;
        else
            at.fail("fuses '" + op.substr(0, 40) + "', which is not supported");
    }
    return fused;
}

void convolution(Lowering& at, const TfNode& node, bool depthwise)
{
    requireNhwc(at, node);
    torch::Tensor weight = at.constant(1);
    if (weight.dim() != 4)
        at.fail("has a weight of " + std::to_string(weight.dim()) + " axes");
    Lowering::Attributes attributes = {{"strides", middle(at, node, "strides")},
                                       {"dilations", middle(at, node, "dilations")}};
    setPadding(at, node, attributes);
    if (depthwise) {
        // [h,w,channels,multiplier] -> [channels * multiplier, 1, h, w]
        attributes.emplace_back("group", weight.size(2));
        weight = weight.permute({2, 3, 0, 1}).reshape({-1, 1, weight.size(0), weight.size(1)});
    } else {
        weight = weight.permute({3, 2, 0, 1});
    }
    const Fused fused = fusedOf(at, node);
    std::vector<ValueId> inputs = {at.image(at.input(0)), at.made(at.input(1), weight.contiguous(), true)};
    if (fused.bias)
        inputs.push_back(at.plain(at.input(2)));
    const ValueId sum = at.step("onnx.Conv", inputs, attributes);
    at.resultImage(at.activated(sum, fused.activation, true, 3));
}

void pooling(Lowering& at, const TfNode& node, const char* op)
{
    requireNhwc(at, node);
    Lowering::Attributes attributes = {{"kernel_shape", middle(at, node, "ksize")},
                                       {"strides", middle(at, node, "strides")}};
    setPadding(at, node, attributes);
    at.resultImage(at.step(op, {at.image(at.input(0))}, attributes));
}

void batchNorm(Lowering& at, const TfNode& node)
{
    requireNhwc(at, node);
    std::vector<ValueId> inputs = {at.image(at.input(0))};
    for (std::size_t i = 1; i <= 4; ++i)
        inputs.push_back(at.plain(at.input(i)));
    at.resultImage(
        at.step("onnx.BatchNormalization", inputs, {{"epsilon", node.attributes.real("epsilon", 1e-4)}}));
}

/// To blocks of depth as [N,H,W,C]: the order of channels within a block is ONNX's DCR.
void depthToSpace(Lowering& at, const TfNode& node)
{
    requireNhwc(at, node);
    at.resultImage(
        at.step("onnx.DepthToSpace", {at.image(at.input(0))},
                {{"blocksize", node.attributes.integer("block_size")}, {"mode", std::string("DCR")}}));
}

void product(Lowering& at, const TfNode& node)
{
    const Fused fused = fusedOf(at, node);
    std::vector<ValueId> inputs = {at.plain(at.input(0)), at.plain(at.input(1))};
    if (fused.bias)
        inputs.push_back(at.plain(at.input(2)));
    const auto flag = [&](const char* name) { return node.attributes.integer(name, 0); };
    const Lowering::Attributes attributes = {{"transA", flag("transpose_a")},
                                             {"transB", flag("transpose_b")}};
    if (fused.activation.empty()) {
        at.result("onnx.Gemm", inputs, attributes);
        return;
    }
    const ValueId sum = at.step("onnx.Gemm", inputs, attributes);
    at.result("onnx.Identity", {at.activated(sum, fused.activation, false, 3)});
}

} // namespace

void addWindowRules(Lowering::Rules& rules)
{
    for (const char* name : {"Conv2D", "_FusedConv2D"})
        rules[name] = [](Lowering& at, const TfNode& node) { convolution(at, node, false); };
    for (const char* name : {"DepthwiseConv2dNative", "FusedDepthwiseConv2dNative"})
        rules[name] = [](Lowering& at, const TfNode& node) { convolution(at, node, true); };
    rules["MaxPool"] = [](Lowering& at, const TfNode& node) { pooling(at, node, "onnx.MaxPool"); };
    rules["AvgPool"] = [](Lowering& at, const TfNode& node) { pooling(at, node, "onnx.AveragePool"); };
    for (const char* name : {"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"})
        rules[name] = batchNorm;
    rules["DepthToSpace"] = depthToSpace;
    for (const char* name : {"MatMul", "_FusedMatMul"})
        rules[name] = product;
    for (const char* name : {"ResizeBilinear", "ResizeNearestNeighbor"}) {
        rules[name] = [](Lowering& at, const TfNode& node) {
            const auto flag = [&](const char* key) { return node.attributes.integer(key, 0); };
            at.result("onnx." + node.op, {at.plain(at.input(0)), at.plain(at.input(1))},
                      {{"align_corners", flag("align_corners")},
                       {"half_pixel_centers", flag("half_pixel_centers")}});
        };
    }
}

} // namespace assay::models::tfjs
