#include "backend/models/model_report.h"

#include "backend/models/mac_counter.h"
#include "backend/models/parallel.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace assay::models {

namespace {

using Shape = std::vector<std::int64_t>;

/// "features.0.weight" -> "features.0"; "weight" -> "".
std::string layerOf(const std::string& parameter)
{
    const auto dot = parameter.rfind('.');
    return dot == std::string::npos ? std::string() : parameter.substr(0, dot);
}

std::string lastWord(const std::string& path)
{
    return path.substr(path.rfind('.') + 1);
}

std::string layerKind(const std::vector<std::pair<std::string, Shape>>& tensors)
{
    for (const auto& [name, shape] : tensors) {
        if (name == "running_mean")
            return "Batch normalisation";
    }
    for (const auto& [name, shape] : tensors) {
        if (shape.size() == 4)
            return "Convolution " + std::to_string(shape[2]) + " x " + std::to_string(shape[3]);
        if (shape.size() == 3 && name == "weight")
            return "Convolution " + std::to_string(shape[2]);
        if (shape.size() == 2)
            return "Fully connected";
    }
    const bool isNorm = std::ranges::any_of(tensors, [](const auto& t) { return t.first == "weight"; });
    return isNorm ? "Normalisation" : "Parameters";
}

/// The tree as its paths come up, groups first.
class Tree
{
public:
    LayerReport& at(const std::string& path)
    {
        const auto it = m_index.find(path);
        if (it != m_index.end())
            return m_nodes[it->second];
        if (const std::string parent = layerOf(path); !parent.empty())
            at(parent);
        m_index[path] = m_nodes.size();
        m_nodes.push_back({path, "Group", 0, std::nullopt, {}});
        return m_nodes.back();
    }
    bool has(const std::string& path) const { return m_index.contains(path); }
    /// Calls change(node) for the node and all groups it is in.
    template <class Change>
    void upwards(std::string path, Change change)
    {
        for (; !path.empty(); path = layerOf(path))
            change(at(path));
    }
    std::vector<LayerReport> take() { return std::move(m_nodes); }

private:
    std::vector<LayerReport> m_nodes;
    std::map<std::string, std::size_t> m_index;
};

ParameterReport parameterReport(const std::string& name, const torch::Tensor& tensor)
{
    ParameterReport report;
    report.name = name;
    report.shape = tensor.sizes().vec();
    const torch::Tensor all = tensor.detach().to(torch::kCPU).to(torch::kFloat32).reshape({-1});
    const torch::Tensor isFinite = torch::isfinite(all);
    const bool clean = isFinite.all().item<bool>();
    const torch::Tensor values = clean ? all : all.masked_select(isFinite);
    report.notFinite = all.numel() - values.numel();
    if (values.numel() == 0)
        return report;
    report.mean = values.mean(torch::kFloat64).item<double>();
    const double square = values.to(torch::kFloat64).sub(report.mean).square().mean().item<double>();
    report.stddev = std::sqrt(square);
    report.min = values.min().item<double>();
    report.max = values.max().item<double>();
    if (report.min == report.max) { // histc would widen the range
        report.counts[0] = values.numel();
        return report;
    }
    const torch::Tensor counts =
        torch::histc(values, ParameterReport::kBins, report.min, report.max).to(torch::kInt64);
    for (std::size_t i = 0; i < ParameterReport::kBins; ++i)
        report.counts[i] = counts[static_cast<std::int64_t>(i)].item<std::int64_t>();
    return report;
}

void addParameters(const NamedTensors& tensors, Tree& tree, ModelReport& report)
{
    std::map<std::string, std::vector<std::pair<std::string, Shape>>> byLayer;
    std::int64_t notFinite = 0;
    for (const auto& [name, tensor] : tensors) {
        report.parameters.push_back(parameterReport(name, tensor));
        report.parameterCount += tensor.numel();
        notFinite += report.parameters.back().notFinite;
        const std::string layer = layerOf(name);
        byLayer[layer].emplace_back(lastWord(name), tensor.sizes().vec());
        tree.upwards(layer, [&, n = tensor.numel()](LayerReport& node) { node.parameters += n; });
    }
    for (const auto& [layer, shapes] : byLayer) {
        if (!layer.empty())
            tree.at(layer).kind = layerKind(shapes);
    }
    if (notFinite > 0)
        report.findings.push_back(
            {protocol::Finding::Level::Warning,
             std::to_string(notFinite) + " weights are infinite or not a number. Export the network again."});
}

/// Gives each operator to the first layer with weights of its shape that has none yet.
void matchOperators(const std::vector<CountedOperator>& operators, const NamedTensors& tensors, Tree& tree)
{
    std::set<std::string> used;
    for (const CountedOperator& op : operators) {
        const auto it = std::ranges::find_if(tensors, [&](const auto& entry) {
            return entry.second.sizes() == op.weight && !used.contains(entry.first);
        });
        if (it == tensors.end())
            continue;
        used.insert(it->first);
        const std::string layer = layerOf(it->first);
        tree.upwards(layer, [&](LayerReport& node) { node.macs = node.macs.value_or(0) + op.macs; });
        if (!layer.empty())
            tree.at(layer).output = op.output;
    }
}

} // namespace

