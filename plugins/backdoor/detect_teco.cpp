#include "plugins/backdoor/detect_teco.h"

#include "backend/models/predict.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::backdoor {

namespace {

constexpr double kTecoHalf = 0.5;

} // namespace

const std::vector<std::string>& tecoCorruptions()
{
    static const std::vector<std::string> ids = [] {
        std::vector<std::string> all;
        for (const data::Corruption& each : data::imagenetCorruptions())
            all.push_back(each.id);
        return all;
    }();
    return ids;
}

torch::Tensor tecoCorrupted(const TecoOptions& options, const std::string& corruption, const torch::Tensor& x,
                            std::int64_t level, std::uint64_t seed, const torch::Tensor& ids)
{
    const auto& list = options.preset == "cifar" ? data::corruptions() : data::imagenetCorruptions();
    const auto found = std::ranges::find(list, corruption, &data::Corruption::id);
    if (found == list.end())
        throw Error("there is no corruption '" + corruption + "'", "corruptions");
    const torch::Tensor y = data::corrupted(*found, x, static_cast<double>(level), seed, ids,
                                            options.preset == "small-image" ? kTecoHalf : 1);
    return (y * 255).floor_().div_(255);
}

torch::Tensor tecoSpread(const torch::Tensor& hardness, const std::string& measure)
{
    const torch::Tensor h = hardness.to(torch::kFloat64);
    if (measure == "std")
        return h.std(1, /*unbiased=*/false);
    // The median of an even number is the mean of the middle two.
    const auto middle = [](const torch::Tensor& values) { return values.quantile(0.5, 1, true); };
    if (measure == "mad")
        return middle((h - middle(h)).abs()).squeeze(1);
    return (h - h.mean(1, true)).abs().mean(1);
}

TecoDetector::TecoDetector(const models::Model& model, TecoOptions options, std::uint64_t seed,
                           std::function<void()> checkpoint)
    : m_model(model)
    , m_options(std::move(options))
    , m_seed(seed)
    , m_checkpoint(std::move(checkpoint))
{}

torch::Tensor TecoDetector::scores(const DetectQueries& queries)
{
    return tecoSpread(hardness(queries), m_options.measure);
}

torch::Tensor TecoDetector::classOf(const torch::Tensor& x)
{
    m_asked += x.size(0);
    return models::logitsChunked(m_model, x.to(m_model.device())).argmax(1).cpu();
}

torch::Tensor TecoDetector::hardness(const DetectQueries& queries)
{
    // Corruptions are computed on the CPU: from there batches go to the device, classes come back.
    const DetectQueries here{queries.x.cpu(), queries.ids, queries.labels};
    const torch::Tensor first = classOf(here.x);
    if (m_options.cumulative)
        return addedUp(here, first);
    std::vector<torch::Tensor> columns;
    for (const std::string& corruption : m_options.corruptions)
        columns.push_back(ofCorruption(here, first, corruption));
    return torch::stack(columns, 1);
}

torch::Tensor TecoDetector::ofCorruption(const DetectQueries& queries, const torch::Tensor& first,
                                         const std::string& corruption)
{
    torch::Tensor hardness = torch::full({queries.size()}, kTecoLevels + 1, torch::kInt64);
    torch::Tensor rows = torch::arange(queries.size(), torch::kInt64); // that have kept their class
    for (std::int64_t level = 1; level <= kTecoLevels && rows.numel() > 0; ++level) {
        m_checkpoint();
        const torch::Tensor y = tecoCorrupted(m_options, corruption, queries.x.index_select(0, rows), level,
                                              m_seed, queries.ids.index_select(0, rows));
        const torch::Tensor kept = classOf(y).eq(first.index_select(0, rows));
        hardness.index_fill_(0, rows.masked_select(kept.logical_not()), level);
        rows = rows.masked_select(kept);
    }
    return hardness;
}

torch::Tensor TecoDetector::addedUp(const DetectQueries& queries, const torch::Tensor& first)
{
    torch::Tensor x = queries.x;
    std::vector<torch::Tensor> columns;
    for (const std::string& corruption : m_options.corruptions) {
        torch::Tensor hardness = torch::full({queries.size()}, kTecoLevels + 1, torch::kInt64);
        for (std::int64_t level = 1; level <= kTecoLevels; ++level) {
            m_checkpoint();
            x = tecoCorrupted(m_options, corruption, x, level, m_seed, queries.ids);
            const torch::Tensor lost = classOf(x).ne(first).logical_and(hardness.eq(kTecoLevels + 1));
            hardness.masked_fill_(lost, level);
        }
        columns.push_back(hardness);
    }
    return torch::stack(columns, 1);
}

} // namespace assay::backdoor
