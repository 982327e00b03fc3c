#include "plugins/calibration/dac_results.h"

#include "backend/engine/reporting/stored_results.h"
#include "backend/metrics/statistics.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::confidence {

namespace {

constexpr int kDensityBins = 10;

} // namespace

engine::TensorMap toTensors(const DacResults& r)
{
    Json meta = {{"layers", Json::array()}, {"fits", Json::array()}, {"temperatures", Json::array()},
                 {"ood", Json::array()},    {"bins", Json::array()}, {"inspected", Json::array()}};
    for (const LayerWeight& l : r.layers)
        meta["layers"].push_back({l.model, l.layer, l.split, l.weight, l.effect});
    for (const DacSummary& f : r.fits)
        meta["fits"].push_back({f.model, f.split, f.bias, f.loss, f.clipped});
    for (const TemperatureGroup& t : r.temperatures)
        meta["temperatures"].push_back({t.model, t.group, t.n, t.numbers});
    for (const OodScore& o : r.ood)
        meta["ood"].push_back({o.model, o.set, o.score, o.auroc, o.fpr95});
    for (const DensityBin& b : r.bins)
        meta["bins"].push_back({b.model, b.temperature, b.n, b.correct, b.none, b.plain, b.dac});
    return {{"meta", reporting::jsonTensor(meta)}};
}

DacResults dacResultsFrom(const engine::TensorMap& tensors)
{
    DacResults r;
    reporting::StoredResults(tensors).meta([&](const Json& meta) {
        for (const Json& l : meta.at("layers"))
            r.layers.push_back({l.at(0), l.at(1), l.at(2), l.at(3), l.at(4)});
        for (const Json& f : meta.at("fits"))
            r.fits.push_back({f.at(0), f.at(1), f.at(2), f.at(3), f.at(4)});
        for (const Json& t : meta.at("temperatures"))
            r.temperatures.push_back({t.at(0), t.at(1), t.at(2), t.at(3).get<std::array<double, 5>>()});
        for (const Json& o : meta.at("ood"))
            r.ood.push_back({o.at(0), o.at(1), o.at(2), o.at(3), o.at(4)});
        for (const Json& b : meta.at("bins"))
            r.bins.push_back({b.at(0), b.at(1), b.at(2), b.at(3), b.at(4), b.at(5), b.at(6)});
    });
    return r;
}

engine::TensorMap toTensors(const Inspection& i)
{
    return {
        {"meta", reporting::jsonTensor({{"model", i.model}, {"layers", i.layers}, {"classes", i.classes}})},
        {"ids", i.ids},
        {"labels", i.labels},
        {"predicted", i.predicted},
        {"confidence", i.confidence},
        {"temperature", i.temperature},
        {"scores", i.scores},
        {"images", i.images}};
}

Inspection inspectionFrom(const engine::TensorMap& tensors)
{
    const reporting::StoredResults stored(tensors);
    Inspection i;
    stored.meta([&](const Json& meta) {
        meta.at("model").get_to(i.model);
        meta.at("layers").get_to(i.layers);
        meta.at("classes").get_to(i.classes);
    });
    i.ids = stored.at("ids", torch::kInt64, 1);
    const std::int64_t n = i.ids.size(0), layers = static_cast<std::int64_t>(i.layers.size());
    const auto read = [&](const char* name, torch::Dtype type, const std::vector<std::int64_t>& shape,
                          std::int64_t dimensions) {
        torch::Tensor tensor = stored.at(name, type, dimensions);
        if (!std::equal(shape.begin(), shape.end(), tensor.sizes().begin()))
            reporting::StoredResults::refuse(name);
        return tensor;
    };
    i.labels = read("labels", torch::kInt64, {n}, 1);
    i.predicted = read("predicted", torch::kInt64, {n}, 1);
    i.confidence = read("confidence", torch::kFloat64, {n}, 1);
    i.temperature = read("temperature", torch::kFloat64, {n}, 1);
    i.scores = read("scores", torch::kFloat64, {n, layers}, 2);
    i.images = read("images", torch::kUInt8, {n, 1 + layers}, 5);
    return i;
}

std::string inspectionName(std::size_t m)
{
    return "inspected-" + std::to_string(m);
}

std::array<double, 5> fiveNumbers(const torch::Tensor& values)
{
    const torch::Tensor all = values.to(torch::kFloat64).contiguous();
    const std::span<const double> numbers(all.data_ptr<double>(), static_cast<std::size_t>(all.numel()));
    return {metrics::quantile(numbers, 0), metrics::quantile(numbers, 0.25), metrics::quantile(numbers, 0.5),
            metrics::quantile(numbers, 0.75), metrics::quantile(numbers, 1)};
}

std::vector<DensityBin> densityBins(const std::string& model, const torch::Tensor& temperature,
                                    const torch::Tensor& correct,
                                    const std::array<torch::Tensor, 3>& confidences)
{
    std::vector<DensityBin> bins;
    const torch::Tensor order = temperature.argsort();
    const std::int64_t n = order.size(0), count = std::min<std::int64_t>(kDensityBins, n);
    for (std::int64_t b = 0; b < count; ++b) {
        const torch::Tensor rows = order.narrow(0, b * n / count, (b + 1) * n / count - b * n / count);
        const auto mean = [&](const torch::Tensor& values) {
            return values.index_select(0, rows).mean().item<double>();
        };
        bins.push_back({.model = model,
                        .temperature = temperature.index_select(0, rows).median().item<double>(),
                        .n = rows.size(0),
                        .correct = correct.index_select(0, rows).sum().item<std::int64_t>(),
                        .none = mean(confidences[0]),
                        .plain = mean(confidences[1]),
                        .dac = mean(confidences[2])});
    }
    return bins;
}

} // namespace assay::confidence
