#pragma once

#include "backend/models/graph/graph_network.h"

namespace assay::models::onnx {

/// ONNX as the shared executor of graphs knows it.
const graph::Dialect& onnxDialect();

} // namespace assay::models::onnx
