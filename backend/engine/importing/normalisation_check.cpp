#include "backend/engine/importing/normalisation_check.h"

#include "backend/engine/importing/foreign_files.h"
#include "backend/engine/text.h"
#include "backend/models/formats/normalisation.h"
#include "backend/models/predict.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::engine {

namespace {

constexpr std::int64_t kMostImages = 500;
constexpr std::int64_t kFewestImages = 50;
constexpr double kSeconds = 10;
constexpr double kLeastGain = 0.03;

std::int64_t affordable(const MeasuredAccuracy& measured, std::size_t ways)
{
    if (measured.count == 0)
        return 0;
    const double perImage = std::max(1e-6, measured.seconds / static_cast<double>(measured.count));
    const double images = kSeconds / (perImage * static_cast<double>(ways));
    return std::min({kMostImages, measured.count, static_cast<std::int64_t>(images)});
}

} // namespace

protocol::Findings normalisationFindings(const models::ModelCard& card, const data::Dataset& dataset,
                                         const MeasuredAccuracy& measured)
{
    std::vector<models::NormalisationCandidate> ways = models::normalisationCandidates(card.input.channels);
    const models::NormalisationCandidate set = {"as set", card.input.mean, card.input.stddev,
                                                card.input.scale, card.input.bgr};
    ways.insert(ways.begin(), set); // ties go to what is set
    const std::int64_t count = affordable(measured, ways.size());
    if (count < kFewestImages)
        return {};
    models::ModelCard bare = card;
    const auto channels = static_cast<std::size_t>(card.input.channels);
    bare.input.mean.assign(channels, 0.0);
    bare.input.stddev.assign(channels, 1.0);
    bare.input.scale = 1.0;
    bare.input.bgr = false;
    const auto network = openModel(bare, torch::kCPU);
    const torch::Tensor ids = drawnTestIds(dataset, count);
    const auto scores = models::scoreNormalisations(
        [&](const torch::Tensor& x) { return models::logitsChunked(*network, x); }, ways,
        dataset.pixelsOf(data::Split::Test, ids), dataset.labels(data::Split::Test).index_select(0, ids));
    const auto own =
        std::ranges::find_if(scores, [&](const auto& s) { return s.candidate.name == set.name; });
    const models::NormalisationScore& best = scores.front();
    const double gain = own == scores.end() ? 0 : best.accuracy - own->accuracy;
    if (gain < kLeastGain || gain < 1 / std::sqrt(static_cast<double>(count)))
        return {};
    return {{protocol::Finding::Level::Warning,
             "Wrong or double normalisation: with " + models::describe(best.candidate) + " (" +
                 best.candidate.name + ") " + percent(best.accuracy) + " of " + std::to_string(count) +
                 " test images would be classified correctly, as set only " + percent(own->accuracy) +
                 ". Set mean, stddev, scale and bgr accordingly."}};
}

} // namespace assay::engine
