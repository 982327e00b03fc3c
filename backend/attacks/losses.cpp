#include "backend/attacks/losses.h"

#include "backend/attacks/logit_rows.h"
#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <limits>

namespace assay::attacks {

namespace {

/// z_y, and the largest of the others, both [n].
std::pair<torch::Tensor, torch::Tensor> ownAndBestOther(const torch::Tensor& logits,
                                                        const torch::Tensor& classes)
{
    const torch::Tensor index = classes.unsqueeze(1);
    const torch::Tensor own = logits.gather(1, index).squeeze(1);
    const torch::Tensor others = logits.scatter(1, index, -std::numeric_limits<float>::infinity());
    return {own, others.amax(1)};
}

torch::Tensor signedMargin(const torch::Tensor& logits, const torch::Tensor& classes, bool targeted)
{
    const auto [own, other] = ownAndBestOther(logits, classes);
    return targeted ? own - other : other - own;
}

/// Keeps a ratio finite where the leading logits are equal; Croce and Hein's code uses the same.
constexpr double kRatioFloor = 1e-12;

struct NamedLoss
{
    const char* name;
    torch::Tensor (*loss)(const torch::Tensor&, const torch::Tensor&, bool);
};
constexpr NamedLoss kLosses[] = {{"ce", crossEntropy}, {"margin", margin}, {"dlr", dlr}};

} // namespace

torch::Tensor crossEntropy(const torch::Tensor& logits, const torch::Tensor& classes, bool targeted)
{
    const torch::Tensor loss = areRows(logits, classes)
                                   ? rowCrossEntropy(logits, classes)
                                   : at::cross_entropy_loss(logits, classes, {}, at::Reduction::None);
    return targeted ? loss.neg() : loss;
}

bool isCrossEntropy(const Loss& loss)
{
    const auto* const function = loss.target<decltype(&crossEntropy)>();
    return function && *function == &crossEntropy;
}

torch::Tensor margin(const torch::Tensor& logits, const torch::Tensor& classes, bool targeted)
{
    const bool tracked = torch::GradMode::is_enabled() && logits.requires_grad();
    if (!tracked && areRows(logits, classes))
        return rowLeads(logits, classes, targeted ? 1.0F : -1.0F);
    return signedMargin(logits, classes, targeted);
}

torch::Tensor dlr(const torch::Tensor& logits, const torch::Tensor& classes, bool targeted)
{
    const torch::Tensor sorted = std::get<0>(logits.topk(std::min<std::int64_t>(3, logits.size(1)), 1));
    const torch::Tensor span = sorted.select(1, 0) - sorted.select(1, -1);
    return signedMargin(logits, classes, targeted) / (span + kRatioFloor);
}

torch::Tensor dlrTargeted(const torch::Tensor& logits, const torch::Tensor& labels,
                          const torch::Tensor& targets)
{
    if (logits.size(1) < 4)
        throw Error("the targeted DLR loss needs four classes; the model has " +
                        std::to_string(logits.size(1)),
                    {}, "Use the margin loss.");
    const torch::Tensor sorted = std::get<0>(logits.topk(4, 1));
    const torch::Tensor span = sorted.select(1, 0) - (sorted.select(1, 2) + sorted.select(1, 3)) / 2;
    const torch::Tensor own = logits.gather(1, labels.unsqueeze(1)).squeeze(1);
    const torch::Tensor aim = logits.gather(1, targets.unsqueeze(1)).squeeze(1);
    return (aim - own) / (span + kRatioFloor);
}

const std::vector<std::string>& lossNames()
{
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const NamedLoss& known : kLosses)
            all.emplace_back(known.name);
        return all;
    }();
    return names;
}

Loss lossFromName(const std::string& name)
{
    for (const NamedLoss& known : kLosses)
        if (name == known.name)
            return known.loss;
    throw Error("there is no loss '" + name + "'", {}, "Known are ce, margin, dlr.");
}

} // namespace assay::attacks
