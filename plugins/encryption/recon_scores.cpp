#include "backend/engine/reporting/image_planes.h"
#include "backend/metrics/image_similarity.h"
#include "plugins/encryption/recon_reader.h"
#include "plugins/encryption/recon_results.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::encryption {

namespace {

constexpr int kReconResamples = 1000;

/// Rows of unit length; rows of zeros stay.
torch::Tensor unitLengthRows(const torch::Tensor& rows)
{
    const torch::Tensor wide = rows.to(torch::kFloat64);
    return wide / wide.norm(2, 1, true).clamp_min(1e-12);
}

} // namespace

torch::Tensor reconRanks(const torch::Tensor& similarity)
{
    const torch::Tensor own = similarity.diagonal().unsqueeze(1);
    const torch::Tensor larger = similarity.gt(own).sum(1), equal = similarity.eq(own).sum(1) - 1;
    return larger.to(torch::kFloat64) + 0.5 * equal.to(torch::kFloat64);
}

ReconScores reconScores(const torch::Tensor& made, const torch::Tensor& plain, const torch::Tensor& centre,
                        const ReconReader& judge)
{
    const torch::NoGradGuard off;
    const torch::Tensor x = made.clamp(0, 1), own = plain.narrow(0, 0, made.size(0));
    ReconScores scores;
    scores.mse = (x - own).to(torch::kFloat64).square().flatten(1).mean(1);
    scores.ssim = metrics::ssim(x, own);
    scores.psnr = metrics::psnr(x, own).clamp_max(metrics::kMostPsnr);
    scores.embedding = (unitLengthRows(judge.embed(x)) * unitLengthRows(judge.embed(own))).sum(1);
    // Rounded, so that images that are all the same tie.
    const torch::Tensor similarity =
        unitLengthRows((x - centre).flatten(1)).matmul(unitLengthRows((plain - centre).flatten(1)).t());
    const bool same = (x - x.narrow(0, 0, 1)).abs().max().item<float>() < 1e-4F;
    scores.rank = reconRanks(same ? torch::zeros_like(similarity) : similarity);
    scores.read = judge.read(x);
    return scores;
}

ReconRecovery reconRecovery(const ReconResults& r, const ReconOutcome& outcome, std::size_t attribute)
{
    const torch::Tensor truth = r.attributes[attribute].test.narrow(0, 0, outcome.victims());
    const torch::Tensor known = truth.ge(0);
    ReconRecovery found;
    found.right = outcome.scores.read[static_cast<std::int64_t>(attribute)].eq(truth).logical_and(known);
    const auto n = known.sum().item<std::int64_t>();
    found.rate = metrics::wilson(found.right.sum().item<std::int64_t>(), n);
    found.chance = truth.eq(r.commonest[attribute]).sum().item<double>() / static_cast<double>(n);
    found.advantage = (found.rate.value - found.chance) / (1 - found.chance);
    return found;
}

double reconAdvantage(const ReconResults& r, const ReconOutcome& outcome)
{
    double sum = 0;
    for (std::size_t i = 0; i < r.attributes.size(); ++i)
        sum += reconRecovery(r, outcome, i).advantage;
    return sum / static_cast<double>(r.attributes.size());
}

torch::Tensor reconAllRight(const ReconResults& r, const ReconOutcome& outcome)
{
    torch::Tensor all = torch::ones({outcome.victims()}, torch::kBool);
    for (std::size_t i = 0; i < r.attributes.size(); ++i) {
        const torch::Tensor truth = r.attributes[i].test.narrow(0, 0, outcome.victims());
        all = all.logical_and(
            outcome.scores.read[static_cast<std::int64_t>(i)].eq(truth).logical_or(truth.lt(0)));
    }
    return all;
}

std::vector<std::int64_t> reconIds(const ReconResults& r, const torch::Tensor& mask)
{
    return reporting::idsWhere(r.ids.narrow(0, 0, mask.size(0)), mask);
}

ReconMean reconMean(const torch::Tensor& values)
{
    const torch::Tensor means =
        metrics::resampledMeans(values.unsqueeze(1), {.resamples = kReconResamples, .seed = 1});
    return {.value = values.mean().item<double>(), .interval = metrics::percentileInterval(means.flatten())};
}

metrics::Rate reconTop(const torch::Tensor& rank, std::int64_t k)
{
    return metrics::wilson(rank.lt(static_cast<double>(k)).sum().item<std::int64_t>(), rank.size(0));
}

ReconLeak reconLeak(std::string embedding, const torch::Tensor& encrypted, const torch::Tensor& plain)
{
    const torch::NoGradGuard off;
    const torch::Tensor similarity = unitLengthRows(encrypted).matmul(unitLengthRows(plain).t());
    const auto others = static_cast<double>(similarity.size(0) - 1);
    ReconLeak leak{.embedding = std::move(embedding)};
    leak.own = similarity.diagonal().clone();
    leak.other = (similarity.sum(1) - leak.own) / others;
    leak.rank = reconRanks(similarity);
    leak.nearer = 1 - leak.rank / others;
    return leak;
}

} // namespace assay::encryption
