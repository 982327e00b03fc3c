#include "backend/models/torchscript/script_program.h"

#include "backend/models/torchscript/script_taps.h"
#include "backend/protocol/error.h"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/library.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace assay::models {

namespace {

namespace jit = torch::jit;
using Clock = std::chrono::steady_clock;

/// Of the program running in this thread, and of none in others.
thread_local Clock::time_point t_deadline = Clock::time_point::max();

bool expired()
{
    return Clock::now() > t_deadline;
}

/// Stands in every loop of a script: a file from outside may loop for ever.
void tick()
{
    if (expired())
        throw std::runtime_error("the script's time is up");
}

class Deadline
{
public:
    explicit Deadline(std::chrono::milliseconds time) { t_deadline = Clock::now() + time; }
    ~Deadline() { t_deadline = Clock::time_point::max(); }
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;
};

TORCH_LIBRARY(assay, library)
{
    library.def("tick() -> ()", tick);
}

void tickInLoops(jit::Block* block)
{
    for (jit::Node* node : block->nodes()) {
        for (jit::Block* inner : node->blocks()) {
            if (node->kind() == c10::prim::Loop)
                inner->prependNode(
                    block->owningGraph()->create(c10::Symbol::fromQualString("assay::tick"), 0));
            tickInLoops(inner);
        }
    }
}

void replaceDevices(jit::Block* block, c10::Device device)
{
    for (jit::Node* node : block->nodes()) {
        for (jit::Block* inner : node->blocks())
            replaceDevices(inner, device);
        if (node->kind() != c10::prim::Constant ||
            node->output()->type()->kind() != c10::TypeKind::DeviceObjType)
            continue;
        const jit::WithInsertPoint here(node);
        node->output()->replaceAllUsesWith(jit::insertConstant(*block->owningGraph(), device));
    }
}

} // namespace

ScriptProgram::ScriptProgram(const jit::Graph& graph, c10::Device device)
{
    const std::shared_ptr<jit::Graph> own = const_cast<jit::Graph&>(graph).copy();
    jit::runRequiredPasses(own);
    replaceDevices(own->block(), device);
    tickInLoops(own->block());
    m_code = jit::Code(own, "forward");
}

std::vector<c10::IValue> ScriptProgram::run(std::vector<c10::IValue> inputs, const ScriptLimit& limit) const
{
    const Deadline deadline(limit.time);
    std::string failure;
    try {
        jit::InterpreterState(m_code).run(inputs);
        return inputs;
    } catch (const std::exception& error) {
        failure = expired() ? std::string() : scriptSentence(error);
    }
    if (failure.empty())
        throw Error("the " + limit.noun + " did not answer within " +
                        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(limit.time).count()) +
                        " seconds; its script may loop for ever",
                    {}, "Export the " + limit.noun + " without loops that depend on its values.");
    throw Error(failure);
}

std::string scriptSentence(const std::exception& error)
{
    const auto* const torch = dynamic_cast<const c10::Error*>(&error);
    std::string text = torch ? torch->what_without_backtrace() : error.what();
    // The interpreter puts a traceback before the sentence.
    const std::string mark = "RuntimeError: ";
    if (const std::size_t at = text.rfind(mark); at != std::string::npos)
        text.erase(0, at + mark.size());
    text.erase(0, std::min(text.size(), text.find_first_not_of(" \n")));
    text.resize(std::min(text.size(), text.find('\n')));
    while (!text.empty() && (text.back() == '.' || text.back() == ' ' || text.back() == ':'))
        text.pop_back();
    constexpr std::size_t kMaxSentence = 300;
    return text.empty() ? "the script failed without saying why" : text.substr(0, kMaxSentence);
}

std::shared_ptr<jit::Graph> withOutputs(jit::Graph& graph, const std::vector<std::size_t>& kept)
{
    std::shared_ptr<jit::Graph> copy = graph.copy();
    for (std::size_t i = copy->outputs().size(); i-- > 0;) {
        if (std::find(kept.begin(), kept.end(), i) == kept.end())
            copy->eraseOutput(i);
    }
    jit::EliminateDeadCode(copy);
    return copy;
}

namespace {

bool isConvolution(const jit::Node* node)
{
    return node->kind() == c10::aten::conv2d || node->kind() == c10::aten::_convolution;
}

/// A convolution of channels-last images converts weights of another layout at every call.
void layOutWeights(jit::Graph& graph)
{
    for (jit::Node* node : graph.nodes()) {
        if (!isConvolution(node))
            continue;
        const auto weight = jit::toIValue(node->inputs()[1]);
        if (!weight || !weight->isTensor() || weight->toTensor().dim() != 4)
            continue;
        const jit::WithInsertPoint here(node);
        node->replaceInput(
            1, jit::insertConstant(graph, weight->toTensor().contiguous(c10::MemoryFormat::ChannelsLast)));
    }
}

} // namespace

bool preferChannelsLast(std::shared_ptr<jit::Graph>& graph)
{
    std::vector<jit::Node*> views;
    bool pools = false;
    for (jit::Node* node : graph->nodes()) {
        pools = pools || node->kind() == c10::aten::max_pool2d;
        const bool sizes =
            node->kind() == c10::aten::view && node->inputs()[1]->type()->kind() != c10::TypeKind::IntType;
        if (sizes)
            views.push_back(node);
    }
    jit::Node* const layer = firstLayer(*graph).first;
    if (!pools || !layer || !isConvolution(layer))
        return false;
    layOutWeights(*graph);
    {
        const jit::WithInsertPoint after(layer->next());
        jit::Value* const format =
            jit::insertConstant(*graph, static_cast<std::int64_t>(c10::MemoryFormat::ChannelsLast));
        jit::Node* const contiguous =
            graph->insertNode(graph->create(c10::aten::contiguous, {layer->output(), format}));
        layer->output()->replaceAllUsesAfterNodeWith(contiguous, contiguous->output());
    }
    for (jit::Node* view : views) {
        const jit::WithInsertPoint here(view);
        jit::Node* const reshape = graph->insertNode(graph->create(c10::aten::reshape, view->inputs()));
        view->output()->replaceAllUsesWith(reshape->output());
        view->destroy();
    }
    jit::EliminateDeadCode(graph); // the weights of the old layout
    return true;
}

} // namespace assay::models
