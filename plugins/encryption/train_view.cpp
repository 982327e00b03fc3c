#include "plugins/encryption/train_view.h"

#include "backend/engine/reporting/confusion_figure.h"
#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/stored_results.h"
#include "backend/metrics/principal_components.h"
#include "plugins/encryption/train_run.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::encryption {

namespace {

constexpr std::int64_t kTrainShown = 40;
/// Encoded anew at every move of the slider.
constexpr std::int64_t kTrainEncodedShown = 24;
constexpr std::int64_t kTrainViewOwn = 64;
/// Rows that principal components are found on.
constexpr std::int64_t kMostComponentRows = 1200;
const char* const kTrainImagesSection = "Images";

torch::Tensor unitPlanes(const torch::Tensor& bytes)
{
    return bytes.to(torch::kFloat32) / 255;
}

std::size_t shownScheme(const TrainView& view, const TrainParams& params)
{
    const auto wanted = std::ranges::find(view.schemes, params.shown);
    if (wanted != view.schemes.end())
        return static_cast<std::size_t>(wanted - view.schemes.begin());
    const auto encrypted =
        std::ranges::find_if(view.schemes, [](const std::string& id) { return !id.starts_with("plain"); });
    return encrypted == view.schemes.end() ? 0 : static_cast<std::size_t>(encrypted - view.schemes.begin());
}

protocol::ImageGrid judgedGrid(const TrainView& view, std::size_t scheme)
{
    protocol::ImageGrid grid{.name = "judged",
                             .title = "What the classifier of " + view.titles[scheme] + " made of each image",
                             .caption = "Plain images; the classifier saw them encrypted.",
                             .section = "What is lost"};
    const std::int64_t n = view.shown.size(0);
    const torch::Tensor said = view.predicted[static_cast<std::int64_t>(scheme)].narrow(0, 0, n).contiguous();
    const torch::Tensor labels = view.labels.narrow(0, 0, n).contiguous();
    reporting::fillPlanes(grid, view.ids.narrow(0, 0, n), {{"image", unitPlanes(view.shown)}});
    protocol::ImageAttribute outcome{
        .name = "outcome", .title = "Answer", .values = {"right", "wrong"}, .roles = {"different", "same"}};
    const torch::Tensor wrong = said.ne(labels).contiguous();
    outcome.codes.assign(wrong.data_ptr<bool>(), wrong.data_ptr<bool>() + n);
    grid.attributes = {outcome, reporting::classesOf("label", "True class", view.classes, labels),
                       reporting::classesOf("said", "Predicted", view.classes, said)};
    return grid;
}

/// The variant that is shown: of the shown scheme where that is one of NeuraCrypt, else of the attacked one.
TrainScheme shownNeura(const TrainView& view, const TrainParams& params)
{
    TrainScheme scheme =
        trainScheme(view.schemes.empty() ? params.attacked : view.schemes[shownScheme(view, params)], params);
    if (!scheme.neura)
        scheme = trainScheme(params.attacked, params);
    scheme.neura->depth = params.shownDepth;
    return scheme;
}

protocol::ImageGrid encodedGrid(engine::RunContext& ctx, const TrainView& view, const TrainParams& params)
{
    const TrainScheme scheme = shownNeura(view, params);
    const torch::Tensor images = view.shown.narrow(0, 0, std::min(view.shown.size(0), kTrainEncodedShown));
    NeuraSpec spec = *scheme.neura;
    spec.shuffle = true;
    const NeuraEncoder encoder(spec, trainKey(ctx.seed(), 0, 0), view.own, ctx.device());
    const torch::Tensor ids = view.ids.narrow(0, 0, images.size(0));
    // Both in one, so that they have the same colours.
    const torch::Tensor tokens =
        torch::cat({encoder.ordered(images).cpu(), encoder.encode(images, ids).cpu()});
    const auto pictures = neuraPictures(tokens, images.size(2), images.size(3), spec.patch).chunk(2);
    protocol::ImageGrid grid{.name = "encoded",
                             .title = scheme.title + ": " + describe(*scheme.neura),
                             .caption =
                                 "The first three principal components of the encoded patches as red, green "
                                 "and blue, where the patches belong and as they are published.",
                             .section = kTrainImagesSection};
    reporting::fillPlanes(grid, ids,
                          {{"image", reporting::asColour(unitPlanes(images))},
                           {"encoded, in order", pictures[0]},
                           {"encoded, shuffled", pictures[1]}});
    return grid;
}

protocol::ImageGrid candidatesGrid(const TrainResults& r)
{
    const TrainSet& set = r.sets.front();
    const auto shownOf = [&](const NeuraAttacked& a) { return std::min(a.nearest.size(0), kTrainShown); };
    protocol::ImageGrid grid{
        .name = "candidates",
        .title = "Who is behind the encoding? The MMD attack's candidates",
        .caption = "The true image, and the five whose imitated encodings are nearest, at every "
                   "depth attacked. No pair of image and encoding was known.",
        .section = "Attacks"};
    std::vector<torch::Tensor> truth, ids;
    std::vector<std::vector<torch::Tensor>> candidates(
        static_cast<std::size_t>(r.attacked.front().nearest.size(1)));
    protocol::ImageAttribute depth{.name = "depth", .title = "Depth k"};
    protocol::ImageAttribute found{.name = "found",
                                   .title = "Re-identified",
                                   .values = {"first", "among five", "no"},
                                   .roles = {"same", "accent", "different"}};
    for (const NeuraAttacked& a : r.attacked) {
        const std::int64_t n = shownOf(a);
        truth.push_back(unitPlanes(set.testImages.narrow(0, 0, n)));
        ids.push_back(set.testIds.narrow(0, 0, n));
        for (std::size_t k = 0; k < candidates.size(); ++k)
            candidates[k].push_back(unitPlanes(set.testImages.index_select(
                0, a.nearest.select(1, static_cast<std::int64_t>(k)).narrow(0, 0, n))));
        for (std::int64_t i = 0; i < n; ++i) {
            const torch::Tensor hits = a.nearest[i].eq(i);
            found.codes.push_back(hits[0].item<bool>() ? 0 : hits.any().item<bool>() ? 1 : 2);
            depth.codes.push_back(static_cast<std::int32_t>(depth.values.size()));
        }
        depth.values.push_back(a.depth < 0 ? "linear" : std::to_string(a.depth));
    }
    std::vector<reporting::ImagePlane> planes = {{"true image", torch::cat(truth)}};
    for (std::size_t k = 0; k < candidates.size(); ++k)
        planes.push_back({"candidate " + std::to_string(k + 1), torch::cat(candidates[k])});
    reporting::fillPlanes(grid, torch::cat(ids), planes);
    grid.attributes = {std::move(found), std::move(depth)};
    return grid;
}

} // namespace

