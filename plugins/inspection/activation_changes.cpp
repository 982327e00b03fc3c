#include "plugins/inspection/activation_changes.h"

#include "backend/models/parallel.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace assay::inspection {

namespace {

constexpr std::int64_t kTotals = 5; ///< squares of the difference, squares before, cosines, most, values

/// [n,units,places]
torch::Tensor byUnit(const torch::Tensor& value)
{
    if (value.dim() == 3) // tokens
        return value.transpose(1, 2);
    return value.reshape({value.size(0), value.size(1), -1});
}

/// Sums over a chunk: kTotals numbers, then per unit the sum before and after. Stays on the device.
torch::Tensor chunkSums(const torch::Tensor& valueBefore, const torch::Tensor& valueAfter)
{
    const torch::Tensor before = byUnit(valueBefore.to(torch::kFloat32));
    const torch::Tensor after = byUnit(valueAfter.to(torch::kFloat32));
    const torch::Tensor moved = after - before;
    const torch::Tensor a = before.reshape({before.size(0), -1}), b = after.reshape({after.size(0), -1});
    const torch::Tensor cosine = (a * b).sum(1) / (a.norm(2, 1) * b.norm(2, 1)).clamp_min(1e-30);
    const torch::Tensor totals =
        torch::stack({moved.square().sum(), before.square().sum(), cosine.sum(), moved.abs().max(),
                      torch::full({}, static_cast<double>(before.numel()), before.options())});
    return torch::cat({totals, before.mean(2).sum(0), after.mean(2).sum(0)});
}

TapChange changeOfTap(const std::string& tap, const std::vector<torch::Tensor>& chunks, std::int64_t images)
{
    const torch::Tensor sums = torch::stack(chunks).cpu().to(torch::kFloat64);
    const torch::Tensor total = sums.sum(0);
    const std::int64_t units = (sums.size(1) - kTotals) / 2;
    const auto at = [&](std::int64_t i) { return total[i].item<double>(); };
    const auto n = static_cast<double>(images);
    return {.tap = tap,
            .relative = at(1) > 0 ? std::sqrt(at(0) / at(1)) : std::nan(""),
            .cosine = at(2) / n,
            .most = sums.select(1, 3).max().item<double>(),
            .unitBefore = total.narrow(0, kTotals, units) / n,
            .unitAfter = total.narrow(0, kTotals + units, units) / n,
            .scale = std::sqrt(at(1) / std::max(1.0, at(4)))};
}

using TapValues = std::map<std::string, torch::Tensor>;

torch::Tensor logitsAndTaps(const models::Model& model, const torch::Tensor& x, TapValues& taps)
{
    return model.logits(x, [&](const std::string& name, const torch::Tensor& value) {
        // A network may go on in place in what it has shown.
        if (value.dim() >= 2 && value.numel() > 0)
            taps[name] = value.clone();
    });
}

} // namespace

SeenByBoth compareActivations(const models::Model& before, const models::Model& after, const torch::Tensor& x,
                              const std::function<void()>& check)
{
    const std::int64_t n = x.size(0);
    const std::int64_t chunk = models::chunkImages(x);
    const auto options = x.options().dtype(torch::kFloat32);
    torch::Tensor first = torch::empty({n, before.classCount()}, options);
    torch::Tensor second = torch::empty({n, after.classCount()}, options);
    std::vector<TapValues> sums(static_cast<std::size_t>((n + chunk - 1) / chunk));
    models::forEachChunk(n, chunk, x.device(), [&](std::int64_t from, std::int64_t count) {
        if (check)
            check();
        const torch::NoGradGuard off;
        const torch::Tensor part = x.narrow(0, from, count);
        TapValues a, b;
        first.narrow(0, from, count).copy_(logitsAndTaps(before, part, a));
        second.narrow(0, from, count).copy_(logitsAndTaps(after, part, b));
        TapValues& own = sums[static_cast<std::size_t>(from / chunk)];
        for (const auto& [name, value] : a)
            if (const auto other = b.find(name); other != b.end() && other->second.sizes() == value.sizes())
                own[name] = chunkSums(value, other->second);
    });
    SeenByBoth seen{.before = first.cpu(), .after = second.cpu()};
    for (const std::string& tap : before.taps()) {
        std::vector<torch::Tensor> parts;
        for (const TapValues& chunk : sums)
            if (const auto found = chunk.find(tap); found != chunk.end())
                parts.push_back(found->second);
        if (!parts.empty() && parts.size() == sums.size())
            seen.taps.push_back(changeOfTap(tap, parts, n));
    }
    return seen;
}

} // namespace assay::inspection
