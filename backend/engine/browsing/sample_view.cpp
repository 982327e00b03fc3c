#include "backend/engine/browsing/sample_view.h"

#include "backend/engine/devices.h"
#include "backend/engine/failure.h"
#include "backend/engine/text.h"
#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace assay::engine {

namespace {

Json topOf(const torch::Tensor& logits, const std::vector<std::string>& classes)
{
    const torch::Tensor probabilities = logits.to(torch::kCPU).to(torch::kFloat64).softmax(0);
    const std::int64_t count = std::min(kTopPredictions, probabilities.size(0));
    const auto [values, ids] = probabilities.topk(count);
    Json list = Json::array();
    for (std::int64_t i = 0; i < count; ++i) {
        const auto id = static_cast<std::size_t>(ids[i].item<std::int64_t>());
        list.push_back({{"class", id < classes.size() ? classes[id] : std::to_string(id)},
                        {"probability", values[i].item<double>()}});
    }
    return list;
}

Json predictionOf(const models::Model& model, const data::Dataset& dataset, data::Split split,
                  std::int64_t id)
{
    if (!model.hasNetwork())
        throw Error("it holds predictions only and no network that an image could be put to");
    const models::InputSpec& input = model.card().input;
    const data::DatasetInfo& info = dataset.info();
    if (input.channels != info.channels || input.height != info.height || input.width != info.width)
        throw Error("it expects images of " + sizeText(input.channels, input.height, input.width) +
                    ", but this one is " + sizeText(info.channels, info.height, info.width));
    const torch::NoGradGuard off;
    const torch::Tensor x = dataset.images(split, torch::tensor({id}, torch::kInt64), model.device());
    return topOf(model.logits(x)[0], model.card().classes);
}

Json predictionsOf(Inputs& inputs, const data::Dataset& dataset, data::Split split, std::int64_t id,
                   const std::vector<std::string>& models)
{
    Json list = Json::array();
    for (const std::string& name : models) {
        Json top = Json::array();
        std::string error;
        try {
            top = predictionOf(*inputs.model(name, resolveDevice("auto")), dataset, split, id);
        } catch (...) {
            error = failureSentence(std::current_exception(), "'" + name + "'");
        }
        list.push_back({{"model", name}, {"top", std::move(top)}, {"error", error}});
    }
    return list;
}

Json attributesOf(const data::SampleTable& table, std::int64_t id)
{
    Json attributes = Json::object();
    for (const data::Attribute& attribute : table.attributes) {
        if (attribute.codes.defined()) {
            const auto code = attribute.codes[id].item<std::int32_t>();
            if (code >= 0 && static_cast<std::size_t>(code) < attribute.values.size())
                attributes[attribute.name] = attribute.values[static_cast<std::size_t>(code)];
        } else if (const double number = attribute.numbers[id].item<double>(); !std::isnan(number)) {
            attributes[attribute.name] = number;
        }
    }
    return attributes;
}

Json boxesOf(const data::SampleTable& table, std::int64_t id)
{
    Json list = Json::array();
    const auto [first, last] = std::ranges::equal_range(table.boxes, id, {}, &data::Box::sample);
    for (auto box = first; box != last; ++box) {
        const auto category = static_cast<std::size_t>(box->category);
        list.push_back({{"x", box->x},
                        {"y", box->y},
                        {"width", box->width},
                        {"height", box->height},
                        {"category", box->category >= 0 && category < table.boxClasses.size()
                                         ? table.boxClasses[category]
                                         : std::string()}});
    }
    return list;
}

std::string textAt(const std::vector<std::string>& texts, std::int64_t id)
{
    const auto index = static_cast<std::size_t>(id);
    return index < texts.size() ? texts[index] : std::string();
}

} // namespace

SampleView sampleView(Inputs& inputs, const data::Dataset& dataset, data::Split split, std::int64_t id,
                      const std::vector<std::string>& models)
{
    if (id < 0 || id >= dataset.size(split))
        throw Error("there is no image " + std::to_string(id) + "; the split has " +
                        std::to_string(dataset.size(split)),
                    "request");
    const data::SampleTable& table = dataset.samples(split);
    const torch::Tensor image = dataset.original(split, id).contiguous();
    SampleView view;
    view.head = {{"channels", image.size(0)},
                 {"height", image.size(1)},
                 {"width", image.size(2)},
                 {"label", dataset.labels(split)[id].item<std::int64_t>()},
                 {"name", textAt(table.names, id)},
                 {"caption", textAt(table.captions, id)},
                 {"attributes", attributesOf(table, id)},
                 {"boxes", boxesOf(table, id)},
                 {"predictions", predictionsOf(inputs, dataset, split, id, models)}};
    const auto* bytes = image.data_ptr<std::uint8_t>();
    view.pixels.assign(bytes, bytes + image.numel());
    return view;
}

} // namespace assay::engine
