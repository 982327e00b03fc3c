#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/output_name.h"
#include "backend/models/saliency.h"
#include "plugins/backdoor/suspect.h"
#include "plugins/backdoor/view_parts.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::backdoor {

namespace {

/// Positions among the judged images: of those that count for ASR, or of all without a trigger.
torch::Tensor shownRows(const BeforeAfter& what, const torch::Tensor& y)
{
    const data::DatasetInfo& info = what.set->info();
    const auto fit = static_cast<std::int64_t>(
        reporting::imagesThatFit(3, info.height, info.width, 2 + what.models.size()));
    torch::Tensor candidates = torch::arange(what.ids.numel(), torch::kInt64);
    if (what.poison)
        candidates = poisoning::countForAsr(*what.poison, y, static_cast<std::int64_t>(info.classes.size()))
                         .nonzero()
                         .flatten();
    return candidates.index_select(0, evenRows(candidates.numel(), std::min(what.gallery, fit)));
}

} // namespace

void emitSaliency(engine::RunContext& context, const BeforeAfter& what,
                  const std::vector<SubjectAnswers>& answers)
{
    const torch::Tensor y = judgedLabels(what);
    const torch::Tensor rows = shownRows(what, y);
    if (rows.numel() == 0)
        return;
    const std::vector<std::string>& classes = what.set->info().classes;
    const torch::Tensor ids = what.ids.index_select(0, rows);
    const torch::Tensor clean = what.set->images(data::Split::Test, ids, context.device());
    const std::optional<poisoning::Trigger> trigger = triggerFor(what);
    const torch::Tensor seen = trigger ? trigger->stamp(clean) : clean;
    protocol::ImageGrid grid{
        .name = trigger ? "triggered" : "judged",
        .title = trigger ? "Images with the trigger, and where the models look" : "Where the models look",
        .caption = "Orange: what speaks for the class that the model gives the image (Grad-CAM of the last "
                   "layer that is an image).",
        .section = what.section};
    grid.attributes.push_back(reporting::classesOf("label", "True class", classes, y.index_select(0, rows)));
    std::vector<reporting::ImagePlane> planes = {{"clean", reporting::asColour(clean.cpu())}};
    if (trigger)
        planes.push_back({"triggered", reporting::asColour(seen.cpu())});
    for (std::size_t m = 0; m < what.models.size(); ++m) {
        context.checkpoint();
        const models::Model& model = *what.models[m].model;
        const torch::Tensor given =
            (trigger ? answers[m].triggered : answers[m].clean).index_select(0, rows).contiguous();
        grid.attributes.push_back(reporting::classesOf("predicted-" + reporting::outputName(answers[m].name),
                                                       "Predicted, " + answers[m].name, classes, given));
        if (!models::lastSpatialTap(model, seen)) {
            context.log("Saliency of " + answers[m].name + " is left out: " + model.name() +
                        " shows no layer that is an image.");
            continue;
        }
        const torch::Tensor maps = models::gradCam(model, seen, given, [&] { context.checkpoint(); });
        planes.push_back({"saliency " + answers[m].name, reporting::saliencyOverlay(seen.cpu(), maps)});
    }
    reporting::fillPlanes(grid, ids, planes);
    context.images(std::move(grid));
}

} // namespace assay::backdoor
