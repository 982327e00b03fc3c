#include "backend/models/onnx/kernels.h"

namespace assay::models::onnx {

const graph::KernelTable& onnxKernels()
{
    static const graph::KernelTable table = [] {
        graph::KernelTable made("onnx");
        addElementwise(made);
        addActivations(made);
        addConvolutions(made);
        addPooling(made);
        addNormalisations(made);
        addProducts(made);
        addShapes(made);
        addSlices(made);
        addIndexing(made);
        addReductions(made);
        addResizing(made);
        addQuantisation(made);
        addDetection(made);
        return made;
    }();
    return table;
}

} // namespace assay::models::onnx
