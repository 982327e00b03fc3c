#include "plugins/calibration/trained_models.h"

#include "backend/engine/files.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/models/architectures/architectures.h"
#include "backend/training/trainer.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::confidence {

namespace {

/// The card of a network for the images, which are brought to mean 0 and deviation 1 per channel.
models::ModelCard cardFor(const data::Dataset& dataset, const torch::Tensor& images)
{
    const data::DatasetInfo& info = dataset.info();
    models::ModelCard card;
    card.classes = info.classes;
    card.dataset = info.name;
    card.input = {.channels = info.channels, .height = info.height, .width = info.width};
    const torch::Tensor pixels = images.to(torch::kFloat64).transpose(0, 1).flatten(1);
    const torch::Tensor mean = pixels.mean(1).contiguous(), deviation = pixels.std(1).contiguous();
    card.input.mean.assign(mean.data_ptr<double>(), mean.data_ptr<double>() + info.channels);
    card.input.stddev.assign(deviation.data_ptr<double>(), deviation.data_ptr<double>() + info.channels);
    for (double& value : card.input.stddev)
        value = std::max(value, 1e-3); // a channel of one value
    return card;
}

engine::TensorMap weightsOf(const models::Network& network)
{
    engine::TensorMap map;
    for (const auto& [name, tensor] : network.persistent())
        map[name] = tensor.detach().clone();
    return map;
}

/// Tells these weights from any others: what values computed with them are cached under.
std::string weightsHash(const engine::TensorMap& weights)
{
    std::string all;
    for (const auto& [name, tensor] : weights) {
        const torch::Tensor values = tensor.cpu().contiguous();
        all += name;
        all.append(static_cast<const char*>(values.data_ptr()), values.nbytes());
    }
    return engine::sha256(all);
}

/// What trainings of one run have in common.
class Trainings
{
public:
    Trainings(engine::RunContext& context, const data::Dataset& dataset, const torch::Tensor& ids,
              const TrainedParams& params)
        : m_context(context)
        , m_params(params)
        , m_images(dataset.images(data::Split::Train, ids, torch::kCPU))
        , m_labels(dataset.labels(data::Split::Train).index_select(0, ids))
        , m_like(cardFor(dataset, m_images))
        , m_key({{"what", "calibration.trained"},
                 {"method", 1},
                 {"dataset", dataset.hash()},
                 {"images", engine::sha256({static_cast<const char*>(ids.data_ptr()), ids.nbytes()})}})
        , m_total(static_cast<double>(params.architectures.size()) * params.seeds)
    {}

    TrainedModel trained(const std::string& architecture, int number)
    {
        models::ModelCard card = m_like;
        card.name = architecture + " " + std::to_string(number);
        card.architecture = architecture;
        const auto network = models::makeNetwork(architecture, card.options, card.input,
                                                 static_cast<std::int64_t>(card.classes.size()));
        network->to(m_context.device());
        const auto seed = m_context.seed() + static_cast<std::uint64_t>(number);
        const training::TrainSpec spec{.epochs = m_params.epochs,
                                       .learningRate = m_params.learningRate,
                                       .initSeed = seed,
                                       .orderSeed = seed};
        Json key = m_key;
        key["architecture"] = architecture;
        key["train"] = training::toJson(spec);
        const engine::TensorMap weights =
            m_context.cached(key, [&] { return train(*network, card.name, spec); });
        const torch::NoGradGuard off;
        for (auto& [name, tensor] : network->persistent())
            tensor.copy_(weights.at(name));
        card.sha256 = weightsHash(weights);
        ++m_done;
        return {card.name, architecture, std::make_shared<models::Model>(network, std::move(card))};
    }

private:
    engine::TensorMap train(models::Network& network, const std::string& name,
                            const training::TrainSpec& spec)
    {
        training::TrainHooks hooks;
        hooks.checkpoint = [&] { m_context.checkpoint(); };
        hooks.progress = [&](std::int64_t done, std::int64_t all) {
            m_context.progress(m_done + static_cast<double>(done) / static_cast<double>(all), m_total,
                               "Training " + name);
        };
        const auto epochs = training::trainNetwork(network, m_images, m_labels, spec, hooks);
        m_context.log(name + ": " + reporting::percentText(epochs.back().trainAccuracy) +
                      " of its training images are right after the last epoch");
        return weightsOf(network);
    }

    engine::RunContext& m_context;
    const TrainedParams& m_params;
    torch::Tensor m_images, m_labels;
    models::ModelCard m_like;
    Json m_key;
    double m_total, m_done = 0;
};

} // namespace

std::vector<TrainedModel> trainedModels(engine::RunContext& context, const data::Dataset& dataset,
                                        const torch::Tensor& ids, const TrainedParams& params)
{
    std::vector<TrainedModel> models;
    if (params.architectures.empty())
        return models;
    Trainings trainings(context, dataset, ids, params);
    for (const std::string& architecture : params.architectures)
        for (int number = 1; number <= params.seeds; ++number)
            models.push_back(trainings.trained(architecture, number));
    return models;
}

} // namespace assay::confidence
