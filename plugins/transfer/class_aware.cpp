#include "plugins/transfer/class_aware.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <span>

namespace assay::transfer {

namespace {

void requireSameLength(const torch::Tensor& a, const torch::Tensor& b)
{
    if (a.dim() != 1 || b.dim() != 1 || a.size(0) != b.size(0))
        throw Error("the labels and predictions of an outcome table differ in number");
}

std::span<const std::int64_t> values(const torch::Tensor& tensor)
{
    return {tensor.data_ptr<std::int64_t>(), static_cast<std::size_t>(tensor.numel())};
}

torch::Tensor code(Outcome outcome)
{
    return torch::scalar_tensor(static_cast<std::int64_t>(outcome), torch::kInt64);
}

} // namespace

const char* name(Outcome outcome)
{
    switch (outcome) {
    case Outcome::SourceHolds:
        return "source not fooled";
    case Outcome::Unfooled:
        return "unfooled";
    case Outcome::Different:
        return "different mistake";
    case Outcome::Same:
        return "same mistake";
    }
    return "";
}

torch::Tensor outcomes(const torch::Tensor& y, const torch::Tensor& y1, const torch::Tensor& y2)
{
    requireSameLength(y, y1);
    requireSameLength(y, y2);
    const torch::Tensor mistake = torch::where(y2 == y1, code(Outcome::Same), code(Outcome::Different));
    const torch::Tensor ofAe = torch::where(y2 == y, code(Outcome::Unfooled), mistake);
    return torch::where(y1 == y, code(Outcome::SourceHolds), ofAe);
}

torch::Tensor correctForAll(const torch::Tensor& y, const std::vector<torch::Tensor>& predictions)
{
    torch::Tensor all = torch::ones_like(y, torch::kBool);
    for (const auto& prediction : predictions) {
        requireSameLength(y, prediction);
        all.logical_and_(prediction == y);
    }
    return all;
}

OutcomeCounts countOutcomes(const torch::Tensor& outcomes)
{
    OutcomeCounts counts;
    counts.pool = outcomes.size(0);
    const torch::Tensor bins = torch::bincount(outcomes, {}, 4);
    counts.unfooled = bins[static_cast<std::int64_t>(Outcome::Unfooled)].item<std::int64_t>();
    counts.different = bins[static_cast<std::int64_t>(Outcome::Different)].item<std::int64_t>();
    counts.same = bins[static_cast<std::int64_t>(Outcome::Same)].item<std::int64_t>();
    return counts;
}

OutcomeRates outcomeRates(const OutcomeCounts& counts, Denominator of)
{
    const std::int64_t n = of == Denominator::Fooled ? counts.fooled() : counts.pool;
    const std::int64_t holds = of == Denominator::Fooled ? 0 : counts.pool - counts.fooled();
    return {metrics::wilson(counts.same, n), metrics::wilson(counts.different, n),
            metrics::wilson(counts.unfooled, n), metrics::wilson(counts.transferred(), n),
            metrics::wilson(holds, n)};
}

metrics::Rate sourceSuccess(const OutcomeCounts& counts)
{
    return metrics::wilson(counts.fooled(), counts.pool);
}

metrics::Rate sameMistakeShare(const OutcomeCounts& counts)
{
    return metrics::wilson(counts.same, counts.transferred());
}

PairConfusions pairConfusions(const torch::Tensor& y, const torch::Tensor& y1, const torch::Tensor& y2,
                              std::int64_t classes)
{
    requireSameLength(y, y1);
    requireSameLength(y, y2);
    PairConfusions result{metrics::Confusion(classes), metrics::Confusion(classes),
                          metrics::Confusion(classes)};
    const torch::Tensor fooled = y1 != y;
    const torch::Tensor ya = y.masked_select(fooled), y1a = y1.masked_select(fooled),
                        y2a = y2.masked_select(fooled);
    result.source.add(values(ya), values(y1a));
    result.target.add(values(ya), values(y2a));
    const torch::Tensor both = y2a != ya;
    const torch::Tensor y1b = y1a.masked_select(both), y2b = y2a.masked_select(both);
    result.wrongClasses.add(values(y1b), values(y2b));
    return result;
}

} // namespace assay::transfer
