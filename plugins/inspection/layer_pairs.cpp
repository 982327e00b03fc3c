#include "plugins/inspection/layer_pairs.h"

#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace assay::inspection {

namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr const char* kOneArchitecture = "Choose two models of one architecture.";

std::string shapeText(const torch::Tensor& tensor)
{
    std::string text = "[";
    for (std::int64_t i = 0; i < tensor.dim(); ++i)
        text += (i == 0 ? "" : ", ") + std::to_string(tensor.size(i));
    return text + "]";
}

void requireSameTensors(const models::Model& before, const models::NamedTensors& a,
                        const models::Model& after, const models::NamedTensors& b)
{
    std::map<std::string, torch::Tensor> inAfter(b.begin(), b.end()), inBefore(a.begin(), a.end());
    const auto only = [](const std::string& name, const models::Model& one, const models::Model& other) {
        throw Error("'" + one.name() + "' has " + name + ", which '" + other.name() + "' has not", "after",
                    kOneArchitecture);
    };
    for (const auto& [name, tensor] : a) {
        const auto other = inAfter.find(name);
        if (other == inAfter.end())
            only(name, before, after);
        if (other->second.sizes() != tensor.sizes())
            throw Error(name + " is " + shapeText(tensor) + " in '" + before.name() + "' and " +
                            shapeText(other->second) + " in '" + after.name() + "'",
                        "after", kOneArchitecture);
    }
    for (const auto& [name, tensor] : b)
        if (!inBefore.contains(name))
            only(name, after, before);
}

std::string moduleOf(const std::string& name)
{
    const std::size_t dot = name.rfind('.');
    return dot == std::string::npos ? name : name.substr(0, dot);
}

/// Parameters without dimensions get one.
torch::Tensor kept(const torch::Tensor& tensor)
{
    const torch::Tensor here = tensor.detach().cpu().contiguous();
    return here.dim() == 0 ? here.reshape({1}) : here;
}

torch::Tensor rowsOf(const std::vector<torch::Tensor>& tensors)
{
    std::vector<torch::Tensor> parts;
    for (const torch::Tensor& tensor : tensors)
        parts.push_back(tensor.to(torch::kFloat64).reshape({tensor.size(0), -1}));
    return torch::cat(parts, 1);
}

torch::Tensor cosines(const torch::Tensor& a, const torch::Tensor& b)
{
    const torch::Tensor norms = a.norm(2, 1) * b.norm(2, 1);
    return torch::where(norms > 0, (a * b).sum(1) / norms, torch::full_like(norms, kNothing));
}

/// 0 / 0 is no change; anything / 0 is unknown.
torch::Tensor relatives(const torch::Tensor& change, const torch::Tensor& before)
{
    const torch::Tensor unknown =
        torch::where(change > 0, torch::full_like(change, kNothing), torch::zeros_like(change));
    return torch::where(before > 0, change / before, unknown);
}

torch::Tensor isOff(const torch::Tensor& weight)
{
    return weight.reshape({weight.size(0), -1}).eq(0).all(1);
}

} // namespace

std::int64_t LayerPair::numbers() const
{
    std::int64_t sum = 0;
    for (const torch::Tensor& tensor : before)
        sum += tensor.numel();
    return sum;
}

torch::Tensor LayerPair::rowsBefore() const
{
    return rowsOf(before);
}

torch::Tensor LayerPair::rowsAfter() const
{
    return rowsOf(after);
}

std::string LayerPair::placeOf(std::int64_t column) const
{
    for (std::size_t t = 0; t < before.size(); ++t) {
        const torch::Tensor& tensor = before[t];
        const std::int64_t own = tensor.numel() / tensor.size(0);
        if (column >= own) {
            column -= own;
            continue;
        }
        std::string text;
        for (std::int64_t d = tensor.dim() - 1; d > 0; --d) {
            text = std::to_string(column % tensor.size(d)) + (text.empty() ? "" : "," + text);
            column /= tensor.size(d);
        }
        return tensors[t] + (text.empty() ? "" : "[" + text + "]");
    }
    return {};
}