engine::TensorMap TrainView::tensors() const
{
    return {{"meta", reporting::jsonTensor({{"classes", classes}, {"schemes", schemes}, {"titles", titles}})},
            {"predicted", predicted},
            {"labels", labels},
            {"ids", ids},
            {"shown", shown},
            {"own", own}};
}

TrainView TrainView::from(const engine::TensorMap& tensors)
{
    const reporting::StoredResults stored(tensors);
    TrainView view{.predicted = stored.at("predicted", torch::kInt64, 2),
                   .labels = stored.at("labels", torch::kInt64, 1),
                   .ids = stored.at("ids", torch::kInt64, 1),
                   .shown = stored.at("shown", torch::kUInt8, 4),
                   .own = stored.at("own", torch::kUInt8, 4)};
    stored.meta([&](const Json& meta) {
        view.classes = meta.at("classes").get<std::vector<std::string>>();
        view.schemes = meta.at("schemes").get<std::vector<std::string>>();
        view.titles = meta.at("titles").get<std::vector<std::string>>();
    });
    if (view.predicted.size(0) != static_cast<std::int64_t>(view.schemes.size()))
        reporting::StoredResults::refuse("predicted");
    return view;
}

TrainView trainViewOf(const TrainResults& r, const std::vector<TrainScheme>& schemes)
{
    const TrainSet& set = r.sets.front();
    TrainView view{.classes = set.classes, .labels = set.testLabels, .ids = set.testIds};
    std::vector<torch::Tensor> predicted;
    for (const TrainScheme& scheme : schemes) {
        const TrainOutcome* outcome = r.find(0, scheme.id);
        view.schemes.push_back(scheme.id);
        view.titles.push_back(scheme.title);
        predicted.push_back(outcome->predicted[0]);
    }
    view.predicted = torch::stack(predicted);
    view.shown = set.testImages.narrow(0, 0, std::min(set.testImages.size(0), kTrainShown)).clone();
    view.own = set.trainImages.narrow(0, 0, std::min(set.trainImages.size(0), kTrainViewOwn)).clone();
    return view;
}

