#include "backend/models/onnx/kernel_tools.h"
#include "backend/models/onnx/kernels.h"
#include "backend/protocol/error.h"

namespace assay::models::onnx {

namespace {

using Binary = torch::Tensor (*)(const torch::Tensor&, const torch::Tensor&);

template <Binary function>
Kernel binary(const Site&)
{
    return one([](const Call& call) {
        call.requireModestBroadcast(call.input(0), call.input(1));
        return function(call.input(0), call.input(1));
    });
}

/// Any number of inputs, combined from left to right.
template <Binary function>
Kernel variadic(const Site&)
{
    return one([](const Call& call) {
        torch::Tensor result = call.input(0);
        for (std::size_t i = 1; i < call.size(); ++i) {
            call.requireModestBroadcast(result, call.input(i));
            result = function(result, call.input(i));
        }
        return result;
    });
}

torch::Tensor add(const torch::Tensor& a, const torch::Tensor& b)
{
    return torch::add(a, b);
}

torch::Tensor subtract(const torch::Tensor& a, const torch::Tensor& b)
{
    return torch::sub(a, b);
}

/// Processors trap on the lowest number divided by -1, and with it the program would end.
bool canTrap(const torch::Tensor& a, const torch::Tensor& b)
{
    return !a.is_floating_point() && !b.is_floating_point() && b.scalar_type() != torch::kUInt8 &&
           b.scalar_type() != torch::kBool;
}

torch::Tensor withoutMinusOne(const torch::Tensor& b)
{
    return b.masked_fill(b == -1, 1);
}

/// Whole numbers are divided towards zero.
torch::Tensor divide(const torch::Tensor& a, const torch::Tensor& b)
{
    if (a.is_floating_point() || b.is_floating_point())
        return torch::div(a, b);
    if (!canTrap(a, b))
        return torch::div(a, b, "trunc");
    return torch::where(b == -1, torch::neg(a), torch::div(a, withoutMinusOne(b), "trunc"));
}

/// What is left over by -1 is nothing, as by 1.
torch::Tensor remainderOf(const torch::Tensor& a, const torch::Tensor& b)
{
    return torch::remainder(a, canTrap(a, b) ? withoutMinusOne(b) : b);
}

torch::Tensor fmodOf(const torch::Tensor& a, const torch::Tensor& b)
{
    return torch::fmod(a, canTrap(a, b) ? withoutMinusOne(b) : b);
}

/// The result has the type of the base.
torch::Tensor power(const torch::Tensor& base, const torch::Tensor& exponent)
{
    if (base.is_floating_point() || !exponent.is_floating_point())
        return torch::pow(base, exponent).to(base.scalar_type());
    return torch::pow(base.to(torch::kFloat64), exponent.to(torch::kFloat64)).to(base.scalar_type());
}

torch::Tensor softsign(const torch::Tensor& x)
{
    return x / (1 + x.abs());
}

/// In place where the first input is as large as the sum, as in the blocks of residual networks.
Kernel addition(const Site&)
{
    return one([](const Call& call) {
        torch::Tensor a = call.input(0);
        const torch::Tensor& b = call.input(1);
        if (call.mayOverwrite() && a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type())
            return a.add_(b);
        call.requireModestBroadcast(a, b);
        return torch::add(a, b);
    });
}

Kernel meanOfInputs(const Site& site)
{
    const Kernel sum = variadic<add>(site);
    return one([sum](const Call& call) { return sum(call).front() / static_cast<double>(call.size()); });
}

Kernel modulo(const Site& site)
{
    if (site.attributes().integer("fmod", 0) != 0)
        return binary<fmodOf>(site);
    return binary<remainderOf>(site);
}

Kernel where(const Site&)
{
    return one([](const Call& call) {
        call.requireModestBroadcast(call.input(0), call.input(1));
        call.requireModestBroadcast(call.input(0), call.input(2));
        call.requireModestBroadcast(call.input(1), call.input(2));
        return torch::where(call.input(0).to(torch::kBool), call.input(1), call.input(2));
    });
}

Kernel cast(const Site& site)
{
    const torch::ScalarType type = scalarType(site.attributes().integer("to"));
    return one([type](const Call& call) { return call.input(0).to(type); });
}

Kernel castLike(const Site&)
{
    return one([](const Call& call) { return call.input(0).to(call.input(1).scalar_type()); });
}

Kernel isInfinite(const Site& site)
{
    const bool negative = site.attributes().integer("detect_negative", 1) != 0;
    const bool positive = site.attributes().integer("detect_positive", 1) != 0;
    return one([=](const Call& call) {
        const torch::Tensor& x = call.input(0);
        const torch::Tensor infinite = torch::isinf(x);
        if (negative && positive)
            return infinite;
        if (!negative && !positive)
            return torch::zeros_like(infinite);
        return infinite.logical_and(negative ? x < 0 : x > 0);
    });
}

void addUnary(KernelTable& table)
{
    const auto real = [&](const char* op, Kernel (*make)(const Site&)) { table.add(op, {.make = make}); };
    real("Abs", unary<torch::abs>);
    real("Acos", unary<torch::acos>);
    real("Acosh", unary<torch::acosh>);
    real("Asin", unary<torch::asin>);
    real("Asinh", unary<torch::asinh>);
    real("Atan", unary<torch::atan>);
    real("Atanh", unary<torch::atanh>);
    real("Ceil", unary<torch::ceil>);
    real("Cos", unary<torch::cos>);
    real("Cosh", unary<torch::cosh>);
    real("Erf", unary<torch::erf>);
    real("Exp", unary<torch::exp>);
    real("Floor", unary<torch::floor>);
    real("Log", unary<torch::log>);
    real("Neg", unary<torch::neg>);
    real("Reciprocal", unary<torch::reciprocal>);
    real("Round", unary<torch::round>); // halves to even in both
    real("Sign", unary<torch::sign>);
    real("Sin", unary<torch::sin>);
    real("Sinh", unary<torch::sinh>);
    real("Softsign", unary<softsign>);
    real("Sqrt", unary<torch::sqrt>);
    real("Tan", unary<torch::tan>);
    table.add("Not", {.make = unary<torch::logical_not>, .realResult = false});
    table.add("IsNaN", {.make = unary<torch::isnan>, .realResult = false});
    table.add("IsInf", {.make = isInfinite, .realResult = false, .since = 10});
}

void addTruth(KernelTable& table)
{
    const auto truth = [&](const char* op, Kernel (*make)(const Site&), int since = 0) {
        table.add(op, {.make = make, .minInputs = 2, .maxInputs = 2, .realResult = false, .since = since});
    };
    truth("And", binary<torch::logical_and>);
    truth("Or", binary<torch::logical_or>);
    truth("Xor", binary<torch::logical_xor>);
    truth("Equal", binary<torch::eq>);
    truth("Greater", binary<torch::gt>);
    truth("Less", binary<torch::lt>);
    truth("GreaterOrEqual", binary<torch::ge>, 12);
    truth("LessOrEqual", binary<torch::le>, 12);
}

} // namespace

void addElementwise(KernelTable& table)
{
    addUnary(table);
    addTruth(table);
    table.add("Add",
              {.make = addition, .minInputs = 2, .maxInputs = 2, .overwrites = true, .freshResult = true});
    table.add("Sub", {.make = binary<subtract>, .minInputs = 2, .maxInputs = 2, .freshResult = true});
    table.add("Mul", {.make = binary<torch::mul>, .minInputs = 2, .maxInputs = 2});
    table.add("Div", {.make = binary<divide>, .minInputs = 2, .maxInputs = 2});
    table.add("Pow", {.make = binary<power>, .minInputs = 2, .maxInputs = 2});
    table.add("Mod", {.make = modulo, .minInputs = 2, .maxInputs = 2, .since = 10});
    table.add("Max", {.make = variadic<torch::maximum>, .maxInputs = -1});
    table.add("Min", {.make = variadic<torch::minimum>, .maxInputs = -1});
    table.add("Sum", {.make = variadic<add>, .maxInputs = -1});
    table.add("Mean", {.make = meanOfInputs, .maxInputs = -1});
    table.add("Where", {.make = where, .minInputs = 3, .maxInputs = 3});
    table.add("Cast", {.make = cast});
    table.add("CastLike", {.make = castLike, .minInputs = 2, .maxInputs = 2, .since = 15});
}

} // namespace assay::models::onnx
