#include "counting_device.h"

#include "counting_guard.h"
#include "host_alias.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <torch/library.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <string>
#include <string_view>

namespace assay::test {

namespace {

std::atomic<std::int64_t> g_toDevice = 0;
std::atomic<std::int64_t> g_toHost = 0;
std::atomic<std::int64_t> g_scalars = 0;
std::atomic<std::int64_t> g_sizes = 0;
std::atomic<std::int64_t> g_operators = 0;

/// Operators which tell the host a number: how many there are, or whether two tensors are equal.
constexpr std::array<std::string_view, 8> kSizeByValue = {
    "aten::nonzero", "aten::masked_select", "aten::_unique2",           "aten::unique_dim",
    "aten::_unique", "aten::bincount",      "aten::unique_consecutive", "aten::repeat_interleave"};
constexpr std::array<std::string_view, 2> kReadsValue = {"aten::equal", "aten::is_set_to"};

bool isXpu(const torch::Tensor& tensor)
{
    return tensor.defined() && tensor.device().type() == c10::DeviceType::XPU;
}

/// The operator's arguments with host aliases in place of the device's tensors.
class HostCall
{
public:
    explicit HostCall(const std::string& name)
        : m_name(name)
    {}

    c10::IValue argument(const c10::IValue& value)
    {
        if (value.isTensor())
            return tensor(value.toTensor());
        if (value.isDevice())
            return value.toDevice().type() == c10::DeviceType::XPU ? c10::IValue(c10::Device(torch::kCPU))
                                                                   : value;
        if (value.isGenerator())
            TORCH_CHECK(false, m_name, ": a CPU generator does not draw on the device");
        if (value.isTensorList()) {
            c10::List<torch::Tensor> list;
            for (const torch::Tensor& each : value.toTensorVector())
                list.push_back(tensor(each));
            return list;
        }
        if (value.isOptionalTensorList()) {
            c10::List<c10::optional<torch::Tensor>> list;
            for (const c10::optional<torch::Tensor> each : value.toOptionalTensorList())
                list.push_back(each ? c10::optional<torch::Tensor>(tensor(*each)) : each);
            return list;
        }
        return value;
    }

    c10::IValue result(const c10::IValue& value) const
    {
        if (value.isTensor())
            return m_aliases.returned(value.toTensor());
        if (value.isTensorList()) {
            c10::List<torch::Tensor> list;
            for (const torch::Tensor& each : value.toTensorVector())
                list.push_back(m_aliases.returned(each));
            return list;
        }
        return value;
    }

    void settle() const { m_aliases.settle(); }

private:
    torch::Tensor tensor(const torch::Tensor& given)
    {
        if (isXpu(given))
            return m_aliases.alias(given);
        TORCH_CHECK(!given.defined() || given.dim() == 0, m_name,
                    ": a tensor of the host among the device's");
        return given;
    }

    std::string m_name;
    HostAliases m_aliases;
};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& names, const std::string& name)
{
    return std::ranges::find(names, name) != names.end();
}

/// Writing where flags are set looks for those that are. (Reading does so by nonzero, which counts itself.)
bool writesByFlags(const c10::FunctionSchema& schema, const torch::jit::Stack& arguments)
{
    if (schema.name() != "aten::_index_put_impl_")
        return false;
    return std::ranges::any_of(arguments, [](const c10::IValue& value) {
        if (!value.isOptionalTensorList())
            return false;
        for (const c10::optional<torch::Tensor> each : value.toOptionalTensorList())
            if (each && each->defined() &&
                (each->scalar_type() == torch::kBool || each->scalar_type() == torch::kUInt8))
                return true;
        return false;
    });
}

/// Every operator without a kernel below: the CPU's, on the same memory.
void onHost(const c10::OperatorHandle& op, torch::jit::Stack* stack)
{
    const c10::FunctionSchema& schema = op.schema();
    const std::size_t arguments = schema.arguments().size();
    const std::size_t first = stack->size() - arguments;
    ++g_operators;
    const torch::jit::Stack given(stack->begin() + std::ptrdiff_t(first), stack->end());
    // A size that is given is not read.
    const bool sized = schema.name() == "aten::repeat_interleave" && !given.back().isNone();
    if ((among(kSizeByValue, schema.name()) && !sized) || writesByFlags(schema, given))
        ++g_sizes;
    if (among(kReadsValue, schema.name()))
        ++g_scalars;

    HostCall call(schema.name());
    for (std::size_t i = first; i < stack->size(); ++i)
        (*stack)[i] = call.argument((*stack)[i]);
    const at::AutoDispatchBelowADInplaceOrView below;
    op.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), stack);
    call.settle();
    for (std::size_t i = stack->size() - schema.returns().size(); i < stack->size(); ++i)
        (*stack)[i] = call.result((*stack)[i]);
}

