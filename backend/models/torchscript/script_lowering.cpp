#include "backend/models/torchscript/script_lowering.h"

#include "backend/models/torchscript/script_taps.h"
#include "backend/protocol/error.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/frozen_graph_optimizations.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/passes/lower_tuples.h>
#include <torch/csrc/jit/passes/peephole.h>
#include <torch/csrc/jit/passes/remove_dropout.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <unordered_map>

namespace assay::models {

namespace {

namespace jit = torch::jit;

/// Each call copies its callee's nodes; a script of a few hundred lines can be written that unfolds to more
/// nodes than fit in memory.
constexpr std::size_t kMaxNodes = 500'000;

constexpr const char* kExportAgain =
    "Export a forward(x) that takes one batch of images and returns its logits.";

/// Calls @p visit for each node, of blocks within it too, in order.
template <class Visit>
void eachNode(jit::Block* block, const Visit& visit)
{
    for (jit::Node* node : block->nodes()) {
        visit(node);
        for (jit::Block* inner : node->blocks())
            eachNode(inner, visit);
    }
}

/// Replaces calls by what they call, and notes where everything came from.
class Inliner
{
public:
    Inliner(jit::Graph& graph, const std::string& where)
        : m_where(where)
    {
        m_paths[graph.inputs()[0]] = "";
        inlineBlock(graph.block());
    }

    ScriptNames take() { return std::move(m_names); }

private:
    void inlineBlock(jit::Block* block)
    {
        jit::Node* node = *block->nodes().begin();
        while (node != block->return_node()) {
            jit::Node* const before = node->prev();
            if (++m_nodes > kMaxNodes)
                throw Error("the script's calls unfold to more than " + std::to_string(kMaxNodes) +
                                " operations",
                            m_where, "Export a simpler network.");
            if (jit::GraphFunction* const callee = calleeOf(node)) {
                inlineCall(node, callee);
                node = before->next();
                continue;
            }
            notePath(node);
            for (jit::Block* inner : node->blocks()) {
                noteScope(inner, scopeOf(node));
                inlineBlock(inner);
            }
            node = node->next();
        }
    }

    static jit::GraphFunction* calleeOf(jit::Node* node)
    {
        const bool call = node->kind() == c10::prim::CallFunction || node->kind() == c10::prim::CallMethod;
        return call ? jit::tryToGraphFunction(node) : nullptr;
    }

    void inlineCall(jit::Node* call, jit::GraphFunction* callee)
    {
        std::string scope = scopeOf(call);
        std::string returnedBy;
        if (call->kind() == c10::prim::CallFunction) {
            call->removeInput(0);
            const std::string& function = callee->name();
            returnedBy =
                (scope.empty() ? "" : scope + ".") + function.substr(function.find_first_not_of('_'));
        } else if (const auto path = m_paths.find(call->input(0)); path != m_paths.end()) {
            scope = path->second;
            returnedBy = scope;
        }
        jit::Node* const before = call->prev();
        jit::Node* const after = call->next();
        m_names.scopes.erase(call); // its address may be given to a new node
        const std::vector<jit::Value*> replaced = call->outputs().vec();
        const std::vector<jit::Value*> outputs = jit::inlineCallTo(call, callee, /*use_graph=*/false);
        for (jit::Node* node = before->next(); node != after; node = node->next())
            m_names.scopes.emplace(node, scope);
        rename(replaced, outputs);
        if (!returnedBy.empty() && outputs.size() == 1) {
            m_returned[outputs[0]].push_back(m_names.outputs.size());
            m_names.outputs.emplace_back(returnedBy, outputs[0]);
        }
    }

    /// An outer call may return what an inner one returned, whose value inlining has just replaced.
    void rename(const std::vector<jit::Value*>& replaced, const std::vector<jit::Value*>& outputs)
    {
        for (std::size_t i = 0; i < replaced.size(); ++i) {
            const auto known = m_returned.find(replaced[i]);
            if (known == m_returned.end())
                continue;
            const std::vector<std::size_t> entries = std::move(known->second);
            m_returned.erase(known);
            for (const std::size_t entry : entries) {
                m_names.outputs[entry].second = outputs[i];
                m_returned[outputs[i]].push_back(entry);
            }
        }
    }

    /// "layer1.0" for the value self.layer1 . 0
    void notePath(const jit::Node* node)
    {
        if (node->kind() != c10::prim::GetAttr || !node->output()->type()->cast<c10::ClassType>())
            return;
        const auto parent = m_paths.find(node->input());
        if (parent == m_paths.end())
            return;
        const std::string prefix = parent->second.empty() ? "" : parent->second + ".";
        m_paths[node->output()] = prefix + node->s(c10::attr::name);
    }

