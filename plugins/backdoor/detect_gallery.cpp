#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "plugins/backdoor/detect_results.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::backdoor {

namespace {

/// Images in the gallery of scores, at most: the highest ones.
constexpr std::int64_t kMostByScore = 400;

protocol::ImageAttribute yesNo(std::string name, std::string title, std::vector<std::string> values,
                               std::vector<std::string> roles, const torch::Tensor& second)
{
    protocol::ImageAttribute attribute{.name = std::move(name),
                                       .title = std::move(title),
                                       .values = std::move(values),
                                       .roles = std::move(roles)};
    const torch::Tensor flags = second.contiguous();
    attribute.codes.assign(flags.data_ptr<bool>(), flags.data_ptr<bool>() + flags.numel());
    return attribute;
}

protocol::ImageGrid byScoreGrid(const DetectResults& r, const DetectView& view)
{
    const DetectOutcome& o = view.outcome;
    const DetectSubjectResults& s = r.subjects[static_cast<std::size_t>(view.subject)];
    const torch::Tensor& images = o.ofTraining ? s.trainingImages : s.images;
    const torch::Tensor kept = torch::arange(images.size(0), torch::kInt64);
    const torch::Tensor scores = o.scores.index_select(0, kept);
    torch::Tensor rows = scores.argsort(0, /*descending=*/true);
    rows = rows.narrow(0, 0, std::min(rows.numel(), kMostByScore));
    const auto at = [&](const torch::Tensor& values) { return values.index_select(0, rows); };

    protocol::ImageGrid grid{.name = "by-score",
                             .title = detectorInfo(o.detector).title + ": highest scores first",
                             .section = "Scores"};
    grid.caption = "Of " + std::to_string(o.size()) + (o.ofTraining ? " training" : " test") +
                   " images the first " + std::to_string(rows.numel()) +
                   " by score. Select a bar of the "
                   "histogram to find its images.";
    reporting::fillPlanes(grid, at(o.ids), {{"image", at(images).to(torch::kFloat32) / 255}});
    grid.attributes = {
        yesNo("kind", "Image", {"clean", "with the trigger"}, {"different", "same"}, at(o.poisoned)),
        yesNo("flagged", "At the threshold", {"passed", "flagged"}, {"neutral", "accent"},
              at(o.scores.gt(view.threshold))),
        reporting::classesOf("label", "True class", r.classes, at(o.truth)),
        reporting::classesOf("filed", o.ofTraining ? "Label given" : "Predicted", r.classes, at(o.filed))};
    const torch::Tensor shown = at(scores).contiguous();
    for (std::int64_t i = 0; i < shown.numel(); ++i)
        grid.notes.push_back("score " + reporting::shortText(shown.data_ptr<double>()[i]));
    return grid;
}

/// What became of the class at one severity of one corruption: index into the attribute's values.
enum class WallOutcome : std::int32_t { Kept, Lost, NotAsked };

protocol::ImageGrid wallGrid(const DetectResults& r, const DetectView& view, const DetectParams& p,
                             std::uint64_t seed)
{
    const DetectSubjectResults& s = r.subjects[static_cast<std::size_t>(view.subject)];
    const DetectOutcome& teco = *r.find(view.subject, 0, "teco");
    const torch::Tensor x = s.images.narrow(0, view.wallRow, 1).to(torch::kFloat32) / 255;
    const torch::Tensor id = teco.ids.narrow(0, view.wallRow, 1);
    const TecoOptions options{.corruptions = r.corruptions, .preset = p.preset, .cumulative = p.cumulative};
    protocol::ImageGrid grid{.name = "corruption-wall", .section = "Corruptions"};
    grid.title = "Corruptions of image " + std::to_string(id[0].item<std::int64_t>()) +
                 (teco.poisoned[view.wallRow].item<bool>() ? ", with the trigger" : ", clean") + ", score " +
                 reporting::shortText(teco.scores[view.wallRow].item<double>());
    grid.caption =
        "Five severities of every corruption in turn: until the class is lost, the model is asked.";
    std::vector<torch::Tensor> cells;
    protocol::ImageAttribute kind{.name = "corruption", .title = "Corruption"};
    protocol::ImageAttribute outcome{.name = "outcome",
                                     .title = "Class",
                                     .values = {"kept", "lost here", "not asked"},
                                     .roles = {"different", "same", "empty"}};
    torch::Tensor last = x;
    for (std::size_t k = 0; k < r.corruptions.size(); ++k) {
        kind.values.push_back(data::corruption(r.corruptions[k]).title);
        const auto hardness = s.hardness[view.wallRow][static_cast<std::int64_t>(k)].item<std::int64_t>();
        for (std::int64_t level = 1; level <= kTecoLevels; ++level) {
            last = tecoCorrupted(options, r.corruptions[k], p.cumulative ? last : x, level, seed, id);
            cells.push_back(last);
            kind.codes.push_back(static_cast<std::int32_t>(k));
            const WallOutcome became = level < hardness    ? WallOutcome::Kept
                                       : level == hardness ? WallOutcome::Lost
                                                           : WallOutcome::NotAsked;
            outcome.codes.push_back(static_cast<std::int32_t>(became));
            grid.notes.push_back(kind.values.back() + " " + std::to_string(level));
        }
    }
    reporting::fillPlanes(grid, id.expand({static_cast<std::int64_t>(cells.size())}),
                          {{"corrupted", torch::cat(cells)}});
    grid.attributes = {std::move(outcome), std::move(kind)};
    return grid;
}

} // namespace

void emitDetectGalleries(engine::RunContext& ctx, const DetectResults& r, const DetectView& view,
                         const DetectParams& p)
{
    ctx.images(byScoreGrid(r, view));
    ctx.checkpoint();
    if (r.subjects[static_cast<std::size_t>(view.subject)].hardness.defined())
        ctx.images(wallGrid(r, view, p, ctx.seed()));
}

} // namespace assay::backdoor
