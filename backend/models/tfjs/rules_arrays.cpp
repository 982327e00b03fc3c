#include "backend/models/tfjs/lowering.h"

#include <torch/types.h>

namespace assay::models::tfjs {

using graph::ValueId;

namespace {

constexpr std::int64_t kMostParts = 4096;

std::int64_t oneNumber(const Lowering& at, std::size_t i)
{
    const std::vector<std::int64_t> values = at.numbers(i);
    if (values.size() != 1)
        at.fail("needs one number as its input " + std::to_string(i + 1));
    return values.front();
}

void reshape(Lowering& at, const TfNode&)
{
    at.result("onnx.Reshape", {at.plain(at.input(0)), at.plain(at.input(1))},
              {{"allowzero", std::int64_t(1)}});
}

void transpose(Lowering& at, const TfNode&)
{
    at.result("onnx.Transpose", {at.plain(at.input(0))}, {{"perm", at.numbers(1)}});
}

void squeeze(Lowering& at, const TfNode& node)
{
    const auto axes = node.attributes.integers("squeeze_dims", {});
    std::vector<ValueId> inputs = {at.plain(at.input(0))};
    if (!axes.empty())
        inputs.push_back(at.numbersMade(axes));
    at.result("onnx.Squeeze", inputs);
}

void expandDims(Lowering& at, const TfNode&)
{
    at.result("onnx.Unsqueeze", {at.plain(at.input(0)), at.numbersMade({oneNumber(at, 1)})});
}

void concat(Lowering& at, const TfNode& node)
{
    std::vector<ValueId> inputs;
    for (std::size_t i = 0; i + 1 < node.inputs.size(); ++i)
        inputs.push_back(at.plain(at.input(i)));
    at.result("onnx.Concat", inputs, {{"axis", oneNumber(at, node.inputs.size() - 1)}});
}

void pack(Lowering& at, const TfNode& node)
{
    const std::int64_t axis = node.attributes.integer("axis", 0);
    const ValueId axes = at.numbersMade({axis});
    std::vector<ValueId> inputs;
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
        inputs.push_back(at.step("onnx.Unsqueeze", {at.plain(at.input(i)), axes}));
    at.result("onnx.Concat", inputs, {{"axis", axis}});
}

std::string port(const TfNode& node, std::int64_t i)
{
    return i == 0 ? node.name : node.name + ":" + std::to_string(i);
}

std::int64_t parts(const Lowering& at, const TfNode& node, const char* name)
{
    const std::int64_t count = node.attributes.integer(name);
    if (count < 1 || count > kMostParts)
        at.fail("has " + std::to_string(count) + " parts");
    return count;
}

void unpack(Lowering& at, const TfNode& node)
{
    const std::int64_t axis = node.attributes.integer("axis", 0), count = parts(at, node, "num");
    std::vector<ValueId> pieces;
    const std::vector<std::int64_t> ones(static_cast<std::size_t>(count), 1);
    for (std::int64_t i = 0; i < count; ++i)
        pieces.push_back(at.made(port(node, i) + ":piece", {}, false));
    at.add("onnx.Split", {at.plain(at.input(0)), at.numbersMade(ones)}, pieces, {{"axis", axis}});
    const ValueId axes = at.numbersMade({axis});
    for (std::int64_t i = 0; i < count; ++i)
        at.add("onnx.Squeeze", {pieces[static_cast<std::size_t>(i)], axes}, {at.plain(port(node, i))});
}

/// Into equal parts: the axis is the first input.
void split(Lowering& at, const TfNode& node)
{
    std::vector<ValueId> pieces;
    for (std::int64_t i = 0; i < parts(at, node, "num_split"); ++i)
        pieces.push_back(at.plain(port(node, i)));
    at.add("onnx.Split", {at.plain(at.input(1))}, pieces, {{"axis", oneNumber(at, 0)}});
}

/// Into parts of given sizes.
void splitBySize(Lowering& at, const TfNode& node)
{
    std::vector<ValueId> pieces;
    const std::vector<std::int64_t> sizes = at.numbers(1);
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(sizes.size()); ++i)
        pieces.push_back(at.plain(port(node, i)));
    at.add("onnx.Split", {at.plain(at.input(0)), at.numbersMade(sizes)}, pieces,
           {{"axis", oneNumber(at, 2)}});
}

/// [rank, 2] becomes all beginnings, then all ends.
ValueId paddings(Lowering& at)
{
    const torch::Tensor given = at.constant(1).to(torch::kInt64);
    if (given.dim() != 2 || given.size(1) != 2)
        at.fail("needs its paddings as pairs");
    const torch::Tensor flat = given.t().contiguous().flatten();
    return at.numbersMade({flat.data_ptr<std::int64_t>(), flat.data_ptr<std::int64_t>() + flat.numel()});
}

void pad(Lowering& at, const TfNode& node)
{
    std::vector<ValueId> inputs = {at.plain(at.input(0)), paddings(at)};
    if (node.op == "PadV2")
        inputs.push_back(at.plain(at.input(2)));
    at.result("onnx.Pad", inputs);
}

void mirrorPad(Lowering& at, const TfNode& node)
{
    if (node.attributes.text("mode", "REFLECT") != "REFLECT")
        at.fail("mirrors its edges twice, which is not supported");
    at.result("onnx.Pad", {at.plain(at.input(0)), paddings(at)}, {{"mode", std::string("reflect")}});
}

void stridedSlice(Lowering& at, const TfNode& node)
{
    Lowering::Attributes attributes;
    for (const char* mask : {"begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"})
        attributes.emplace_back(mask, node.attributes.integer(mask, 0));
    at.result("onnx.StridedSlice",
              {at.plain(at.input(0)), at.plain(at.input(1)), at.plain(at.input(2)), at.plain(at.input(3))},
              attributes);
}

/// A size of -1 goes to the end.
void slice(Lowering& at, const TfNode&)
{
    const std::vector<std::int64_t> begin = at.numbers(1), size = at.numbers(2);
    if (begin.size() != size.size())
        at.fail("has beginnings and sizes of different lengths");
    std::vector<std::int64_t> end;
    for (std::size_t i = 0; i < begin.size(); ++i)
        end.push_back(size[i] < 0 ? INT64_MAX : begin[i] + size[i]);
    at.result("onnx.Slice", {at.plain(at.input(0)), at.numbersMade(begin), at.numbersMade(end)});
}

void gather(Lowering& at, const TfNode& node)
{
    if (node.attributes.integer("batch_dims", 0) != 0)
        at.fail("gathers within batches, which is not supported");
    const std::int64_t axis = node.inputs.size() > 2 ? oneNumber(at, 2) : 0;
    at.result("onnx.Gather", {at.plain(at.input(0)), at.plain(at.input(1))}, {{"axis", axis}});
}

void fill(Lowering& at, const TfNode&)
{
    at.result("onnx.Expand", {at.plain(at.input(1)), at.plain(at.input(0))});
}

void same(Lowering::Rules& rules, const char* tf, const char* onnx)
{
    rules[tf] = [onnx = std::string("onnx.") + onnx](Lowering& at, const TfNode& node) {
        std::vector<ValueId> inputs;
        for (const std::string& name : node.inputs)
            inputs.push_back(at.plain(name));
        at.result(onnx, inputs);
    };
}

} // namespace