torch::Tensor copyFrom(const torch::Tensor& from, const torch::Tensor& to, bool)
{
    if (!isXpu(from))
        ++g_toDevice;
    else if (!isXpu(to))
        ++g_toHost;
    const at::AutoDispatchBelowADInplaceOrView below;
    hostAlias(to).copy_(hostAlias(from));
    return to;
}

c10::Scalar localScalarDense(const torch::Tensor& self)
{
    ++g_scalars;
    return at::_local_scalar_dense(hostAlias(self));
}

torch::Tensor onDevice(const torch::Tensor& fresh)
{
    return HostAliases().returned(fresh);
}

// Convolution picks its kernel by the device before it dispatches, and leaves devices that it does not know
// to these two.

torch::Tensor convolution(const torch::Tensor& input, const torch::Tensor& weight,
                          const c10::optional<torch::Tensor>& bias, at::IntArrayRef stride,
                          at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
                          at::IntArrayRef outputPadding, std::int64_t groups)
{
    ++g_operators;
    TORCH_CHECK(isXpu(input) && isXpu(weight), "convolution: a tensor of the host among the device's");
    const at::AutoDispatchBelowADInplaceOrView below;
    const auto hostBias = bias ? c10::optional<torch::Tensor>(hostAlias(*bias)) : bias;
    return onDevice(at::convolution(hostAlias(input), hostAlias(weight), hostBias, stride, padding, dilation,
                                    transposed, outputPadding, groups));
}

std::tuple<torch::Tensor, torch::Tensor, torch::Tensor>
convolutionBackward(const torch::Tensor& gradient, const torch::Tensor& input, const torch::Tensor& weight,
                    at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation,
                    bool transposed, at::IntArrayRef outputPadding, std::int64_t groups,
                    std::array<bool, 3> mask)
{
    ++g_operators;
    const at::AutoDispatchBelowADInplaceOrView below;
    const std::array<std::int64_t, 1> biasSize = {gradient.size(1)};
    const auto [ofInput, ofWeight, ofBias] = at::convolution_backward(
        hostAlias(gradient), hostAlias(input), hostAlias(weight), at::IntArrayRef(biasSize), stride, padding,
        dilation, transposed, outputPadding, groups, mask);
    return {onDevice(ofInput), onDevice(ofWeight), onDevice(ofBias)};
}

TORCH_LIBRARY_IMPL(_, XPU, library)
{
    library.fallback(torch::CppFunction::makeFromBoxedFunction<&onHost>());
}

TORCH_LIBRARY_IMPL(aten, XPU, library)
{
    library.impl("_copy_from", TORCH_FN(copyFrom));
    library.impl("_local_scalar_dense", TORCH_FN(localScalarDense));
    library.impl("convolution_overrideable", TORCH_FN(convolution));
    library.impl("convolution_backward_overrideable", TORCH_FN(convolutionBackward));
}

} // namespace

c10::Device countingDevice()
{
    registerCountingGuard();
    return {c10::DeviceType::XPU, 0};
}

Transfers transfers()
{
    return {.toDevice = g_toDevice,
            .toHost = g_toHost,
            .scalars = g_scalars,
            .sizes = g_sizes,
            .operators = g_operators};
}

} // namespace assay::test