    void noteScope(jit::Block* block, const std::string& scope)
    {
        for (jit::Node* node : block->nodes())
            m_names.scopes.emplace(node, scope);
    }

    std::string scopeOf(const jit::Node* node) const
    {
        const auto found = m_names.scopes.find(node);
        return found == m_names.scopes.end() ? std::string() : found->second;
    }

    const std::string& m_where;
    std::unordered_map<const jit::Value*, std::string> m_paths;
    std::unordered_map<const jit::Value*, std::vector<std::size_t>> m_returned; ///< into m_names.outputs
    ScriptNames m_names;
    std::size_t m_nodes = 0;
};

/// TorchScript is no sandbox: torch.save writes files and torch.from_file maps them. An operator is let
/// through when it computes.
void requireHarmless(const jit::Node* node, const char* noun, const std::string& where)
{
    static const std::set<std::string> kRefused = {
        "aten::save",       "aten::from_file",    "aten::load",       "aten::manual_seed",
        "aten::seed",       "aten::initial_seed", "aten::wait",       "prim::PythonOp",
        "prim::fork",       "prim::awaitable",    "prim::rpc_async",  "prim::rpc_sync",
        "prim::rpc_remote", "prim::CallFunction", "prim::CallMethod", "prim::CreateObject",
    };
    const std::string name = node->kind().toQualString();
    const bool computes = name.starts_with("aten::") || name.starts_with("prim::");
    if (kRefused.contains(name) || !computes)
        throw Error(
            "the " + std::string(noun) + " uses the operator '" + name.substr(0, 80) +
                "', which is not let through from a file (it does not compute, or gives no gradients)",
            where, "Export the " + std::string(noun) + " without it.");
}

void removePrinting(jit::Graph& graph)
{
    std::vector<jit::Node*> printing;
    eachNode(graph.block(), [&](jit::Node* node) {
        if (node->kind() == c10::prim::Print)
            printing.push_back(node);
    });
    for (jit::Node* node : printing)
        node->destroy();
}

/// LibTorch takes sizes and strides from the file as they are.
void requireInBounds(const torch::Tensor& tensor, const std::string& name, const std::string& where)
{
    if (tensor.layout() != torch::kStrided || tensor.is_quantized())
        throw Error("the tensor '" + name.substr(0, 80) +
                        "' is sparse or quantised, which gives no gradients",
                    where, "Export the network with plain float32 weights.");
    const auto itemBytes = static_cast<double>(tensor.element_size());
    double last = static_cast<double>(tensor.storage_offset());
    bool sane = last >= 0;
    for (std::int64_t d = 0; d < tensor.dim(); ++d) {
        sane = sane && tensor.size(d) >= 0 && tensor.stride(d) >= 0;
        last += static_cast<double>(tensor.size(d) - 1) * static_cast<double>(tensor.stride(d));
    }
    const auto held = static_cast<double>(tensor.storage().nbytes());
    if (!sane || (tensor.numel() > 0 && (last + 1) * itemBytes > held))
        throw Error("the tensor '" + name.substr(0, 80) + "' reaches beyond its data", where,
                    "Save the network again with torch.jit.save.");
}

bool isTensorConstant(const jit::Node* node)
{
    return node->kind() == c10::prim::Constant && node->hasAttribute(c10::attr::value) &&
           node->kindOf(c10::attr::value) == jit::AttributeKind::t;
}

/// A name for the tensor to come, which no module holds under one.
std::string codeName(const LoweredScript& script)
{
    return "code_constants." + std::to_string(script.tensors.size());
}

/// Puts inputs and constants in place of a module's attributes.
class AttributeReplacer
{
public:
    AttributeReplacer(LoweredScript& script, const jit::Module& module, const std::string& where)
        : m_script(script)
        , m_where(where)
        , m_start(*script.graph->nodes().begin())
    {
        collect(module, "");
        m_objects[script.graph->inputs()[0]] = module._ivalue();
        std::vector<jit::Node*> reads;
        eachNode(script.graph->block(), [&](jit::Node* node) {
            if (node->kind() == c10::prim::GetAttr)
                reads.push_back(node);
        });
        for (jit::Node* read : reads)
            replace(read);
    }

private:
    /// The saved tensors, module by module.
    void collect(const jit::Module& module, const std::string& prefix)
    {
        std::set<std::string> parameters;
        for (const auto& parameter : module.named_parameters(false))
            parameters.insert(parameter.name);
        for (const auto& attribute : module.named_attributes(false)) {
            if (attribute.value.isTensor() && attribute.value.toTensor().defined())
                add(prefix + attribute.name, attribute.value.toTensor(), parameters.contains(attribute.name));
        }
        for (const auto& child : module.named_children())
            collect(child.value, prefix + child.name + ".");
    }

