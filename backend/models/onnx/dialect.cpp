#include "backend/models/onnx/dialect.h"

#include "backend/models/onnx/kernels.h"

namespace assay::models::onnx {

const graph::Dialect& onnxDialect()
{
    static const graph::Dialect dialect = {
        .kernels = onnxKernels,
        .fold = {.conv = "onnx.Conv",
                 .convTranspose = "onnx.ConvTranspose",
                 .batchNorm = "onnx.BatchNormalization",
                 .add = "onnx.Add",
                 .sub = "onnx.Sub",
                 .mul = "onnx.Mul",
                 .div = "onnx.Div"},
        .softmax = "onnx.Softmax",
        .weighted = {"onnx.Conv", "onnx.Gemm", "onnx.MatMul"},
    };
    return dialect;
}

} // namespace assay::models::onnx
