#pragma once

#include <c10/core/Device.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/runtime/interpreter.h>

#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace assay::models {

/// How long a script may take over one answer, and what it is called when it takes longer.
struct ScriptLimit
{
    std::chrono::milliseconds time = std::chrono::seconds(10);
    std::string noun = "network";
};

/// A lowered graph made ready to run, on LibTorch's interpreter alone: each operator is dispatched as in
/// eager mode, without the profiling executor, which specialises itself anew for every shape and was slower
/// with gradients. Immutable; run() may be called from several threads at once.
class ScriptProgram
{
public:
    /// @param graph copied. Devices that stand in its code become @p device.
    ScriptProgram(const torch::jit::Graph& graph, c10::Device device);

    /// The graph's outputs for its inputs. Gradients flow as the caller's mode says.
    /// @throws Error with the sentence of what failed; also when loops in the script keep it from answering
    /// within the limit.
    std::vector<c10::IValue> run(std::vector<c10::IValue> inputs, const ScriptLimit& limit = {}) const;

private:
    torch::jit::Code m_code;
};

/// What LibTorch says went wrong, without its tracebacks: one line of at most 300 characters.
std::string scriptSentence(const std::exception& error);

/// A copy of @p graph with the outputs of these indices only.
std::shared_ptr<torch::jit::Graph> withOutputs(torch::jit::Graph& graph,
                                               const std::vector<std::size_t>& kept);

/// Puts what the first convolution of @p graph gives into the channels-last layout, in which poolings are
/// many times faster on a CPU, where there is a max pooling at all; so are the weights laid out. Views become
/// reshapes, for which any layout will do. @returns whether it did.
bool preferChannelsLast(std::shared_ptr<torch::jit::Graph>& graph);

} // namespace assay::models
