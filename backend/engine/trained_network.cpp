#include "backend/engine/trained_network.h"

#include "backend/engine/files.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/models/architectures/architectures.h"
#include "backend/models/model_file.h"

#include <torch/utils.h>

#include <algorithm>

namespace assay::engine {

namespace {

std::string bytesHash(const torch::Tensor& tensor)
{
    const torch::Tensor values = tensor.cpu().contiguous();
    return sha256({static_cast<const char*>(values.data_ptr()), values.nbytes()});
}

} // namespace

models::ModelCard cardFor(const data::DatasetInfo& info, const torch::Tensor& images)
{
    models::ModelCard card;
    card.classes = info.classes;
    card.dataset = info.name;
    card.input = {.channels = info.channels, .height = info.height, .width = info.width};
    torch::Tensor pixels = images.to(torch::kFloat64).transpose(0, 1).flatten(1);
    if (images.scalar_type() == torch::kUInt8)
        pixels = pixels / 255;
    const torch::Tensor mean = pixels.mean(1).contiguous(), deviation = pixels.std(1).contiguous();
    card.input.mean.assign(mean.data_ptr<double>(), mean.data_ptr<double>() + info.channels);
    card.input.stddev.assign(deviation.data_ptr<double>(), deviation.data_ptr<double>() + info.channels);
    for (double& value : card.input.stddev)
        value = std::max(value, 1e-3); // a channel of one value
    return card;
}

TensorMap weightsOf(const models::Network& network)
{
    TensorMap map;
    for (const auto& [name, tensor] : network.persistent())
        map[name] = tensor.detach().clone();
    return map;
}

std::string weightsHash(const TensorMap& weights)
{
    std::string all;
    for (const auto& [name, tensor] : weights) {
        const torch::Tensor values = tensor.cpu().contiguous();
        all += name;
        all.append(static_cast<const char*>(values.data_ptr()), values.nbytes());
    }
    return sha256(all);
}

std::shared_ptr<const models::Model> trainedNetwork(RunContext& context, const torch::Tensor& images,
                                                    const torch::Tensor& labels, models::ModelCard like,
                                                    const TrainingOrder& order)
{
    like.name = order.name;
    like.architecture = order.architecture;
    like.options = order.options;
    const auto network = models::makeNetwork(like.architecture, like.options, like.input,
                                             static_cast<std::int64_t>(like.classes.size()));
    network->to(context.device());
    Json key = {{"what", "trained network"},
                {"method", 1},
                {"architecture", order.architecture},
                {"options", order.options},
                {"mean", like.input.mean},
                {"stddev", like.input.stddev},
                {"train", training::toJson(order.spec)},
                {"images", bytesHash(images)},
                {"labels", bytesHash(labels)}};
    if (order.loss)
        key["loss"] = order.lossKey;
    const TensorMap weights = context.cached(key, [&] {
        training::TrainHooks hooks;
        hooks.loss = order.loss;
        hooks.checkpoint = [&] { context.checkpoint(); };
        hooks.progress = [&](std::int64_t done, std::int64_t all) {
            context.progress(order.done + static_cast<double>(done) / static_cast<double>(all), order.total,
                             "Training " + order.name);
        };
        const auto epochs = training::trainNetwork(*network, images, labels, order.spec, hooks);
        context.log(order.name + ": " + reporting::percentText(epochs.back().trainAccuracy) +
                    " of its training images are right after the last epoch");
        return weightsOf(*network);
    });
    models::loadWeights(*network, {weights.begin(), weights.end()}, "the cache");
    like.sha256 = weightsHash(weights);
    return std::make_shared<const models::Model>(network, std::move(like));
}

} // namespace assay::engine
