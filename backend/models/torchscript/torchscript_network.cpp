#include "backend/models/torchscript/torchscript_network.h"

#include "backend/models/torchscript/script_method.h"
#include "backend/models/torchscript/script_taps.h"
#include "backend/protocol/error.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/nn.h>
#include <torch/utils.h>

#include <algorithm>
#include <limits>

namespace assay::models {

namespace {

namespace jit = torch::jit;

/// A module that only holds what lies under one name.
using Group = torch::nn::Module;

constexpr const char* kCounter = "num_batches_tracked";

/// Counters of batches are for training.
bool isSaved(const ScriptTensor& tensor)
{
    return !tensor.name.ends_with(kCounter);
}

/// Half-precision weights are for other devices; what is asked of a network here needs float32.
void widen(LoweredScript& script)
{
    for (ScriptTensor& tensor : script.tensors) {
        if (tensor.value.is_floating_point() && tensor.value.scalar_type() != torch::kFloat32)
            tensor.value = tensor.value.to(torch::kFloat32);
    }
}

void flatten(const c10::IValue& value, const std::string& place,
             std::vector<std::pair<std::string, torch::Tensor>>& found)
{
    const std::string prefix = place.empty() ? "" : place + ".";
    if (value.isTensor()) {
        if (value.toTensor().defined())
            found.emplace_back(place, value.toTensor());
    } else if (value.isTuple()) {
        const auto& members = value.toTupleRef().elements();
        for (std::size_t i = 0; i < members.size(); ++i)
            flatten(members[i], prefix + std::to_string(i), found);
    } else if (value.isList()) {
        const auto members = value.toListRef();
        for (std::size_t i = 0; i < members.size(); ++i)
            flatten(members[i], prefix + std::to_string(i), found);
    } else if (value.isGenericDict()) {
        for (const auto& entry : value.toGenericDict()) {
            if (entry.key().isString())
                flatten(entry.value(), prefix + entry.key().toStringRef(), found);
        }
    }
}

torch::Tensor pick(const c10::IValue& result, const std::string& place, const std::string& where)
{
    if (place.empty() && result.isTensor())
        return result.toTensor();
    std::vector<std::pair<std::string, torch::Tensor>> found;
    flatten(result, "", found);
    for (const auto& [name, tensor] : found) {
        if (name == place)
            return tensor;
    }
    throw Error("the network's answer has no tensor '" + place.substr(0, 80) + "'", where,
                "Import the file again and choose the part that is the logits.");
}

} // namespace

LoweredScript openScript(const std::filesystem::path& file)
{
    const std::string where = file.string();
    const jit::Module module = loadScript(file);
    try {
        LoweredScript script = lowerScript(module, where);
        widen(script);
        return script;
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        throw Error("its code cannot be read: " + scriptSentence(error), where,
                    "Export the network with torch.jit.trace.");
    }
}

TorchScriptNetwork::TorchScriptNetwork(LoweredScript script, InputSpec input, ScriptOptions options,
                                       std::string where)
    : m_script(std::move(script))
    , m_input(std::move(input))
    , m_options(std::move(options))
    , m_where(std::move(where))
    , m_adapter(m_input, m_where)
{
    registerTensors();
    takeLogarithm();
    compile();
    eval();
}

void TorchScriptNetwork::registerTensors()
{
    for (ScriptTensor& tensor : m_script.tensors) {
        torch::nn::Module* owner = this;
        std::string rest = tensor.name;
        for (std::size_t dot = rest.find('.'); dot != std::string::npos; dot = rest.find('.')) {
            const std::string part = rest.substr(0, dot);
            const auto children = owner->named_children();
            const auto* const known = children.find(part);
            owner = known ? known->get() : owner->register_module(part, std::make_shared<Group>()).get();
            rest.erase(0, dot + 1);
        }
        if (tensor.parameter)
            tensor.value = owner->register_parameter(rest, tensor.value, false);
        else
            tensor.value = owner->register_buffer(rest, tensor.value);
    }
}

/// The logarithm of a softmax is exact, and has gradients, where that of its rounded result has none.
void TorchScriptNetwork::takeLogarithm()
{
    const bool plain = m_options.probabilities && m_options.output.empty() && !m_options.layout;
    if (!plain || m_script.graph->outputs()[0]->node()->kind() != c10::aten::softmax)
        return;
    m_script.graph = m_script.graph->copy();
    jit::Node* const softmax = m_script.graph->outputs()[0]->node();
    softmax->replaceWithNewSymbol(c10::aten::log_softmax);
    softmax->destroy();
    m_options.probabilities = false;
}

torch::Device TorchScriptNetwork::device() const
{
    return m_script.tensors.empty() ? torch::Device(torch::kCPU) : m_script.tensors.front().value.device();
}

void TorchScriptNetwork::compile()
{
    jit::Graph& graph = m_folded ? *m_frozen : *m_script.graph;
    m_tapped = std::make_shared<ScriptProgram>(graph, device());
    m_plain = std::make_shared<ScriptProgram>(*withOutputs(graph, {0}), device());
}

TorchScriptNetwork::Answer TorchScriptNetwork::run(const ScriptProgram& program, const torch::Tensor& x) const
{
    std::vector<c10::IValue> inputs;
    // The caller's images stay as they are, whatever the script does.
    inputs.emplace_back(m_script.writesInput ? x.clone() : x);
    for (const ScriptTensor& tensor : m_script.tensors) {
        if (!m_folded || tensor.written)
            inputs.emplace_back(tensor.written ? tensor.value.clone() : tensor.value);
    }
    std::vector<c10::IValue> outputs;
    try {
        outputs = program.run(std::move(inputs));
    } catch (const Error& error) {
        throw Error("the network failed on " + std::to_string(x.size(0)) + " images of " +
                        std::to_string(x.size(1)) + " x " + std::to_string(x.size(2)) + " x " +
                        std::to_string(x.size(3)) + ": " + error.happened(),
                    m_where, error.mend());
    }
    Answer answer{outputs.front(), {}};
    answer.taps.assign(outputs.begin() + 1, outputs.end());
    return answer;
}

AnswerParts TorchScriptNetwork::answer(const torch::Tensor& x) const
{
    AnswerParts found;
    flatten(run(*m_plain, x).result, "", found);
    return found;
}

torch::Tensor TorchScriptNetwork::rawOutput(const torch::Tensor& x) const
{
    return picked(run(*m_plain, x).result);
}

torch::Tensor TorchScriptNetwork::picked(const c10::IValue& result) const
{
    if (!m_options.layout || m_options.layout->outputs.empty())
        return pick(result, m_options.output, m_where);
    std::vector<torch::Tensor> parts;
    for (const std::string& name : m_options.layout->outputs)
        parts.push_back(pick(result, name, m_where));
    return joinedAnswer(parts, *m_options.layout, m_where);
}

torch::Tensor TorchScriptNetwork::logits(const torch::Tensor& output) const
{
    if (!m_options.probabilities)
        return output;
    // A probability that has become zero keeps a finite logarithm: the smallest normal float.
    return output.clamp_min(std::numeric_limits<float>::min()).log();
}

torch::Tensor TorchScriptNetwork::forward(const torch::Tensor& x, const TapSink* sink)
{
    std::vector<std::vector<torch::Tensor>> taps(sink ? m_script.taps.size() : 0);
    const torch::Tensor result = inBatchesOf(m_options.batch, m_adapter(x), [&](const torch::Tensor& part) {
        const Answer answer = run(sink ? *m_tapped : *m_plain, part);
        for (std::size_t i = 0; i < answer.taps.size(); ++i)
            taps[i].push_back(answer.taps[i].toTensor());
        return logits(picked(answer.result));
    });
    for (std::size_t i = 0; i < taps.size(); ++i)
        (*sink)(m_script.taps[i],
                taps[i].size() == 1 ? taps[i][0] : torch::cat(taps[i]).narrow(0, 0, x.size(0)));
    return result;
}

NamedTensors TorchScriptNetwork::persistent() const
{
    NamedTensors result;
    for (const ScriptTensor& tensor : m_script.tensors) {
        if (isSaved(tensor))
            result.emplace_back(tensor.name, tensor.value.detach());
    }
    return result;
}

std::int64_t TorchScriptNetwork::parameterCount() const
{
    std::int64_t count = 0;
    for (const ScriptTensor& tensor : m_script.tensors)
        count += tensor.parameter ? tensor.value.numel() : 0;
    return count;
}

std::shared_ptr<Network> TorchScriptNetwork::copy() const
{
    LoweredScript script = m_script;
    for (ScriptTensor& tensor : script.tensors)
        tensor.value = tensor.value.detach().clone();
    auto made = std::make_shared<TorchScriptNetwork>(std::move(script), m_input, m_options, m_where);
    made->to(device());
    return made;
}

void TorchScriptNetwork::fold()
{
    if (m_folded)
        return;
    const torch::NoGradGuard off;
    auto generator = at::make_generator<at::CPUGeneratorImpl>(std::uint64_t(1));
    const torch::Tensor images = torch::rand({std::max<std::int64_t>(1, m_options.batch), m_input.channels,
                                              m_input.height, m_input.width},
                                             generator)
                                     .to(device());
    const auto plain = m_plain;
    const auto tapped = m_tapped;
    for (const bool channelsLast : {true, false}) {
        try {
            const torch::Tensor before = rawOutput(m_adapter(images));
            m_frozen = freezeScript(m_script);
            if (channelsLast && (!device().is_cpu() || !preferChannelsLast(m_frozen)))
                continue;
            m_folded = true;
            compile();
            const TapSink ignore = [](const std::string&, const torch::Tensor&) {};
            forward(images, &ignore);
            const torch::Tensor after = rawOutput(m_adapter(images));
            const torch::Tensor allowed = before.abs().max().clamp_min(1e-6) * 1e-3;
            if ((after - before).abs().max().le(allowed).item<bool>())
                return;
        } catch (const std::exception&) {
            // Not every script survives the changes; it then runs as it is.
        }
        m_folded = false;
        m_plain = plain;
        m_tapped = tapped;
    }
    m_frozen = nullptr;
}

void TorchScriptNetwork::follow(torch::Device device)
{
    m_adapter.to(device);
    if (m_folded) {
        m_folded = false;
        compile();
        fold();
    } else {
        compile();
    }
}

void TorchScriptNetwork::to(torch::Device device, torch::Dtype dtype, bool nonBlocking)
{
    Module::to(device, dtype, nonBlocking);
    follow(device);
}

void TorchScriptNetwork::to(torch::Dtype dtype, bool nonBlocking)
{
    Module::to(dtype, nonBlocking);
}

void TorchScriptNetwork::to(torch::Device device, bool nonBlocking)
{
    Module::to(device, nonBlocking);
    follow(device);
}

TensorFunction TorchScriptNetwork::valueOf(jit::Value* value) const
{
    std::shared_ptr<jit::Graph> graph = m_script.graph->copy();
    // The copy has the nodes of the original in the same order.
    jit::Node* twin = *graph->nodes().begin();
    jit::Value* wanted = nullptr;
    if (value->node()->kind() == c10::prim::Param) {
        wanted = graph->inputs()[value->offset()];
    } else {
        for (const jit::Node* node = *m_script.graph->nodes().begin(); node != value->node();
             node = node->next())
            twin = twin->next();
        wanted = twin->outputs()[value->offset()];
    }
    graph->registerOutput(wanted);
    const std::size_t last = graph->outputs().size() - 1;
    const auto program = std::make_shared<ScriptProgram>(*withOutputs(*graph, {last}), device());
    return [this, program](const torch::Tensor& x) { return run(*program, x).result.toTensor(); };
}

std::optional<TensorFunction> TorchScriptNetwork::firstLayerInput() const
{
    const auto [layer, index] = firstLayer(*m_script.graph);
    if (!layer)
        return std::nullopt;
    return valueOf(layer->inputs()[index]);
}

std::optional<TorchScriptNetwork::FirstNorm> TorchScriptNetwork::firstNorm() const
{
    const jit::Node* const layer = firstLayer(*m_script.graph).first;
    if (!layer)
        return std::nullopt;
    for (const jit::Use& use : layer->output()->uses()) {
        if (use.user->kind() != c10::aten::batch_norm || use.offset != 0)
            continue;
        const jit::Value* const mean = use.user->inputs()[3];
        const jit::Value* const var = use.user->inputs()[4];
        if (mean->node()->kind() != c10::prim::Param || var->node()->kind() != c10::prim::Param)
            continue;
        FirstNorm norm;
        norm.input = valueOf(use.user->inputs()[0]);
        norm.runningMean = m_script.tensors[mean->offset() - 1].value;
        norm.runningVar = m_script.tensors[var->offset() - 1].value;
        return norm;
    }
    return std::nullopt;
}

} // namespace assay::models
