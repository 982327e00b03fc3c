#pragma once

#include "backend/models/named_tensors.h"

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>

#include <memory>
#include <string>
#include <vector>

namespace assay::models {

/// A tensor that a script's graph works with.
struct ScriptTensor
{
    std::string name; ///< dotted: "layer1.0.conv1.weight"; of a constant of the code "code_constants.3"
    torch::Tensor value;
    bool parameter = false; ///< else a buffer, an attribute or a constant
    bool written = false;   ///< the graph writes into it
};

/// The forward method of a script as one graph without calls and without a module: its inputs are the images
/// and then each of `tensors`; its outputs are the result and then each of `taps`. Every other attribute has
/// become a constant, of a module in eval mode.
struct LoweredScript
{
    std::shared_ptr<torch::jit::Graph> graph;
    std::vector<ScriptTensor> tensors;
    std::vector<std::string> taps; ///< in the order of computation; the last are the penultimate features
    bool writesInput = false;      ///< the graph writes into the images it is given
    std::vector<bool> writtenArguments; ///< for each input before the tensors, the same
    /// The code that the graph was made of, to which its nodes point when LibTorch describes a failure.
    std::shared_ptr<const torch::jit::CompilationUnit> code;
};

/// @throws Error naming @p where when the network takes something other than one tensor of images, changes
/// its own attributes while it runs, reaches for files, other processes or the shared random generator, or is
/// made of something that gives no gradients.
LoweredScript lowerScript(const torch::jit::Module& module, const std::string& where);

/// Any method of a script, likewise: the graph's inputs are its arguments, without the module, and then each
/// of `tensors`; there are no taps. The arguments are the caller's to check.
/// @throws Error as lowerScript, when there is no such method, and when it draws random numbers, which come
/// from the generator that is shared by the process.
LoweredScript lowerMethod(const torch::jit::Module& module, const std::string& name,
                          const std::string& where);

/// A copy of @p script's graph with the tensors that are not written as constants, batch normalisation folded
/// into convolutions, dropout removed. Inputs: the images, then each written tensor. Outputs as before.
std::shared_ptr<torch::jit::Graph> freezeScript(const LoweredScript& script);

} // namespace assay::models
