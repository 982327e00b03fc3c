#include "backend/models/torchscript/script_taps.h"

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include <algorithm>
#include <set>
#include <unordered_set>

namespace assay::models {

namespace {

namespace jit = torch::jit;

/// Operators between modules whose values researchers ask for.
bool isMeaningful(const jit::Node* node)
{
    static const std::set<std::string> kKinds = {
        "relu",
        "gelu",
        "silu",
        "hardswish",
        "hardtanh",
        "relu6",
        "leaky_relu",
        "elu",
        "sigmoid",
        "tanh",
        "max_pool2d",
        "avg_pool2d",
        "adaptive_avg_pool2d",
        "adaptive_max_pool2d",
        "mean",
        "flatten",
        "cat",
        "add",
        "layer_norm",
        "linear",
        "_convolution",
        "conv2d",
        "batch_norm",
        "log_softmax",
        "softmax",
    };
    std::string kind = node->kind().toUnqualString();
    if (kind.ends_with('_'))
        kind.pop_back();
    return node->kind().is_aten() && node->outputs().size() == 1 && kKinds.contains(kind);
}

bool isFoldableConvolution(const jit::Node* node)
{
    const std::string kind = node->kind().toUnqualString();
    return node->kind().is_aten() && kind.find("conv") != std::string::npos;
}

std::string operatorName(const jit::Node* node)
{
    std::string kind = node->kind().toUnqualString();
    const std::size_t first = kind.find_first_not_of('_');
    const std::size_t last = kind.find_last_not_of('_');
    return kind.substr(first, last - first + 1);
}

/// Whether anything but the list of outputs and batch normalisation reads the value.
bool feedsOnlyNorms(const jit::Value* value)
{
    bool any = false;
    for (const jit::Use& use : value->uses()) {
        if (use.user->kind() == c10::prim::Return)
            continue;
        if (use.user->kind() != c10::aten::batch_norm)
            return false;
        any = true;
    }
    return any;
}

/// Nodes that may write into a tensor.
std::vector<jit::Node*> writers(jit::Block* block)
{
    std::vector<jit::Node*> found;
    for (jit::Node* node : block->nodes()) {
        const c10::FunctionSchema* schema = node->maybeSchema();
        if (schema && (schema->is_mutable() || node->kind() == c10::aten::batch_norm))
            found.push_back(node);
        for (jit::Block* inner : node->blocks()) {
            const auto below = writers(inner);
            found.insert(found.end(), below.begin(), below.end());
        }
    }
    return found;
}

std::int64_t depth(const std::string& name)
{
    return std::count(name.begin(), name.end(), '.');
}

struct Tap
{
    std::string name;
    jit::Value* value;
};

/// Decides which values can be shown as they were computed.
class Judge
{
public:
    explicit Judge(const std::shared_ptr<jit::Graph>& graph)
        : m_graph(*graph)
        , m_aliases(graph)
        , m_writers(writers(graph->block()))
    {
        const auto values = imageValues(*graph);
        m_images.insert(values.begin(), values.end());
    }