    jit::Value* add(const std::string& name, const torch::Tensor& tensor, bool parameter)
    {
        if (const auto known = m_inputs.find(tensor.unsafeGetTensorImpl()); known != m_inputs.end())
            return known->second;
        requireInBounds(tensor, name, m_where);
        const bool named = !name.empty() && m_names.insert(name).second;
        m_script.tensors.push_back({named ? name : codeName(m_script), tensor.detach(), parameter, false});
        jit::Value* const input = m_script.graph->addInput();
        input->setType(c10::TensorType::get());
        m_inputs[tensor.unsafeGetTensorImpl()] = input;
        return input;
    }

    void replace(jit::Node* read)
    {
        const auto owner = m_objects.find(read->input());
        if (owner == m_objects.end())
            return; // of an object that the graph itself made
        const std::string& name = read->s(c10::attr::name);
        const c10::IValue value = owner->second->getAttr(name);
        if (value.isObject()) {
            if (!value.toObject()->type()->is_module())
                throw Error("the network's attribute '" + name.substr(0, 80) +
                                "' is an object of a class of its own, which cannot be opened",
                            m_where, "Export the network with torch.jit.trace.");
            m_objects[read->output()] = value.toObject();
            return;
        }
        read->output()->replaceAllUsesWith(valueOf(value, name));
    }

    jit::Value* valueOf(const c10::IValue& value, const std::string& name)
    {
        const jit::WithInsertPoint here(m_start);
        jit::Graph& graph = *m_script.graph;
        if (value.isTensor() && value.toTensor().defined())
            return add(name, value.toTensor(), false);
        if (value.isTensorList()) {
            std::vector<jit::Value*> members;
            for (const torch::Tensor& tensor : value.toTensorVector())
                members.push_back(add("", tensor, false));
            return graph.insertNode(graph.createList(c10::TensorType::get(), members))->output();
        }
        const auto constant = jit::tryInsertConstant(graph, value);
        if (!constant)
            throw Error("the network's attribute '" + name.substr(0, 80) + "' is of the kind " +
                            value.tagKind() + ", which cannot be opened",
                        m_where, "Export the network with torch.jit.trace.");
        return *constant;
    }

