#include "backend/models/predict.h"

#include "backend/models/parallel.h"
#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

namespace assay::models {

torch::Tensor logitsChunked(const Model& model, const torch::Tensor& x)
{
    // An ordinary tensor, written chunk by chunk: the caller may go on with it in any mode.
    const torch::Tensor result =
        torch::empty({x.size(0), model.classCount()},
                     torch::TensorOptions().dtype(torch::kFloat32).device(model.device()));
    forEachChunk(x.size(0), chunkImages(x, model.device()), model.device(),
                 [&](std::int64_t first, std::int64_t count) {
                     const torch::NoGradGuard off;
                     const torch::Tensor part = x.narrow(0, first, count).to(model.device());
                     result.narrow(0, first, count).copy_(model.logits(part));
                 });
    return result;
}

torch::Tensor predict(const Model& model, const torch::Tensor& x)
{
    return logitsChunked(model, x).argmax(1).cpu();
}

double accuracy(const Model& model, const torch::Tensor& images, const torch::Tensor& labels)
{
    const std::int64_t count = images.size(0);
    if (count == 0 || labels.size(0) != count)
        throw Error("an accuracy needs as many labels as images and at least one; given were " +
                    std::to_string(labels.size(0)) + " labels and " + std::to_string(count) + " images");
    // In blocks, so that bytes are widened to floats a few thousand images at a time.
    constexpr std::int64_t kBlock = 2000;
    std::int64_t right = 0;
    for (std::int64_t first = 0; first < count; first += kBlock) {
        const std::int64_t n = std::min(kBlock, count - first);
        torch::Tensor x = images.narrow(0, first, n);
        if (x.scalar_type() == torch::kUInt8)
            x = x.to(torch::kFloat32).div_(255.0);
        const torch::Tensor expected = labels.narrow(0, first, n).to(torch::kCPU);
        right += predict(model, x).eq(expected).sum().item<std::int64_t>();
    }
    return static_cast<double>(right) / static_cast<double>(count);
}

} // namespace assay::models
