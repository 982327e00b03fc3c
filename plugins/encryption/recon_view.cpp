#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/scene_picture.h"
#include "plugins/encryption/recon_report.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::encryption {

namespace {

/// What the judge reads of victim @p row beside what is true.
std::string readText(const ReconResults& r, const ReconOutcome& outcome, std::int64_t row)
{
    std::string text;
    for (std::size_t i = 0; i < r.attributes.size(); ++i) {
        const auto said = outcome.scores.read[static_cast<std::int64_t>(i)][row].item<std::int64_t>();
        text += (text.empty() ? "" : ", ") + r.attributes[i].name + " " +
                r.attributes[i].values[static_cast<std::size_t>(said)];
    }
    return text;
}

/// The attack of a scheme without the key that recovers most.
const ReconOutcome* strongestWithoutKey(const ReconResults& r, const ReconScheme& scheme)
{
    const ReconOutcome* best = nullptr;
    for (const ReconOutcome& outcome : scheme.outcomes)
        if (outcome.attack != ReconAttack::SameKey &&
            (!best || reconAdvantage(r, outcome) > reconAdvantage(r, *best)))
            best = &outcome;
    return best;
}

/// As many as every attack made images of.
std::int64_t shownVictims(const ReconResults& r)
{
    std::int64_t fewest = std::min(kReconShown, r.plain.size(0));
    for (const ReconScheme& scheme : r.schemes)
        for (const ReconOutcome& outcome : scheme.outcomes)
            fewest = std::min(fewest, outcome.images.size(0));
    return fewest;
}

/// Those shown in galleries, in their order.
std::vector<std::pair<std::string, torch::Tensor>> planesOf(const ReconResults& r, const ReconScheme& scheme)
{
    std::vector<std::pair<std::string, torch::Tensor>> planes = {{"plain", r.plain},
                                                                 {"ciphertext", scheme.encrypted}};
    for (const ReconOutcome& outcome : scheme.outcomes)
        planes.emplace_back(reconAttackTitle(outcome.attack), outcome.images);
    for (const ReconAttack floor : {ReconAttack::PlainGenerator, ReconAttack::Plain, ReconAttack::Mean})
        if (const ReconOutcome* outcome = r.find(scheme, floor))
            planes.emplace_back(reconAttackTitle(floor), outcome->images);
    const std::int64_t shown = shownVictims(r);
    for (auto& plane : planes)
        plane.second = plane.second.narrow(0, 0, shown);
    return planes;
}

} // namespace

ReconView reconView(const ReconResults& r, const ReconParams& p)
{
    ReconView view{.victim = p.victim};
    const auto scheme = std::ranges::find(r.schemes, p.scheme, &ReconScheme::id);
    if (scheme != r.schemes.end())
        view.scheme = static_cast<std::size_t>(scheme - r.schemes.begin());
    const auto attribute = std::ranges::find(r.attributes, p.attribute, &ReconAttribute::name);
    if (attribute != r.attributes.end())
        view.attribute = static_cast<std::size_t>(attribute - r.attributes.begin());
    return view;
}

protocol::ImageGrid reconGallery(const ReconResults& r, const ReconView& view)
{
    const ReconScheme& scheme = r.schemes[view.scheme];
    protocol::ImageGrid grid{.name = "victims", .title = "Victims: " + scheme.title, .section = "One scheme"};
    std::vector<reporting::ImagePlane> planes;
    for (const auto& [name, images] : planesOf(r, scheme))
        planes.push_back({name, reconFloat(images)});
    const std::int64_t shown = planes.front().images.size(0);
    reporting::fillPlanes(grid, r.ids.narrow(0, 0, shown), planes);
    const ReconOutcome* best = strongestWithoutKey(r, scheme);
    grid.caption =
        std::string("Plain image, ciphertext, what each attack made of it, the bound and the floor. The "
                    "marks say what was read rightly from the strongest attack without the key: ") +
        reconAttackTitle(best->attack) + ".";
    for (std::size_t i = 0; i < r.attributes.size(); ++i) {
        const ReconAttribute& attribute = r.attributes[i];
        protocol::ImageAttribute mark{.name = "attribute-" + std::to_string(i),
                                      .title = attribute.name,
                                      .values = {"recovered", "not recovered"},
                                      .roles = {"good", "bad"}};
        const torch::Tensor right = reconRecovery(r, *best, i).right;
        for (std::int64_t row = 0; row < shown; ++row)
            mark.codes.push_back(attribute.test[row].item<std::int64_t>() < 0 ? -1
                                 : right[row].item<bool>()                    ? 0
                                                                              : 1);
        grid.attributes.push_back(std::move(mark));
    }
    for (std::int64_t row = 0; row < shown; ++row) {
        std::string note = "read:";
        for (const ReconOutcome& outcome : scheme.outcomes)
            note += std::string("\n") + reconAttackTitle(outcome.attack) + ": " + readText(r, outcome, row);
        grid.notes.push_back(std::move(note));
    }
    return grid;
}