    LoweredScript& m_script;
    const std::string& m_where;
    jit::Node* m_start;
    std::unordered_map<const jit::Value*, c10::intrusive_ptr<c10::ivalue::Object>> m_objects;
    std::unordered_map<const c10::TensorImpl*, jit::Value*> m_inputs;
    std::set<std::string> m_names;
};

/// Tensors that stand in the code itself become inputs too, so that they can follow the network's device.
void liftConstants(LoweredScript& script)
{
    std::vector<jit::Node*> constants;
    eachNode(script.graph->block(), [&](jit::Node* node) {
        if (isTensorConstant(node))
            constants.push_back(node);
    });
    for (jit::Node* node : constants) {
        script.tensors.push_back({codeName(script), node->t(c10::attr::value).detach(), false, false});
        jit::Value* const input = script.graph->addInput();
        input->setType(c10::TensorType::get());
        node->output()->replaceAllUsesWith(input);
    }
}

/// One tensor of images; everything after it must have a default, which is put in.
void bindArguments(jit::Graph& graph, const c10::FunctionSchema& schema, const std::string& where)
{
    const auto& arguments = schema.arguments();
    const auto required =
        std::count_if(arguments.begin() + 1, arguments.end(),
                      [](const c10::Argument& argument) { return !argument.default_value().has_value(); });
    if (arguments.size() < 2 || required > 1)
        throw Error("its forward takes " + std::to_string(required) +
                        " inputs; a classifier takes one batch of images",
                    where, kExportAgain);
    if (!c10::TensorType::get()->isSubtypeOf(*arguments[1].type()))
        throw Error("its forward takes a " + arguments[1].type()->annotation_str().substr(0, 80) +
                        "; a classifier takes one batch of images, a tensor",
                    where, kExportAgain);
    const jit::WithInsertPoint start(*graph.nodes().begin());
    while (graph.inputs().size() > 2) {
        const std::size_t last = graph.inputs().size() - 1;
        graph.inputs()[last]->replaceAllUsesWith(
            jit::insertConstant(graph, *arguments[last].default_value()));
        graph.eraseInput(last);
    }
    graph.inputs()[1]->setType(c10::TensorType::get());
}

void simplify(std::shared_ptr<jit::Graph>& graph)
{
    jit::removeDropout(graph);
    jit::ConstantPropagation(graph);
    jit::PeepholeOptimize(graph);
    jit::LowerSimpleTuples(graph);
    jit::EliminateDeadCode(graph);
}

/// Takes the module itself away: nothing may need it any more.
void dropModule(jit::Graph& graph, const std::string& noun, const std::string& where)
{
    eachNode(graph.block(), [&](const jit::Node* node) {
        if (node->kind() == c10::prim::SetAttr)
            throw Error("the " + noun + " changes its own attribute '" +
                            node->s(c10::attr::name).substr(0, 80) +
                            "' while it runs, so that an image's answer depends on those before it",
                        where,
                        noun == "network" ? "Export a network whose forward changes nothing."
                                          : "Write a " + noun + " whose methods change nothing.");
    });
    if (graph.inputs()[0]->hasUses())
        throw Error("the " + noun + " hands itself to one of its functions, which cannot be opened", where,
                    "Export the network with torch.jit.trace.");
    graph.eraseInput(0);
}

/// @param arguments inputs of the graph before the tensors.
void noteWrites(LoweredScript& script, std::size_t arguments)
{
    const jit::AliasDb aliases(script.graph);
    for (std::size_t i = 0; i < arguments; ++i)
        script.writtenArguments.push_back(aliases.hasWriters(script.graph->inputs()[i]));
    for (std::size_t i = 0; i < script.tensors.size(); ++i)
        script.tensors[i].written = aliases.hasWriters(script.graph->inputs()[arguments + i]);
}

/// Everything but the choice of arguments and taps; the module is input 0 of script.graph before.
void replaceModule(LoweredScript& script, const jit::Module& module, const char* noun,
                   const std::string& where)
{
    const AttributeReplacer replacer(script, module, where);
    simplify(script.graph);
    dropModule(*script.graph, noun, where);
    liftConstants(script);
}

/// isNondeterministic() alone leaves out what draws in place, such as uniform_.
bool drawsNumbers(const jit::Node* node)
{
    const c10::FunctionSchema* const schema = node->maybeSchema();
    return node->isNondeterministic() ||
           (schema && std::ranges::any_of(schema->arguments(), [](const c10::Argument& argument) {
                return argument.name() == "generator";
            }));
}

void requireHarmless(jit::Graph& graph, const char* noun, const std::string& where)
{
    eachNode(graph.block(), [&](const jit::Node* node) {
        requireHarmless(node, noun, where);
        if (isTensorConstant(node))
            requireInBounds(node->t(c10::attr::value), "constant", where);
    });
}

} // namespace

LoweredScript lowerScript(const jit::Module& module, const std::string& where)
{
    const auto method = module.find_method("forward");
    if (!method)
        throw Error("the script has no forward method", where, kExportAgain);
    LoweredScript script;
    script.code = module._ivalue()->compilation_unit();
    script.graph = jit::toGraphFunction(method->function()).graph()->copy();
    bindArguments(*script.graph, method->function().getSchema(), where);
    const ScriptNames names = Inliner(*script.graph, where).take();
    requireHarmless(*script.graph, "network", where);
    removePrinting(*script.graph);
    script.taps = offerTaps(*script.graph, names);
    replaceModule(script, module, "network", where);
    settleTaps(script.graph, script.taps);
    noteWrites(script, 1);
    script.writesInput = script.writtenArguments.front();
    return script;
}

LoweredScript lowerMethod(const jit::Module& module, const std::string& name, const std::string& where)
{
    const auto method = module.find_method(name);
    if (!method)
        throw Error("the script has no method '" + name + "'", where);
    LoweredScript script;
    script.code = module._ivalue()->compilation_unit();
    script.graph = jit::toGraphFunction(method->function()).graph()->copy();
    const std::size_t arguments = method->function().getSchema().arguments().size() - 1;
    Inliner(*script.graph, where).take();
    requireHarmless(*script.graph, "script", where);
    eachNode(script.graph->block(), [&](const jit::Node* node) {
        if (drawsNumbers(node))
            throw Error("'" + name + "' draws random numbers of its own (" +
                            std::string(node->kind().toQualString()).substr(0, 80) +
                            "), so that nobody could repeat its results",
                        where, "Make them from the seed that transform is given.");
    });
    removePrinting(*script.graph);
    replaceModule(script, module, "script", where);
    noteWrites(script, arguments);
    return script;
}

std::shared_ptr<jit::Graph> freezeScript(const LoweredScript& script)
{
    std::shared_ptr<jit::Graph> graph = script.graph->copy();
    {
        const jit::WithInsertPoint start(*graph->nodes().begin());
        for (std::size_t i = script.tensors.size(); i-- > 0;) {
            if (script.tensors[i].written)
                continue;
            graph->inputs()[i + 1]->replaceAllUsesWith(jit::insertConstant(*graph, script.tensors[i].value));
            graph->eraseInput(i + 1);
        }
    }
    simplify(graph);
    jit::OptimizeFrozenGraph(graph);
    simplify(graph);
    return graph;
}

} // namespace assay::models