void emitTrainView(engine::RunContext& ctx, const TrainView& view, const TrainParams& params)
{
    const std::size_t scheme = shownScheme(view, params);
    ctx.figure(reporting::confusionFigure(
        {.name = "confusion",
         .title = "What is taken for what: " + view.titles[scheme],
         .section = "What is lost",
         .rowLabel = "True class",
         .columnLabel = "Predicted",
         .caption = "Test images under the right key; of several trainings the first."},
        view.classes,
        reporting::confusionCells(view.labels, view.predicted[static_cast<std::int64_t>(scheme)], view.ids,
                                  static_cast<std::int64_t>(view.classes.size()))));
    ctx.images(judgedGrid(view, scheme));
    ctx.checkpoint();
    ctx.images(encodedGrid(ctx, view, params));
}

void emitTrainGalleries(engine::RunContext& ctx, const TrainResults& r,
                        const std::vector<TrainScheme>& schemes)
{
    const TrainSet& set = r.sets.front();
    const std::int64_t n = std::min<std::int64_t>(set.testImages.size(0), kTrainEncodedShown);
    const torch::Tensor images = set.testImages.narrow(0, 0, n), ids = set.testIds.narrow(0, 0, n);
    const torch::Tensor own = set.trainImages.narrow(0, 0, std::min(set.trainImages.size(0), kTrainViewOwn));
    std::vector<reporting::ImagePlane> planes = {{"plain", reporting::asColour(unitPlanes(images))}};
    for (const TrainScheme& scheme : schemes) {
        if (!scheme.hasKey())
            continue;
        const TrainEncoder encoder(scheme, {trainKey(ctx.seed(), 0, 0)}, own, ctx.device());
        torch::Tensor seen = encoder.encode(images, ids);
        seen = scheme.neura
                   ? neuraPictures(seen.squeeze(1), images.size(2), images.size(3), scheme.neura->patch)
                   : reporting::asColour(seen);
        planes.push_back({scheme.title, seen});
    }
    protocol::ImageGrid grid{.name = "encrypted",
                             .title = "What the classifier is given",
                             .caption =
                                 "Of NeuraCrypt the first three principal components of the encoded patches "
                                 "as red, green and blue.",
                             .section = kTrainImagesSection};
    reporting::fillPlanes(grid, ids, planes);
    grid.attributes = {
        reporting::classesOf("label", "True class", set.classes, set.testLabels.narrow(0, 0, n))};
    ctx.images(std::move(grid));
    ctx.checkpoint();
    if (!r.attacked.empty())
        ctx.images(candidatesGrid(r));
}

torch::Tensor neuraPictures(const torch::Tensor& tokens, std::int64_t height, std::int64_t width,
                            std::int64_t patch)
{
    const torch::Tensor rows = tokens.flatten(0, 1);
    const torch::Tensor some = rows.index_select(
        0, torch::arange(0, rows.size(0), std::max<std::int64_t>(1, rows.size(0) / kMostComponentRows)));
    const metrics::PrincipalComponents components = metrics::principalComponents(some, 3);
    torch::Tensor colours = components.project(rows); // [n*T,k]
    if (colours.size(1) < 3)
        colours = torch::constant_pad_nd(colours, {0, 3 - colours.size(1)});
    const torch::Tensor low = torch::quantile(colours, 0.01, 0), high = torch::quantile(colours, 0.99, 0);
    colours = ((colours - low) / (high - low).clamp_min(1e-12)).clamp(0, 1).to(torch::kFloat32);
    return colours.view({tokens.size(0), height / patch, width / patch, 3})
        .permute({0, 3, 1, 2})
        .repeat_interleave(patch, 2)
        .repeat_interleave(patch, 3);
}

void TrainViews::emit(engine::RunContext& ctx, const TrainParams& params)
{
    std::shared_ptr<const TrainView> view;
    {
        const std::lock_guard lock(m_mutex);
        if (!m_last || m_folder != ctx.folder() || ctx.folder().empty()) {
            m_last = std::make_shared<const TrainView>(TrainView::from(ctx.loadArtifact("view")));
            m_folder = ctx.folder();
        }
        view = m_last;
    }
    ctx.checkpoint();
    emitTrainView(ctx, *view, params);
}

} // namespace assay::encryption
