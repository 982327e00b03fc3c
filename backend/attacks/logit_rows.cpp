#include "backend/attacks/logit_rows.h"

#include "backend/attacks/steps.h"

#include <torch/autograd.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace assay::attacks {

namespace {

/// Calls body(row, logits, class) for every row.
template <class Body>
void forEachRow(const torch::Tensor& logits, const torch::Tensor& classes, Body body)
{
    const std::int64_t count = logits.size(1);
    const auto* z = logits.data_ptr<float>();
    const auto* y = classes.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < logits.size(0); ++i, z += count) {
        TORCH_CHECK(y[i] >= 0 && y[i] < count, "class ", y[i], " of ", count);
        body(i, z, y[i]);
    }
}

/// p_k = e^(z_k - max) / sum of them; returns -log p_y.
float softmaxRow(const float* z, std::int64_t count, std::int64_t y, float* p)
{
    const float most = *std::max_element(z, z + count);
    float sum = 0;
    for (std::int64_t k = 0; k < count; ++k)
        sum += p[k] = std::exp(z[k] - most);
    for (std::int64_t k = 0; k < count; ++k)
        p[k] /= sum;
    return std::log(sum) - (z[y] - most); // in this order: the loss of the surest is not rounded away
}

class RowCrossEntropy : public torch::autograd::Function<RowCrossEntropy>
{
public:
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& logits,
                                 const torch::Tensor& classes)
    {
        const RowSlopes found = rowCrossEntropySlopes(logits, classes, false);
        context->saved_data["slopes"] = found.slopes;
        return found.losses;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& gradients)
    {
        TORCH_CHECK(!torch::GradMode::is_enabled(), "second derivatives of a loss are not computed");
        return {context->saved_data["slopes"].toTensor() * gradients.front().unsqueeze(1), torch::Tensor()};
    }
};

} // namespace

bool areRows(const torch::Tensor& logits, const torch::Tensor& classes)
{
    return logits.dim() == 2 && logits.size(1) > 0 && isPlain(logits) && classes.is_cpu() &&
           classes.scalar_type() == torch::kInt64 && classes.is_contiguous() && classes.dim() == 1 &&
           classes.size(0) == logits.size(0);
}

torch::Tensor rowsDecided(const torch::Tensor& logits, const torch::Tensor& classes, bool wanted)
{
    torch::Tensor result = torch::empty({logits.size(0)}, torch::kBool);
    auto* decided = result.data_ptr<bool>();
    const std::int64_t count = logits.size(1);
    forEachRow(logits, classes, [&](std::int64_t i, const float* z, std::int64_t y) {
        const float own = z[y];
        std::int64_t behind = 0; // its own logit with them, if it is a number
        for (std::int64_t k = 0; k < y; ++k)
            behind += z[k] < own ? 1 : 0;
        for (std::int64_t k = y; k < count; ++k)
            behind += z[k] <= own ? 1 : 0;
        const bool best = std::isnan(own)
                              ? std::none_of(z, z + y, [](float logit) { return std::isnan(logit); })
                              : behind == count;
        decided[i] = best == wanted;
    });
    return result;
}

torch::Tensor rowLeads(const torch::Tensor& logits, const torch::Tensor& classes, float sign)
{
    torch::Tensor result = torch::empty({logits.size(0)}, torch::kFloat32);
    auto* lead = result.data_ptr<float>();
    forEachRow(logits, classes, [&](std::int64_t i, const float* z, std::int64_t y) {
        float other = -std::numeric_limits<float>::infinity();
        for (std::int64_t k = 0; k < logits.size(1); ++k)
            if (k != y && (z[k] > other || std::isnan(z[k])))
                other = z[k];
        lead[i] = sign * (z[y] - other);
    });
    return result;
}

RowSlopes rowCrossEntropySlopes(const torch::Tensor& logits, const torch::Tensor& classes, bool negated)
{
    RowSlopes result{.losses = torch::empty({logits.size(0)}, torch::kFloat32),
                     .slopes = torch::empty(logits.sizes(), torch::kFloat32)};
    auto* loss = result.losses.data_ptr<float>();
    auto* slope = result.slopes.data_ptr<float>();
    const std::int64_t count = logits.size(1);
    const float sign = negated ? -1.0F : 1.0F;
    forEachRow(logits, classes, [&](std::int64_t i, const float* z, std::int64_t y) {
        float* row = slope + i * count;
        loss[i] = sign * softmaxRow(z, count, y, row);
        // Not p - 1, which for a sure sample is all rounding.
        row[y] = 0;
        row[y] = -std::accumulate(row, row + count, 0.f);
        for (std::int64_t k = 0; k < count; ++k)
            row[k] *= sign;
    });
    return result;
}

torch::Tensor rowCrossEntropy(const torch::Tensor& logits, const torch::Tensor& classes)
{
    return RowCrossEntropy::apply(logits, classes);
}

} // namespace assay::attacks