void addArrayRules(Lowering::Rules& rules)
{
    for (const char* name : {"Identity", "StopGradient", "PreventGradient", "Snapshot"})
        same(rules, name, "Identity");
    same(rules, "Shape", "Shape");
    same(rules, "Tile", "Tile");
    same(rules, "BroadcastTo", "Expand");
    same(rules, "GatherNd", "GatherND");
    same(rules, "Range", "Range");
    rules["Reshape"] = reshape;
    rules["Transpose"] = transpose;
    rules["Squeeze"] = squeeze;
    rules["ExpandDims"] = expandDims;
    rules["ConcatV2"] = concat;
    rules["Pack"] = pack;
    rules["Unpack"] = unpack;
    rules["Split"] = split;
    rules["SplitV"] = splitBySize;
    rules["Pad"] = pad;
    rules["PadV2"] = pad;
    rules["MirrorPad"] = mirrorPad;
    rules["StridedSlice"] = stridedSlice;
    rules["Slice"] = slice;
    rules["GatherV2"] = gather;
    rules["Fill"] = fill;
}

const Lowering::Rules& Lowering::rules()
{
    static const Rules all = [] {
        Rules rules;
        addWindowRules(rules);
        addArrayRules(rules);
        addArithmeticRules(rules);
        return rules;
    }();
    return all;
}

} // namespace assay::models::tfjs
