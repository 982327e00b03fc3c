#include "plugins/encryption/recon_learning.h"

#include "backend/engine/files.h"
#include "backend/engine/trained_network.h"
#include "backend/models/model_file.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::encryption {

void ReconProgress::next(std::string title)
{
    ++m_stage;
    m_title = std::move(title);
    at(0);
}

void ReconProgress::at(double share)
{
    m_context.checkpoint();
    m_context.progress(std::min<double>(m_stage + share, m_stages), m_stages, m_title);
}

std::string reconHash(const std::vector<torch::Tensor>& tensors)
{
    std::string all;
    for (const torch::Tensor& tensor : tensors) {
        const torch::Tensor values = tensor.cpu().contiguous();
        all += engine::sha256({static_cast<const char*>(values.data_ptr()), values.nbytes()});
    }
    return engine::sha256(all);
}

std::vector<double> reconLearned(ReconProgress& progress, models::Network& network, Json key,
                                 std::int64_t count, const training::RowLearningSpec& spec,
                                 const training::RowLoss& loss)
{
    engine::RunContext& context = progress.context();
    network.to(context.device());
    key["method"] = 1;
    key["count"] = count;
    key["learning"] = {{"epochs", spec.epochs},
                       {"batch", spec.batch},
                       {"learning_rate", spec.learningRate},
                       {"seed", spec.seed}};
    engine::TensorMap kept = context.cached(key, [&] {
        const std::vector<double> losses =
            training::learnRows(network, count, spec, loss, [&](std::int64_t done, std::int64_t total) {
                progress.at(static_cast<double>(done) / static_cast<double>(total));
            });
        engine::TensorMap map = engine::weightsOf(network);
        map["losses"] = torch::tensor(losses, torch::kFloat64);
        return map;
    });
    const torch::Tensor losses = kept.at("losses").cpu().contiguous();
    kept.erase("losses");
    models::loadWeights(network, {kept.begin(), kept.end()}, "the cache");
    network.eval();
    for (torch::Tensor& parameter : network.parameters())
        parameter.requires_grad_(false);
    return {losses.data_ptr<double>(), losses.data_ptr<double>() + losses.numel()};
}

} // namespace assay::encryption
