#include "backend/models/onnx/kernel_tools.h"
#include "backend/models/onnx/kernels.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <map>

namespace assay::models::onnx {

namespace {

/// The axes before the last two, broadcast against each other, and the rows and columns of the product.
void requireModestProduct(const Call& call, const torch::Tensor& a, const torch::Tensor& b)
{
    Sizes shape;
    const std::int64_t batchA = std::max<std::int64_t>(a.dim() - 2, 0);
    const std::int64_t batchB = std::max<std::int64_t>(b.dim() - 2, 0);
    for (std::int64_t d = 0; d < std::max(batchA, batchB); ++d) {
        const std::int64_t mine = d < batchA ? a.size(batchA - 1 - d) : 1;
        const std::int64_t other = d < batchB ? b.size(batchB - 1 - d) : 1;
        shape.push_back(std::max(mine, other));
    }
    if (a.dim() > 1)
        shape.push_back(a.size(-2));
    if (b.dim() > 1)
        shape.push_back(b.size(-1));
    call.requireModest(shape);
}

Kernel matMul(const Site&)
{
    return one([](const Call& call) {
        requireModestProduct(call, call.input(0), call.input(1));
        return torch::matmul(call.input(0), call.input(1));
    });
}

Kernel gemm(const Site& site)
{
    const double alpha = site.attributes().real("alpha", 1);
    const double beta = site.attributes().real("beta", 1);
    const bool transA = site.attributes().integer("transA", 0) != 0;
    const bool transB = site.attributes().integer("transB", 0) != 0;
    return one([=](const Call& call) {
        if (call.input(0).dim() != 2 || call.input(1).dim() != 2)
            throw Error("the factors must have two axes");
        const torch::Tensor a = transA ? call.input(0).t() : call.input(0);
        const torch::Tensor b = transB ? call.input(1).t() : call.input(1);
        requireModestProduct(call, a, b);
        if (call.has(2))
            return torch::addmm(call.input(2), a, b, beta, alpha);
        const torch::Tensor product = torch::mm(a, b);
        return alpha == 1 ? product : product * alpha;
    });
}

/// The result's size: that of each of its letters, and of everything an ellipsis may stand for.
void requireModestEinsum(const Call& call, const std::string& equation)
{
    const std::size_t arrow = equation.find("->");
    const std::string result = arrow == std::string::npos ? equation : equation.substr(arrow + 2);
    std::map<char, std::int64_t> sizes;
    std::size_t operand = 0;
    std::int64_t axis = 0;
    for (std::size_t i = 0; i < std::min(arrow, equation.size()); ++i) {
        const char letter = equation[i];
        if (letter == ',') {
            ++operand;
            axis = 0;
        } else if (std::isalpha(static_cast<unsigned char>(letter)) && operand < call.size()) {
            const torch::Tensor& x = call.input(operand);
            if (axis < x.dim())
                sizes[letter] = std::max(sizes[letter], x.size(axis));
            ++axis;
        } else if (letter == '.') {
            // Which axes these are depends on the rest; the largest is bound enough.
            for (const std::int64_t size : call.input(std::min(operand, call.size() - 1)).sizes())
                sizes['.'] = std::max(sizes['.'], size);
        }
    }
    Sizes shape;
    for (const char letter : result) {
        if (sizes.contains(letter))
            shape.push_back(sizes[letter]);
    }
    if (shape.size() <= static_cast<std::size_t>(call.limits().rank))
        call.requireModest(shape);
}

Kernel einsum(const Site& site)
{
    std::string equation = site.attributes().text("equation", "");
    if (equation.empty() || equation.size() > 200)
        throw Error("attribute 'equation' is missing or too long");
    return one([equation](const Call& call) {
        requireModestEinsum(call, equation);
        std::vector<torch::Tensor> operands;
        for (std::size_t i = 0; i < call.size(); ++i)
            operands.push_back(call.input(i));
        return torch::einsum(equation, operands);
    });
}

} // namespace

void addProducts(KernelTable& table)
{
    table.add("MatMul", {.make = matMul, .minInputs = 2, .maxInputs = 2, .freshResult = true});
    table.add("Gemm", {.make = gemm, .minInputs = 2, .maxInputs = 3, .freshResult = true});
    table.add("Einsum", {.make = einsum, .maxInputs = 8, .since = 12});
}

} // namespace assay::models::onnx
