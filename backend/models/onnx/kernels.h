#pragma once

#include "backend/models/graph/kernel.h"

namespace assay::models::onnx {

/// ONNX operators of the default domain, opset 9 to 17, on ATen. docs/models.md has the list.
const graph::KernelTable& onnxKernels();

// By subject; called once, by onnxKernels().
void addElementwise(graph::KernelTable& table);
void addActivations(graph::KernelTable& table);
void addConvolutions(graph::KernelTable& table);
void addPooling(graph::KernelTable& table);
void addNormalisations(graph::KernelTable& table);
void addProducts(graph::KernelTable& table);
void addShapes(graph::KernelTable& table);
void addSlices(graph::KernelTable& table);
void addIndexing(graph::KernelTable& table);
void addReductions(graph::KernelTable& table);
void addResizing(graph::KernelTable& table);
void addQuantisation(graph::KernelTable& table);
void addDetection(graph::KernelTable& table);

} // namespace assay::models::onnx