std::int64_t reconShownRow(const ReconResults& r, const ReconView& view)
{
    const auto* ids = r.ids.data_ptr<std::int64_t>();
    const std::int64_t shown = shownVictims(r);
    const std::int64_t row = std::find(ids, ids + shown, view.victim) - ids;
    return row < shown ? row : 0;
}

protocol::ImageGrid reconSamplesGrid(const ReconResults& r, const ReconView& view, std::int64_t row,
                                     const torch::Tensor& samples, double guidance)
{
    const ReconScheme& scheme = r.schemes[view.scheme];
    protocol::ImageGrid grid{.name = "samples",
                             .title = "Drawn by the diffusion at guidance " + reporting::shortText(guidance) +
                                      ": " + scheme.title,
                             .section = "One scheme"};
    grid.caption =
        "One victim's plain image, its ciphertext, and what the diffusion makes of the embedding that the "
        "ciphertext gives away. Move the guidance scale.";
    std::vector<reporting::ImagePlane> planes = {
        {"plain", reconFloat(r.plain.narrow(0, row, 1))},
        {"ciphertext", reconFloat(scheme.encrypted.narrow(0, row, 1))}};
    for (std::int64_t i = 0; i < samples.size(0); ++i)
        planes.push_back({"sample " + std::to_string(i + 1), samples.narrow(0, i, 1)});
    reporting::fillPlanes(grid, r.ids.narrow(0, row, 1), planes);
    return grid;
}

protocol::Scene reconScene(const ReconResults& r, const ReconView& view)
{
    const ReconScheme& scheme = r.schemes[view.scheme];
    const auto planes = planesOf(r, scheme);
    const std::int64_t shown = planes.front().second.size(0);
    const auto* ids = r.ids.data_ptr<std::int64_t>();
    const std::vector<std::int64_t> samples(ids, ids + shown);
    const std::int64_t row = reconShownRow(r, view);
    protocol::Scene scene{.name = "victim",
                          .title = "One victim: " + scheme.title,
                          .section = "One scheme",
                          .width = static_cast<std::uint32_t>(r.plain.size(3)),
                          .height = static_cast<std::uint32_t>(r.plain.size(2)),
                          .sampleField = "victim",
                          .samples = samples,
                          .sample = samples[static_cast<std::size_t>(row)]};
    for (const auto& [name, images] : planes)
        scene.pictures.push_back(reporting::scenePicture(name, images[row]));
    const ReconOutcome* best = strongestWithoutKey(r, scheme);
    std::string truth;
    for (const ReconAttribute& attribute : r.attributes)
        if (const auto value = attribute.test[row].item<std::int64_t>(); value >= 0)
            truth += (truth.empty() ? "" : ", ") + attribute.name + " " +
                     attribute.values[static_cast<std::size_t>(value)];
    scene.caption = "True: " + truth + ". Read from " + reconAttackTitle(best->attack) + ": " +
                    readText(r, *best, row) + ".";
    return scene;
}

void emitReconView(engine::RunContext& context, const ReconResults& r, const ReconView& view)
{
    context.figure(reconMatrixFigure(r, view));
    context.checkpoint();
    context.figure(reconAttributesFigure(r, view));
    if (r.schemes[view.scheme].plane.defined())
        context.figure(reconPlaneFigure(r, view));
    context.scene(reconScene(r, view));
    context.images(reconGallery(r, view));
}

void emitReconResults(engine::RunContext& context, const ReconResults& r, const ReconParams& p)
{
    emitReconView(context, r, reconView(r, p));
    context.figure(reconErrorFigure(r));
    context.figure(reconRetrievalFigure(r));
    context.figure(reconLeakFigure(r));
    context.figure(reconKeySpaceFigure(r));
    for (protocol::Figure& figure : reconTrainingFigures(r))
        context.figure(std::move(figure));
    context.table(reconAttributesTable(r));
    context.table(reconSimilarityTable(r));
    context.table(reconLeakageTable(r));
    context.table(reconConditionsTable(r));
    for (const ReconScheme& scheme : r.schemes) {
        for (const ReconOutcome& outcome : scheme.outcomes)
            context.metric(
                {.name = std::string("advantage.") + scheme.id + "." + reconAttackId(outcome.attack),
                 .value = reconAdvantage(r, outcome)});
        if (const ReconLeak* leak = scheme.leak("aligned"))
            context.metric({.name = "auc." + scheme.id, .value = reconMean(leak->nearer).value});
    }
}

} // namespace assay::encryption
