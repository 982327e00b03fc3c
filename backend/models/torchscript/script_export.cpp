#include "backend/models/torchscript/script_export.h"

#include "backend/models/torchscript/script_lowering.h"
#include "backend/models/torchscript/script_program.h"
#include "backend/protocol/error.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/utils.h>

#include <algorithm>
#include <sstream>
#include <utility>
#include <vector>

namespace assay::models {

namespace {

namespace jit = torch::jit;

constexpr double kMostInt8 = 127;
/// Of logits, relative to the largest: rounding of float32 over a deep network.
constexpr double kSameAnswer = 1e-4;
constexpr std::uint64_t kCheckSeed = 5;
constexpr const char* kScriptTraining = "training"; ///< what every module of a script is expected to have
constexpr const char* kExportedScript = "the exported script";

/// A layer whose weight the script makes of two others.
struct Int8Layer
{
    torch::Tensor* weight = nullptr; ///< the layer's member, replaced while it runs
    torch::Tensor whole;             ///< int8, of the weight's shape
    torch::Tensor scale;             ///< float32, [out,1,...]
};

torch::Tensor* weightMember(torch::nn::Module& module)
{
    if (auto* conv = module.as<torch::nn::Conv2dImpl>())
        return &conv->weight;
    if (auto* linear = module.as<torch::nn::LinearImpl>())
        return &linear->weight;
    return nullptr;
}

Int8Layer roundedLayer(torch::Tensor* weight)
{
    const torch::Tensor w = weight->detach();
    std::vector<std::int64_t> perChannel(static_cast<std::size_t>(w.dim()), 1);
    perChannel.front() = w.size(0);
    torch::Tensor scale = w.flatten(1).abs().amax(1) / kMostInt8;
    scale = torch::where(scale > 0, scale, torch::ones_like(scale)).view(perChannel);
    return {weight, (w / scale).round().to(torch::kInt8), scale};
}

/// What is exported: a copy of a network whose weights can be put in place anew at each call.
class Traceable
{
public:
    Traceable(const Network& network, ScriptWeights weights)
        : m_network(network.copy())
        , m_root("__torch__.AssayNetwork")
    {
        if (!m_network)
            throw Error("cannot be copied, and so not be exported", "the network",
                        "Export a network of a built-in architecture.");
        const torch::NoGradGuard off;
        m_network->to(torch::kCPU);
        m_root.register_attribute(kScriptTraining, c10::BoolType::get(), false);
        for (const auto& item : m_network->named_modules({}, false))
            if (torch::Tensor* weight =
                    weights == ScriptWeights::Int8 ? weightMember(*item.value()) : nullptr) {
                const Int8Layer& layer = m_layers.emplace_back(roundedLayer(weight));
                put(item.key() + ".weight_int8", layer.whole, false);
                put(item.key() + ".weight_scale", layer.scale, false);
                m_replaced.push_back(item.key() + ".weight");
            }
        // The members themselves, not views of them: the tracer knows tensors by their identity.
        for (const auto& item : m_network->named_parameters())
            keep(item.key(), item.value(), true);
        for (const auto& item : m_network->named_buffers())
            if (item.value().defined() && !item.key().ends_with("num_batches_tracked"))
                keep(item.key(), item.value(), false);
    }

    torch::Tensor forward(const torch::Tensor& x)
    {
        for (Int8Layer& layer : m_layers)
            *layer.weight = layer.whole.to(torch::kFloat32).mul(layer.scale);
        return m_network->forward(x);
    }

    std::string traced(const torch::Tensor& x)
    {
        const auto recorded = jit::tracer::trace(
            {x}, [this](jit::Stack inputs) -> jit::Stack { return {forward(inputs.front().toTensor())}; },
            [](const torch::Tensor&) { return std::string(); }, true, false, &m_root, {"x"});
        m_root.type()->addMethod(m_root._ivalue()->compilation_unit()->create_function(
            c10::QualifiedName(*m_root.type()->name(), "forward"), recorded.first->graph));
        std::ostringstream bytes;
        m_root.save(bytes);
        return bytes.str();
    }

private:
    void keep(const std::string& name, const torch::Tensor& tensor, bool parameter)
    {
        if (std::ranges::find(m_replaced, name) == m_replaced.end())
            put(name, tensor, parameter);
    }

    /// Modules inside one another, as the dots of the name say; each is of a class of its own.
    void put(const std::string& name, const torch::Tensor& tensor, bool parameter)
    {
        jit::Module owner = m_root;
        std::string rest = name, path;
        for (std::size_t dot = rest.find('.'); dot != std::string::npos; dot = rest.find('.')) {
            const std::string part = rest.substr(0, dot);
            path += "_" + part;
            if (!owner.hasattr(part)) {
                jit::Module made("__torch__.Layer" + path, m_root._ivalue()->compilation_unit());
                made.register_attribute(kScriptTraining, c10::BoolType::get(), false);
                owner.register_module(part, made);
            }
            owner = owner.attr(part).toModule();
            rest.erase(0, dot + 1);
        }
        if (parameter)
            owner.register_parameter(rest, tensor, false);
        else
            owner.register_buffer(rest, tensor);
    }

    std::shared_ptr<Network> m_network;
    jit::Module m_root;
    std::vector<Int8Layer> m_layers;
    std::vector<std::string> m_replaced;
};

/// Whether the script gives @p expected for @p x; false, too, when it cannot take so many images.
bool answersAs(const LoweredScript& script, const ScriptProgram& program, const torch::Tensor& x,
               const torch::Tensor& expected)
{
    std::vector<c10::IValue> inputs = {x};
    for (const ScriptTensor& tensor : script.tensors)
        inputs.emplace_back(tensor.value);
    torch::Tensor given;
    try {
        given = program.run(std::move(inputs)).front().toTensor();
    } catch (const Error&) {
        return false;
    }
    return given.sizes() == expected.sizes() && (given - expected).abs().max().item<double>() <=
                                                    kSameAnswer * (1 + expected.abs().max().item<double>());
}

} // namespace

ExportedScript exportScript(const Network& network, const InputSpec& input, ScriptWeights weights)
{
    const torch::NoGradGuard off;
    Traceable traceable(network, weights);
    torch::Tensor x = torch::empty({4, input.channels, input.height, input.width});
    x.uniform_(0, 1, at::detail::createCPUGenerator(kCheckSeed));
    ExportedScript made{.bytes = traceable.traced(x.narrow(0, 0, 1).contiguous())};

    std::istringstream stream(made.bytes);
    const LoweredScript script = lowerScript(jit::load(stream), kExportedScript);
    const ScriptProgram program(*script.graph, torch::kCPU);
    const torch::Tensor others = x.narrow(0, 1, 3).contiguous();
    if (answersAs(script, program, others, traceable.forward(others)))
        return made;
    made.batch = 1;
    for (std::int64_t i = 0; i < others.size(0); ++i) {
        const torch::Tensor one = others.narrow(0, i, 1).contiguous();
        if (!answersAs(script, program, one, traceable.forward(one)))
            throw Error("answers otherwise than the network: part of what the network computes cannot be "
                        "recorded",
                        kExportedScript, "Export a network of a built-in architecture.");
    }
    return made;
}

} // namespace assay::models
