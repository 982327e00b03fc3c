#pragma once

#include "backend/models/graph/graph_network.h"
#include "backend/models/tfjs/tfjs_file.h"

namespace assay::models::tfjs {

/// Puts a TensorFlow graph into ONNX's operators (set 13), which the executor knows, and a few of its own.
/// TensorFlow keeps images as [N,H,W,C] and weights of convolutions as [H,W,I,O]: convolutions and pooling
/// get their images transposed, which costs nothing (the memory order of ATen's channels_last), and weights
/// are reordered once, here. What the file keeps in that order stays so: inputs, outputs and the numbers
/// about them.
/// @throws Error naming an unknown operator and its node, or a node that is used in a way that is not
/// supported.
graph::Graph toGraph(const TfModel& model, const std::string& source);

/// ONNX's operators and TensorFlow's own.
const graph::KernelTable& tfjsKernels();
const graph::Dialect& tfjsDialect();

/// TensorFlow's operators that toGraph() takes, in alphabetical order.
std::vector<std::string> tfjsOperators();

/// The network of a file; run() gives every output of a detector. @throws Error as readTfjs and toGraph.
std::shared_ptr<graph::GraphNetwork> openTfjs(const std::filesystem::path& file,
                                              const graph::GraphOptions& options);

} // namespace assay::models::tfjs