std::vector<LayerPair> pairLayers(const models::Model& before, const models::Model& after)
{
    before.requireNetwork("this study compares weights");
    after.requireNetwork("this study compares weights");
    const models::NamedTensors a = before.namedParameters(), b = after.namedParameters();
    requireSameTensors(before, a, after, b);
    const std::map<std::string, torch::Tensor> other(b.begin(), b.end());
    std::map<std::string, std::vector<std::size_t>> modules;
    for (std::size_t i = 0; i < a.size(); ++i)
        modules[moduleOf(a[i].first)].push_back(i);
    std::vector<LayerPair> layers;
    const auto add = [&](LayerPair& layer, std::size_t i, const std::string& called) {
        if (called == "weight")
            layer.weight = layer.tensors.size();
        layer.tensors.push_back(called);
        layer.before.push_back(kept(a[i].second));
        layer.after.push_back(kept(other.at(a[i].first)));
    };
    for (std::size_t i = 0; i < a.size(); ++i) {
        const std::string module = moduleOf(a[i].first);
        const std::vector<std::size_t>& members = modules.at(module);
        const auto unitsOf = [&](std::size_t k) { return a[k].second.dim() > 0 ? a[k].second.size(0) : 1; };
        const bool together = std::ranges::all_of(
            members, [&](std::size_t k) { return unitsOf(k) == unitsOf(members.front()); });
        if (a[i].second.numel() == 0 || (together && i != members.front()))
            continue;
        LayerPair layer{.name = together ? module : a[i].first};
        if (!together || module == a[i].first) {
            add(layer, i, "value");
        } else {
            for (const std::size_t k : members)
                add(layer, k, a[k].first.substr(module.size() + 1));
        }
        layers.push_back(std::move(layer));
    }
    return layers;
}

const std::vector<std::string>& unitStateNames()
{
    static const std::vector<std::string> names = {"unchanged", "changed", "pruned", "revived"};
    return names;
}

std::int64_t LayerChange::mostChangedUnit() const
{
    const torch::Tensor relative = unitRelative.nan_to_num(0.0);
    return (relative.max().item<double>() > 0 ? relative : unitNorm).argmax().item<std::int64_t>();
}

LayerChange changeOf(const LayerPair& layer, double tolerance)
{
    const torch::NoGradGuard off;
    const torch::Tensor before = layer.rowsBefore(), after = layer.rowsAfter(), moved = after - before;
    LayerChange change;
    change.unitNorm = moved.norm(2, 1);
    change.unitBefore = before.norm(2, 1);
    change.unitRelative = relatives(change.unitNorm, change.unitBefore);
    change.unitCosine = cosines(before, after);
    change.unitMost = moved.abs().amax(1);
    change.norm = moved.norm().item<double>();
    change.relative = relatives(moved.norm(), before.norm()).item<double>();
    change.cosine = cosines(before.reshape({1, -1}), after.reshape({1, -1})).item<double>();
    change.most = change.unitMost.max().item<double>();
    const torch::Tensor counts =
        (change.unitRelative > tolerance).logical_or(change.unitRelative.isnan()).contiguous();
    const torch::Tensor wasOff = isOff(layer.before[layer.weight]), nowOff = isOff(layer.after[layer.weight]);
    for (std::int64_t u = 0; u < layer.units(); ++u) {
        const bool was = wasOff.data_ptr<bool>()[u], now = nowOff.data_ptr<bool>()[u];
        const UnitState state = now && !was                  ? UnitState::Pruned
                                : was && !now                ? UnitState::Revived
                                : counts.data_ptr<bool>()[u] ? UnitState::Changed
                                                             : UnitState::Unchanged;
        change.states.push_back(state);
        change.changed += state != UnitState::Unchanged;
        change.pruned += state == UnitState::Pruned;
    }
    return change;
}

double relativeChange(const std::vector<LayerPair>& layers, const std::vector<LayerChange>& changes)
{
    double moved = 0, before = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        moved += changes[i].norm * changes[i].norm;
        before += changes[i].unitBefore.square().sum().item<double>();
    }
    return before > 0 ? std::sqrt(moved / before) : kNothing;
}

} // namespace assay::inspection
