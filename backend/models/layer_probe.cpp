#include "backend/models/layer_probe.h"

#include <ATen/record_function.h>
#include <torch/types.h>

#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace assay::models {

namespace {

/// Operators nest: a fully connected layer ends in a matrix product. Only the outermost is a layer's.
struct ProbeWork
{
    // While layers are looked for: every saved tensor by where its numbers lie.
    std::map<const void*, std::string> names;
    std::vector<ProbedLayer>* found = nullptr;
    std::map<const void*, std::size_t> outputs; ///< tensor -> layer that gave it
    std::vector<torch::Tensor> kept;            ///< so that no tensor takes another's place
    // While they are watched.
    const std::vector<ProbedLayer>* layers = nullptr;
    std::map<const void*, std::size_t> byWeight;
    const LayerSink* sink = nullptr;
    std::map<const void*, std::pair<std::size_t, torch::Tensor>>
        waiting; ///< output -> layer, input: for its norm

    int depth = 0; ///< operators of layers that are running
    bool busy = false;
};

/// Of the probing in this thread: observers are plain functions.
thread_local ProbeWork* t_probe = nullptr;

torch::Tensor probedTensor(c10::ArrayRef<const c10::IValue> values, std::size_t index)
{
    return index < values.size() && values[index].isTensor() ? values[index].toTensor() : torch::Tensor();
}

/// Where an operator has its operands.
struct ProbedOperands
{
    std::size_t input, weight, bias;
    bool transposed; ///< the weight comes as [in,out]
    bool convolution;
};

constexpr std::size_t kNoBias = 99;

std::optional<ProbedOperands> probedOperands(std::string_view name)
{
    if (name == "aten::linear")
        return ProbedOperands{0, 1, 2, false, false};
    if (name == "aten::convolution")
        return ProbedOperands{0, 1, 2, false, true};
    if (name == "aten::addmm")
        return ProbedOperands{1, 2, 0, true, false};
    if (name == "aten::matmul" || name == "aten::mm")
        return ProbedOperands{0, 1, kNoBias, true, false};
    return std::nullopt;
}

/// A running operator and its operands, which are gone when it ends.
struct ProbedCall : at::ObserverContext
{
    enum class Kind { Other, Layer, Norm };
    Kind kind = Kind::Other;
    ProbedOperands operands = {};
    torch::Tensor input, weight, bias;
};

/// Whether the operator is what a layer runs.
bool readLayer(ProbedCall& call, const at::RecordFunction& function, const ProbeWork& work)
{
    const auto operands = probedOperands(function.name());
    if (!operands)
        return false;
    const auto inputs = function.inputs();
    const torch::Tensor weight = probedTensor(inputs, operands->weight);
    if (!weight.defined() || weight.dim() != (operands->convolution ? 4 : 2))
        return false;
    if (operands->convolution && (inputs[6].toBool() || inputs[8].toInt() != 1))
        return false;
    if (work.found ? !work.names.contains(weight.data_ptr()) : !work.byWeight.contains(weight.data_ptr()))
        return false;
    call.operands = *operands;
    call.input = probedTensor(inputs, operands->input);
    call.weight = weight;
    call.bias = probedTensor(inputs, operands->bias);
    return true;
}

std::string layerName(const std::string& weight)
{
    constexpr std::string_view kEnding = ".weight";
    return weight.ends_with(kEnding) ? weight.substr(0, weight.size() - kEnding.size()) : weight;
}

void findLayer(ProbeWork& work, const ProbedCall& call, const torch::Tensor& output)
{
    const std::string name = layerName(work.names.at(call.weight.data_ptr()));
    for (const ProbedLayer& layer : *work.found)
        if (layer.name == name)
            return;
    ProbedLayer layer;
    layer.name = name;
    layer.convolution = call.operands.convolution;
    layer.weight = (call.operands.transposed ? call.weight.t() : call.weight).detach();
    if (call.bias.defined() && call.bias.dim() == 1 && call.bias.size(0) == layer.units() &&
        work.names.contains(call.bias.data_ptr()))
        layer.bias = call.bias.detach();
    work.outputs[output.unsafeGetTensorImpl()] = work.found->size();
    work.kept.push_back(output);
    work.found->push_back(std::move(layer));
}

void watchLayer(ProbeWork& work, const ProbedCall& call, const torch::Tensor& output)
{
    const std::size_t index = work.byWeight.at(call.weight.data_ptr());
    if ((*work.layers)[index].normWeight.defined())
        work.waiting[output.unsafeGetTensorImpl()] = {index, call.input};
    else
        (*work.sink)(index, call.input, output);
}

void normRan(ProbeWork& work, const ProbedCall& call, const torch::Tensor& output)
{
    if (work.found) {
        const auto it = work.outputs.find(call.input.unsafeGetTensorImpl());
        if (it == work.outputs.end())
            return;
        ProbedLayer& layer = (*work.found)[it->second];
        layer.normWeight = call.weight.defined() ? call.weight.detach() : torch::Tensor();
        layer.normBias = call.bias.defined() ? call.bias.detach() : torch::Tensor();
        return;
    }
    const auto it = work.waiting.find(call.input.unsafeGetTensorImpl());
    if (it == work.waiting.end())
        return;
    const auto [index, input] = std::move(it->second);
    work.waiting.erase(it);
    (*work.sink)(index, input, output);
}

std::unique_ptr<at::ObserverContext> probeStarts(const at::RecordFunction& function)
{
    auto call = std::make_unique<ProbedCall>();
    if (!t_probe || t_probe->busy)
        return call;
    if (readLayer(*call, function, *t_probe)) {
        call->kind = ProbedCall::Kind::Layer;
        ++t_probe->depth;
    } else if (std::string_view(function.name()) == "aten::batch_norm") {
        call->kind = ProbedCall::Kind::Norm;
        call->input = probedTensor(function.inputs(), 0);
        call->weight = probedTensor(function.inputs(), 1);
        call->bias = probedTensor(function.inputs(), 2);
    }
    return call;
}

void probeEnds(const at::RecordFunction& function, at::ObserverContext* context)
{
    ProbeWork* work = t_probe;
    if (!work || work->busy || !context)
        return;
    const auto& call = *static_cast<ProbedCall*>(context);
    const bool layer = call.kind == ProbedCall::Kind::Layer && --work->depth == 0;
    const bool norm = call.kind == ProbedCall::Kind::Norm;
    if ((!layer && !norm) || function.outputs().empty() || !function.outputs()[0].isTensor())
        return;
    work->busy = true;
    const torch::Tensor output = function.outputs()[0].toTensor();
    if (norm)
        normRan(*work, call, output);
    else if (work->found)
        findLayer(*work, call, output);
    else
        watchLayer(*work, call, output);
    work->busy = false;
}

/// The observer of this thread, for as long as it lives.
class Probing
{
public:
    explicit Probing(ProbeWork& work)
        : m_handle(at::addThreadLocalCallback(at::RecordFunctionCallback(probeStarts, probeEnds)
                                                  .needsInputs(true)
                                                  .needsOutputs(true)
                                                  .scopes({at::RecordScope::FUNCTION})))
    {
        t_probe = &work;
    }
    ~Probing()
    {
        t_probe = nullptr;
        at::removeCallback(m_handle);
    }
    Probing(const Probing&) = delete;
    Probing& operator=(const Probing&) = delete;

private:
    at::CallbackHandle m_handle;
};

} // namespace

std::vector<ProbedLayer> probeLayers(Network& network, const torch::Tensor& x)
{
    const torch::NoGradGuard off;
    std::vector<ProbedLayer> found;
    ProbeWork work;
    work.found = &found;
    for (const auto& [name, tensor] : network.persistent())
        work.names[tensor.data_ptr()] = name;
    const Probing probing(work);
    network.forward(x);
    return found;
}

torch::Tensor forwardProbed(Network& network, const torch::Tensor& x, const std::vector<ProbedLayer>& layers,
                            const LayerSink& sink)
{
    const torch::NoGradGuard off;
    ProbeWork work;
    work.layers = &layers;
    work.sink = &sink;
    for (std::size_t i = 0; i < layers.size(); ++i)
        work.byWeight[layers[i].weight.data_ptr()] = i;
    const Probing probing(work);
    return network.forward(x);
}

} // namespace assay::models
