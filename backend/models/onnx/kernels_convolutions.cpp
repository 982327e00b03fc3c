#include "backend/models/onnx/kernel_tools.h"
#include "backend/models/onnx/kernels.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <optional>

namespace assay::models::onnx {

namespace {

torch::Tensor bias(const Call& call)
{
    return call.has(2) ? call.input(2) : torch::Tensor();
}

/// Images run faster with the channels last (performance.md, "Memory format"); the rest of the network then
/// keeps that order. The output is converted and not the input, whose one channel would make it a no-op.
torch::Tensor imageOrder(const torch::Tensor& y)
{
    return y.dim() == 4 ? y.contiguous(torch::MemoryFormat::ChannelsLast) : y;
}

Sizes kernelOf(const torch::Tensor& weight)
{
    return {weight.sizes().begin() + std::min<std::int64_t>(2, weight.dim()), weight.sizes().end()};
}

std::int64_t groupsOf(const Site& site)
{
    return bounded({site.attributes().integer("group", 1)}, "group", 1, 1 << 20).front();
}

Window convWindow(const Site& site)
{
    Window window = readWindow(site);
    const torch::Tensor weight = site.constant(1);
    if (!weight.defined())
        return window;
    if (weight.dim() < 3)
        throw Error("the weight has " + std::to_string(weight.dim()) + " axes");
    window.complete(static_cast<std::size_t>(weight.dim() - 2));
    if (!window.kernel.empty() && window.kernel != kernelOf(weight))
        throw Error("'kernel_shape' differs from the shape of the weight");
    return window;
}

/// @p given, or where the weight was not known when it was read, a copy filled up in @p room.
const Window& fitted(const Window& given, const Sizes& kernel, std::optional<Window>& room)
{
    const std::size_t spatial = kernel.size();
    if (spatial > 0 && given.strides.size() == spatial && given.dilations.size() == spatial &&
        given.pads.size() == 2 * spatial && (given.kernel.empty() || given.kernel == kernel))
        return given;
    room = given;
    room->complete(spatial);
    if (!room->kernel.empty() && room->kernel != kernel)
        throw Error("'kernel_shape' differs from the shape of the weight");
    return *room;
}

/// Pads may make a small image a large one.
void requireModestResult(const Call& call, const torch::Tensor& x, const Window& window, const Sizes& pads)
{
    const torch::Tensor& weight = call.input(1);
    const Sizes kernel = kernelOf(weight);
    Sizes shape = {x.size(0), weight.size(0)};
    for (std::size_t d = 0; d < kernel.size(); ++d) {
        const std::int64_t reach = (kernel[d] - 1) * window.dilations[d] + 1;
        const std::int64_t room =
            x.size(static_cast<std::int64_t>(d) + 2) + pads[d] + pads[d + kernel.size()] - reach;
        shape.push_back(std::max<std::int64_t>(0, room / window.strides[d] + 1));
    }
    call.requireModest(shape);
}

torch::Tensor convolve(const Call& call, const Window& given, std::int64_t groups)
{
    torch::Tensor x = call.input(0);
    const torch::Tensor& weight = call.input(1);
    const Sizes kernel = kernelOf(weight);
    std::optional<Window> completed;
    const Window& window = fitted(given, kernel, completed);
    Sizes pads = window.padsFor(kernel, x);
    requireModestResult(call, x, window, pads);
    if (!isSymmetric(pads)) {
        x = padded(call, x, pads, 0);
        std::fill(pads.begin(), pads.end(), 0);
    }
    return imageOrder(torch::convolution(x, weight, bias(call), window.strides, begins(pads),
                                         window.dilations, false, Sizes(kernel.size(), 0), groups));
}

Kernel conv(const Site& site)
{
    return one([window = convWindow(site), groups = groupsOf(site)](const Call& call) {
        return convolve(call, window, groups);
    });
}

/// How much of the full transposed convolution is cut off or added at each side; begins, then ends.
Sizes transposedPads(const Window& window, const Sizes& kernel, const Sizes& outputPadding,
                     const Sizes& outputShape, const torch::Tensor& x)
{
    const std::size_t spatial = kernel.size();
    Sizes pads = window.autoPad == Window::Auto::None ? window.pads : Sizes(2 * spatial, 0);
    const bool same = window.autoPad == Window::Auto::SameUpper || window.autoPad == Window::Auto::SameLower;
    if (outputShape.empty() && !same)
        return pads;
    for (std::size_t d = 0; d < spatial; ++d) {
        const std::int64_t in = x.size(static_cast<std::int64_t>(d) + 2);
        const std::int64_t full =
            window.strides[d] * (in - 1) + outputPadding[d] + (kernel[d] - 1) * window.dilations[d] + 1;
        // Some writers count batch and channels in.
        const std::int64_t wanted =
            outputShape.empty() ? in * window.strides[d] : outputShape[outputShape.size() - spatial + d];
        const std::int64_t total = full - wanted;
        const std::int64_t less = total / 2;
        pads[d] = window.autoPad == Window::Auto::SameUpper ? less : total - less;
        if (total < 0)
            pads[d] = 0; // what is missing is added at the end, as output_padding is
        pads[d + spatial] = total - pads[d];
    }
    return pads;
}

struct Transposed
{
    Window window;
    std::int64_t groups;
    Sizes outputPadding;
    Sizes outputShape;
};

torch::Tensor convolveTransposed(const Call& call, Transposed how)
{
    const torch::Tensor& x = call.input(0);
    const torch::Tensor& weight = call.input(1);
    const Sizes kernel = kernelOf(weight);
    const std::size_t spatial = kernel.size();
    how.window.complete(spatial);
    if (static_cast<std::size_t>(x.dim()) != spatial + 2)
        throw Error("the input has " + std::to_string(x.dim()) + " axes instead of " +
                    std::to_string(spatial + 2));
    if (how.outputPadding.empty())
        how.outputPadding.assign(spatial, 0);
    if (how.outputPadding.size() != spatial || (!how.outputShape.empty() && how.outputShape.size() < spatial))
        throw Error("'output_padding' or 'output_shape' does not fit the weight");
    Sizes pads = transposedPads(how.window, kernel, how.outputPadding, how.outputShape, x);

    Sizes shape = {x.size(0), weight.size(1) * how.groups};
    for (std::size_t d = 0; d < spatial; ++d)
        shape.push_back(how.window.strides[d] * (x.size(static_cast<std::int64_t>(d) + 2) - 1) +
                        how.outputPadding[d] + (kernel[d] - 1) * how.window.dilations[d] + 1);
    call.requireModest(shape);
    const bool plain =
        isSymmetric(pads) && std::all_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad >= 0; });
    if (plain)
        return imageOrder(torch::convolution(x, weight, bias(call), how.window.strides, begins(pads),
                                             how.window.dilations, true, how.outputPadding, how.groups));
    // The whole, of which pads are cut off; the bias comes last, for what is added has it, too.
    torch::Tensor y = torch::convolution(x, weight, {}, how.window.strides, Sizes(spatial, 0),
                                         how.window.dilations, true, how.outputPadding, how.groups);
    for (std::int64_t& pad : pads)
        pad = -pad;
    y = padded(call, y, pads, 0);
    if (call.has(2)) {
        Sizes perChannel(spatial + 2, 1);
        perChannel[1] = -1;
        y = y + call.input(2).view(perChannel);
    }
    return imageOrder(y);
}

Kernel convTranspose(const Site& site)
{
    Transposed how{.window = convWindow(site), .groups = groupsOf(site)};
    how.outputPadding = bounded(site.attributes().integers("output_padding", {}), "output_padding", 0, 8192);
    how.outputShape = bounded(site.attributes().integers("output_shape", {}), "output_shape", 1, 1 << 20);
    return one([how](const Call& call) { return convolveTransposed(call, how); });
}

} // namespace

void addConvolutions(KernelTable& table)
{
    table.add("Conv", {.make = conv, .minInputs = 2, .maxInputs = 3, .freshResult = true});
    table.add("ConvTranspose", {.make = convTranspose, .minInputs = 2, .maxInputs = 3, .freshResult = true});
}

} // namespace assay::models::onnx