    bool allows(jit::Value* value) const
    {
        jit::Node* const node = value->node();
        if (!m_images.contains(value) || node->kind() == c10::prim::Param ||
            node->owningBlock() != m_graph.block() || !value->type()->isSubtypeOf(*c10::TensorType::get()))
            return false;
        return std::none_of(m_writers.begin(), m_writers.end(), [&](jit::Node* writer) {
            return writer != node && node->isBefore(writer) && m_aliases.writesToAlias(writer, {value});
        });
    }

private:
    jit::Graph& m_graph;
    jit::AliasDb m_aliases;
    std::vector<jit::Node*> m_writers;
    std::unordered_set<const jit::Value*> m_images;
};

/// One name a value: the one of the outermost module, then the one offered first.
std::vector<Tap> distinct(const std::vector<Tap>& offered)
{
    std::vector<Tap> kept;
    std::unordered_map<const jit::Value*, std::size_t> places;
    for (const Tap& tap : offered) {
        const auto [place, first] = places.emplace(tap.value, kept.size());
        if (first)
            kept.push_back(tap);
        else if (depth(tap.name) < depth(kept[place->second].name))
            kept[place->second].name = tap.name;
    }
    return kept;
}

bool isLayer(const jit::Node* node, const std::unordered_set<const jit::Value*>& images, std::size_t& index)
{
    static const std::unordered_map<std::string, std::vector<std::size_t>> kLayers = {
        {"aten::linear", {0}},      {"aten::addmm", {1}},
        {"aten::mm", {0}},          {"aten::matmul", {0, 1}},
        {"aten::conv1d", {0}},      {"aten::conv2d", {0}},
        {"aten::conv3d", {0}},      {"aten::_convolution", {0}},
        {"aten::convolution", {0}}, {"aten::_convolution_mode", {0}},
    };
    const auto found = kLayers.find(node->kind().toQualString());
    if (found == kLayers.end())
        return false;
    for (const std::size_t candidate : found->second) {
        const std::size_t other = candidate == 1 && found->second.size() == 2 ? 0 : candidate + 1;
        if (images.contains(node->inputs()[candidate]) && !images.contains(node->inputs()[other])) {
            index = candidate;
            return true;
        }
    }
    return false;
}

std::vector<std::pair<jit::Node*, std::size_t>> layers(jit::Graph& graph)
{
    const auto values = imageValues(graph);
    const std::unordered_set<const jit::Value*> images(values.begin(), values.end());
    std::vector<std::pair<jit::Node*, std::size_t>> found;
    for (jit::Node* node : graph.nodes()) {
        std::size_t index = 0;
        if (isLayer(node, images, index))
            found.emplace_back(node, index);
    }
    return found;
}

} // namespace

std::vector<jit::Value*> imageValues(jit::Graph& graph)
{
    std::vector<jit::Value*> values = {graph.inputs()[0]};
    std::unordered_set<const jit::Value*> seen(values.begin(), values.end());
    const auto visit = [&](const auto& self, jit::Block* block) -> bool {
        bool any = false;
        for (jit::Node* node : block->nodes()) {
            bool depends = std::any_of(node->inputs().begin(), node->inputs().end(),
                                       [&](const jit::Value* input) { return seen.contains(input); });
            for (jit::Block* inner : node->blocks())
                depends = self(self, inner) || depends;
            for (jit::Value* output : node->outputs()) {
                if (depends && seen.insert(output).second)
                    values.push_back(output);
            }
            any = any || depends;
        }
        return any;
    };
    visit(visit, graph.block());
    return values;
}

std::pair<jit::Node*, std::size_t> firstLayer(jit::Graph& graph)
{
    const auto found = layers(graph);
    return found.empty() ? std::pair<jit::Node*, std::size_t>{nullptr, 0} : found.front();
}

std::pair<jit::Node*, std::size_t> lastLayer(jit::Graph& graph)
{
    const auto found = layers(graph);
    return found.empty() ? std::pair<jit::Node*, std::size_t>{nullptr, 0} : found.back();
}

std::vector<std::string> offerTaps(jit::Graph& graph, const ScriptNames& names)
{
    std::vector<std::string> taps;
    std::unordered_map<std::string, int> met;
    const auto offer = [&](const std::string& name, jit::Value* value) {
        if (value->node()->owningBlock() != graph.block())
            return;
        const int times = ++met[name];
        taps.push_back(times == 1 ? name : name + "_" + std::to_string(times));
        graph.registerOutput(value);
    };
    for (const auto& [name, value] : names.outputs)
        offer(name, value);
    for (jit::Node* node : graph.nodes()) {
        if (!isMeaningful(node))
            continue;
        const auto scope = names.scopes.find(node);
        const bool inner = scope != names.scopes.end() && !scope->second.empty();
        offer((inner ? scope->second + "." : "") + operatorName(node), node->output());
    }
    return taps;
}

void settleTaps(const std::shared_ptr<jit::Graph>& graph, std::vector<std::string>& taps)
{
    const Judge judge(graph);
    const jit::Value* const result = graph->outputs()[0];
    std::vector<Tap> offered;
    for (std::size_t i = 0; i < taps.size(); ++i) {
        jit::Value* const value = graph->outputs()[i + 1];
        const bool foldable = isFoldableConvolution(value->node()) && feedsOnlyNorms(value);
        if (value != result && !foldable && judge.allows(value))
            offered.push_back({taps[i], value});
    }
    std::vector<Tap> kept = distinct(offered);
    std::sort(kept.begin(), kept.end(), [](const Tap& a, const Tap& b) {
        return a.value->node() != b.value->node() && a.value->node()->isBefore(b.value->node());
    });
    if (const auto [layer, index] = lastLayer(*graph); layer && judge.allows(layer->inputs()[index])) {
        jit::Value* const features = layer->inputs()[index];
        const auto known =
            std::find_if(kept.begin(), kept.end(), [&](const Tap& tap) { return tap.value == features; });
        if (known == kept.end())
            kept.push_back({"features", features});
        else
            std::rotate(known, known + 1, kept.end());
    }
    while (graph->outputs().size() > 1)
        graph->eraseOutput(graph->outputs().size() - 1);
    taps.clear();
    for (const Tap& tap : kept) {
        taps.push_back(tap.name);
        graph->registerOutput(tap.value);
    }
    jit::EliminateDeadCode(graph);
}

} // namespace assay::models
