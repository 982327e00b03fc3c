#include "backend/models/mac_counter.h"

#include <ATen/record_function.h>
#include <torch/types.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace assay::models {

namespace {

using Shape = std::vector<std::int64_t>;

/// The list of the count that runs in this thread: the observer is a plain function.
thread_local std::vector<CountedOperator>* t_counted = nullptr;

std::int64_t product(const Shape& shape, std::size_t from = 0)
{
    std::int64_t result = 1;
    for (std::size_t i = from; i < shape.size(); ++i)
        result *= shape[i];
    return result;
}

std::optional<Shape> shapeAt(c10::ArrayRef<const c10::IValue> inputs, std::size_t index)
{
    if (index >= inputs.size() || !inputs[index].isTensor() || !inputs[index].toTensor().defined())
        return std::nullopt;
    return inputs[index].toTensor().sizes().vec();
}

/// aten::_convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups,
/// ...)
std::optional<CountedOperator> convolution(c10::ArrayRef<const c10::IValue> inputs)
{
    const auto x = shapeAt(inputs, 0);
    const auto weight = shapeAt(inputs, 1);
    if (!x || !weight || inputs.size() < 9 || x->size() < 3 || weight->size() != x->size())
        return std::nullopt;
    const Shape stride = inputs[3].toIntVector();
    const Shape padding = inputs[4].toIntVector();
    const Shape dilation = inputs[5].toIntVector();
    const bool transposed = inputs[6].toBool();
    const Shape extra = inputs[7].toIntVector();
    const std::int64_t groups = inputs[8].toInt();
    const auto at = [](const Shape& values, std::size_t i) {
        return values.empty() ? 0 : values[std::min(i, values.size() - 1)];
    };
    CountedOperator op{"convolution", *weight, {(*x)[0]}, 0};
    op.output.push_back(transposed ? (*weight)[1] * groups : (*weight)[0]);
    for (std::size_t i = 0; i + 2 < x->size(); ++i) {
        const std::int64_t reach = at(dilation, i) * ((*weight)[i + 2] - 1);
        const std::int64_t in = (*x)[i + 2];
        op.output.push_back(transposed
                                ? (in - 1) * at(stride, i) - 2 * at(padding, i) + reach + at(extra, i) + 1
                                : (in + 2 * at(padding, i) - reach - 1) / at(stride, i) + 1);
    }
    // Every position (of the output, or of the input when transposed) meets every weight once.
    op.macs = (*x)[0] * product(transposed ? *x : op.output, 2) * product(*weight);
    return op;
}

/// [n,k] x [k,m] or [b,n,k] x [b,k,m], or with a vector for the second.
std::optional<CountedOperator> matrixProduct(c10::ArrayRef<const c10::IValue> inputs, std::size_t first)
{
    const auto a = shapeAt(inputs, first);
    const auto b = shapeAt(inputs, first + 1);
    if (!a || !b || a->empty() || b->empty())
        return std::nullopt;
    CountedOperator op{"matrix product", *b, *a, 0};
    op.output.pop_back();
    if (b->size() > 1)
        op.output.push_back(b->back());
    op.macs = product(*a) * (b->size() > 1 ? b->back() : 1);
    if (b->size() == 2)
        std::swap(op.weight[0], op.weight[1]);
    return op;
}

/// Fused attention: query x key, then weights x value, [b,h,l,e] each.
std::optional<CountedOperator> attention(c10::ArrayRef<const c10::IValue> inputs)
{
    const auto query = shapeAt(inputs, 0);
    const auto key = shapeAt(inputs, 1);
    const auto value = shapeAt(inputs, 2);
    if (!query || !key || !value || query->size() != 4 || key->size() != 4 || value->size() != 4)
        return std::nullopt;
    CountedOperator op{"matrix product", *key, *query, 0};
    op.macs = (*query)[0] * (*query)[1] * (*query)[2] * (*key)[2] * ((*query)[3] + (*value)[3]);
    return op;
}

/// Each kind of work ends in exactly one of these, whatever called it.
std::optional<CountedOperator> counted(const at::RecordFunction& function)
{
    const std::string_view name = function.name();
    if (name == "aten::_convolution")
        return convolution(function.inputs());
    if (name == "aten::mm" || name == "aten::bmm" || name == "aten::mv")
        return matrixProduct(function.inputs(), 0);
    if (name == "aten::addmm" || name == "aten::baddbmm" || name == "aten::addmv")
        return matrixProduct(function.inputs(), 1);
    if (name.starts_with("aten::_scaled_dot_product_") && name.find("attention_math") == name.npos)
        return attention(function.inputs());
    return std::nullopt;
}

std::unique_ptr<at::ObserverContext> observe(const at::RecordFunction& function)
{
    if (t_counted) {
        if (auto op = counted(function))
            t_counted->push_back(std::move(*op));
    }
    return nullptr;
}

/// The observer of this thread, for as long as it lives.
class Observing
{
public:
    explicit Observing(std::vector<CountedOperator>& list)
        : m_handle(at::addThreadLocalCallback(
              at::RecordFunctionCallback(observe).needsInputs(true).scopes({at::RecordScope::FUNCTION})))
    {
        t_counted = &list;
    }
    ~Observing()
    {
        t_counted = nullptr;
        at::removeCallback(m_handle);
    }
    Observing(const Observing&) = delete;
    Observing& operator=(const Observing&) = delete;

private:
    at::CallbackHandle m_handle;
};

} // namespace

std::vector<CountedOperator> countOperators(const std::function<void()>& forward)
{
    std::vector<CountedOperator> list;
    const Observing observing(list);
    forward();
    return list;
}

} // namespace assay::models
