#include "backend/attacks/attack.h"

#include "backend/attacks/check.h"
#include "backend/attacks/logit_rows.h"
#include "backend/attacks/steps.h"
#include "backend/models/parallel.h"

#include <torch/types.h>

namespace assay::attacks {

torch::Tensor inputGradient(const models::Model& model, const torch::Tensor& x, const torch::Tensor& y)
{
    checkImages(x, "input gradient");
    checkClasses(model, y, x.size(0), "labels", "input gradient");
    const torch::Tensor inputs = x.detach().to(model.device()).contiguous();
    const torch::Tensor classes = y.to(model.device());
    torch::Tensor result = torch::empty_like(inputs);
    models::forEachChunk(
        x.size(0), models::chunkImages(inputs), model.device(), [&](std::int64_t first, std::int64_t n) {
            result.narrow(0, first, n)
                .copy_(lossGradient(model, inputs.narrow(0, first, n), classes.narrow(0, first, n)));
        });
    return result;
}

torch::Tensor fooled(const torch::Tensor& logits, const torch::Tensor& classes, bool targeted)
{
    if (areRows(logits, classes))
        return rowsDecided(logits, classes, targeted);
    const torch::Tensor decided = logits.argmax(1);
    return targeted ? decided.eq(classes) : decided.ne(classes);
}

} // namespace assay::attacks
