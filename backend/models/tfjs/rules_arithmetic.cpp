#include "backend/models/tfjs/lowering.h"

#include <torch/types.h>

namespace assay::models::tfjs {

using graph::ValueId;

namespace {

std::vector<ValueId> allInputs(Lowering& at, const TfNode& node)
{
    std::vector<ValueId> inputs;
    for (const std::string& name : node.inputs)
        inputs.push_back(at.plain(name));
    return inputs;
}

/// Operators of the same meaning under two names.
void addSame(Lowering::Rules& rules, const char* tf, const char* onnx)
{
    rules[tf] = [onnx = std::string("onnx.") + onnx](Lowering& at, const TfNode& node) {
        at.result(onnx, allInputs(at, node));
    };
}

void square(Lowering& at, const TfNode&)
{
    const ValueId x = at.plain(at.input(0));
    at.result("onnx.Mul", {x, x});
}

void squaredDifference(Lowering& at, const TfNode&)
{
    const ValueId difference = at.step("onnx.Sub", {at.plain(at.input(0)), at.plain(at.input(1))});
    at.result("onnx.Mul", {difference, difference});
}

void reciprocalRoot(Lowering& at, const TfNode&)
{
    at.result("onnx.Reciprocal", {at.step("onnx.Sqrt", {at.plain(at.input(0))})});
}

void notEqual(Lowering& at, const TfNode&)
{
    at.result("onnx.Not", {at.step("onnx.Equal", {at.plain(at.input(0)), at.plain(at.input(1))})});
}

void relu6(Lowering& at, const TfNode&)
{
    at.result("onnx.Identity", {at.clipped(at.plain(at.input(0)), 0, 6)});
}

void leakyRelu(Lowering& at, const TfNode& node)
{
    at.result("onnx.LeakyRelu", {at.plain(at.input(0))}, {{"alpha", node.attributes.real("alpha", 0.2)}});
}

void select(Lowering& at, const TfNode&)
{
    at.result("onnx.Where", {at.plain(at.input(0)), at.plain(at.input(1)), at.plain(at.input(2))});
}

/// Types by TensorProto.DataType; half precision is computed in float32.
void cast(Lowering& at, const TfNode& node)
{
    const std::string type = node.attributes.text("DstT", "");
    const std::pair<const char*, std::int64_t> known[] = {{"DT_FLOAT", 1}, {"DT_HALF", 1},  {"DT_DOUBLE", 11},
                                                          {"DT_INT32", 6}, {"DT_INT64", 7}, {"DT_UINT8", 2},
                                                          {"DT_INT8", 3},  {"DT_INT16", 5}, {"DT_BOOL", 9}};
    for (const auto& [name, code] : known) {
        if (type == name) {
            at.result("onnx.Cast", {at.plain(at.input(0))}, {{"to", code}});
            return;
        }
    }
    at.fail("casts to the type '" + type.substr(0, 40) + "'");
}

/// Axes must be constants; ONNX's set 13 takes them as an attribute, but for sums.
void reduce(Lowering& at, const TfNode& node, const std::string& onnx)
{
    const std::int64_t keep = node.attributes.integer("keep_dims", 0);
    const std::vector<std::int64_t> axes = at.numbers(1);
    if (onnx == "ReduceSum")
        at.result("onnx.ReduceSum", {at.plain(at.input(0)), at.numbersMade(axes)}, {{"keepdims", keep}});
    else
        at.result("onnx." + onnx, {at.plain(at.input(0))}, {{"keepdims", keep}, {"axes", axes}});
}

void argument(Lowering& at, const TfNode& node)
{
    const std::vector<std::int64_t> axis = at.numbers(1);
    if (axis.size() != 1)
        at.fail("needs one axis");
    at.result("onnx." + node.op, {at.plain(at.input(0))},
              {{"axis", axis.front()}, {"keepdims", std::int64_t(0)}});
}

void topK(Lowering& at, const TfNode& node)
{
    at.add("onnx.TopK", {at.plain(at.input(0)), at.numbersMade(at.numbers(1))},
           {at.plain(node.name), at.plain(node.name + ":1")});
}

} // namespace

void addArithmeticRules(Lowering::Rules& rules)
{
    const std::pair<const char*, const char*> same[] = {{"Add", "Add"},
                                                        {"AddV2", "Add"},
                                                        {"AddN", "Sum"},
                                                        {"BiasAdd", "Add"},
                                                        {"Sub", "Sub"},
                                                        {"Mul", "Mul"},
                                                        {"RealDiv", "Div"},
                                                        {"Div", "Div"},
                                                        {"Maximum", "Max"},
                                                        {"Minimum", "Min"},
                                                        {"Pow", "Pow"},
                                                        {"Sqrt", "Sqrt"},
                                                        {"Exp", "Exp"},
                                                        {"Log", "Log"},
                                                        {"Neg", "Neg"},
                                                        {"Abs", "Abs"},
                                                        {"Floor", "Floor"},
                                                        {"Ceil", "Ceil"},
                                                        {"Round", "Round"},
                                                        {"Sign", "Sign"},
                                                        {"Reciprocal", "Reciprocal"},
                                                        {"Erf", "Erf"},
                                                        {"Sin", "Sin"},
                                                        {"Cos", "Cos"},
                                                        {"Relu", "Relu"},
                                                        {"Elu", "Elu"},
                                                        {"Selu", "Selu"},
                                                        {"Sigmoid", "Sigmoid"},
                                                        {"Tanh", "Tanh"},
                                                        {"Softplus", "Softplus"},
                                                        {"Prelu", "PRelu"},
                                                        {"Softmax", "Softmax"},
                                                        {"LogSoftmax", "LogSoftmax"},
                                                        {"Equal", "Equal"},
                                                        {"Less", "Less"},
                                                        {"LessEqual", "LessOrEqual"},
                                                        {"Greater", "Greater"},
                                                        {"GreaterEqual", "GreaterOrEqual"},
                                                        {"LogicalAnd", "And"},
                                                        {"LogicalOr", "Or"},
                                                        {"LogicalNot", "Not"},
                                                        {"FloorDiv", "FloorDiv"},
                                                        {"FloorMod", "FloorMod"},
                                                        {"BatchMatMulV2", "MatMul"}};
    for (const auto& [tf, onnx] : same)
        addSame(rules, tf, onnx);
    rules["Square"] = square;
    rules["SquaredDifference"] = squaredDifference;
    rules["Rsqrt"] = reciprocalRoot;
    rules["NotEqual"] = notEqual;
    rules["Relu6"] = relu6;
    rules["LeakyRelu"] = leakyRelu;
    rules["SelectV2"] = select;
    rules["Cast"] = cast;
    for (const auto& [tf, onnx] :
         {std::pair("Mean", "ReduceMean"), std::pair("Sum", "ReduceSum"), std::pair("Max", "ReduceMax"),
          std::pair("Min", "ReduceMin"), std::pair("Prod", "ReduceProd")})
        rules[tf] = [onnx = std::string(onnx)](Lowering& at, const TfNode& node) { reduce(at, node, onnx); };
    rules["ArgMax"] = argument;
    rules["ArgMin"] = argument;
    rules["TopKV2"] = topK;
}

} // namespace assay::models::tfjs