ModelReport reportOf(const Model& model)
{
    ModelReport report;
    if (!model.hasNetwork()) {
        report.output = {1, model.classCount()};
        return report;
    }
    const torch::NoGradGuard off;
    const NamedTensors tensors = model.namedParameters();
    Tree tree;
    addParameters(tensors, tree, report);
    report.taps = model.taps();
    const InputSpec& input = model.card().input;
    const torch::Tensor x = torch::zeros({1, input.channels, input.height, input.width},
                                         torch::TensorOptions(torch::kFloat32).device(model.device()));
    std::vector<std::pair<std::string, Shape>> seen;
    const auto operators = countOperators([&] {
        const torch::Tensor logits =
            model.logits(x, [&](const std::string& name, const torch::Tensor& value) {
                seen.emplace_back(name, value.sizes().vec());
            });
        report.output = logits.sizes().vec();
    });
    std::int64_t macs = 0;
    for (const CountedOperator& op : operators)
        macs += op.macs;
    report.macs = macs;
    matchOperators(operators, tensors, tree);
    for (const auto& [name, shape] : seen) {
        const bool isNew = !tree.has(name);
        LayerReport& node = tree.at(name);
        if (isNew)
            node.kind = "Value";
        node.output = shape;
    }
    report.tree = tree.take();
    return report;
}

namespace {

/// A pass over the images, whatever the network answers with.
void passOver(const Model& model, const torch::Tensor& x)
{
    if (!model.detects()) {
        logitsChunked(model, x).cpu(); // waits for the device
        return;
    }
    forEachChunk(x.size(0), 1, model.device(), [&](std::int64_t first, std::int64_t count) {
        const torch::NoGradGuard off;
        model.raw(x.narrow(0, first, count)).cpu();
    });
}

} // namespace

double imagesPerSecond(const Model& model, std::chrono::milliseconds duration)
{
    using Clock = std::chrono::steady_clock;
    model.requireNetwork("its speed is asked for");
    constexpr std::int64_t kMostImages = 200;
    constexpr std::int64_t kMostValues = std::int64_t(16) << 20; // 64 MiB of pixels
    const InputSpec& input = model.card().input;
    const std::int64_t each = std::max<std::int64_t>(1, input.channels * input.height * input.width);
    const std::int64_t count = std::clamp<std::int64_t>(kMostValues / each, 1, kMostImages);
    const torch::Tensor x = torch::zeros({count, input.channels, input.height, input.width},
                                         torch::TensorOptions(torch::kFloat32).device(model.device()));
    // One image first: a network so slow that its batch takes minutes is measured image by image.
    const auto before = Clock::now();
    passOver(model, x.narrow(0, 0, 1));
    const bool isSlow = (Clock::now() - before) * count > duration * 4;
    const torch::Tensor batch = isSlow ? x.narrow(0, 0, 1) : x;
    if (!isSlow)
        passOver(model, batch);
    std::int64_t images = 0;
    const auto begin = Clock::now();
    do {
        passOver(model, batch);
        images += batch.size(0);
    } while (Clock::now() - begin < duration);
    return static_cast<double>(images) / std::chrono::duration<double>(Clock::now() - begin).count();
}

} // namespace assay::models
