#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/output_name.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/metrics/principal_components.h"
#include "backend/metrics/tsne.h"
#include "backend/models/parallel.h"
#include "plugins/backdoor/suspect.h"
#include "plugins/backdoor/view_parts.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::backdoor {

namespace {

constexpr double kPerplexity = 30;

/// What an embedding shows: clean images first, then the triggered ones among them that count.
struct Embedded
{
    torch::Tensor ids;    ///< int64 [m]
    torch::Tensor labels; ///< int64 [m], true classes
    torch::Tensor images; ///< float32 [m,C,H,W] on the run's device
    torch::Tensor kind;   ///< int64 [m]: index into groups()
};

struct PointGroup
{
    const char* name;
    const char* role;
};

const std::vector<PointGroup>& groupsWithTrigger()
{
    static const std::vector<PointGroup> groups = {
        {"clean", "neutral"}, {"clean, target class", "good"}, {"with the trigger", "bad"}};
    return groups;
}

Embedded embeddedImages(engine::RunContext& context, const BeforeAfter& what)
{
    const torch::Tensor rows = evenRows(what.ids.numel(), what.embedded);
    Embedded all{.ids = what.ids.index_select(0, rows), .labels = judgedLabels(what).index_select(0, rows)};
    all.images = what.set->images(data::Split::Test, all.ids, context.device());
    all.kind = torch::zeros_like(all.ids);
    const std::optional<poisoning::Trigger> trigger = triggerFor(what);
    if (!trigger)
        return all;
    const auto classes = static_cast<std::int64_t>(what.set->info().classes.size());
    if (what.poison->labels != poisoning::LabelMode::AllToAll)
        all.kind = all.labels.eq(what.poison->target).to(torch::kInt64);
    const torch::Tensor counted =
        poisoning::countForAsr(*what.poison, all.labels, classes).nonzero().flatten();
    const torch::Tensor stamped = trigger->stamp(all.images.index_select(0, counted.to(all.images.device())));
    all.images = torch::cat({all.images, stamped});
    all.kind = torch::cat({all.kind, torch::full({counted.numel()}, 2, torch::kInt64)});
    all.ids = torch::cat({all.ids, all.ids.index_select(0, counted)});
    all.labels = torch::cat({all.labels, all.labels.index_select(0, counted)});
    return all;
}

/// @param points float64 [m,2].
protocol::Figure scatter(const BeforeAfter& what, const Embedded& shown, const torch::Tensor& points)
{
    const std::vector<std::string>& classes = what.set->info().classes;
    protocol::Figure f{.section = what.section, .aspect = 1.25};
    const auto at = points.accessor<double, 2>();
    const auto kind = shown.kind.accessor<std::int64_t, 1>(), id = shown.ids.accessor<std::int64_t, 1>();
    const auto label = shown.labels.accessor<std::int64_t, 1>();
    for (std::size_t g = 0; g < groupsWithTrigger().size(); ++g) {
        protocol::Layer layer{.kind = protocol::LayerKind::Points,
                              .name = groupsWithTrigger()[g].name,
                              .role = groupsWithTrigger()[g].role};
        for (std::int64_t i = 0; i < points.size(0); ++i) {
            if (kind[i] != static_cast<std::int64_t>(g))
                continue;
            layer.x.push_back(at[i][0]);
            layer.y.push_back(at[i][1]);
            layer.labels.push_back(classes[static_cast<std::size_t>(label[i])]);
            layer.samples.add({id[i]});
        }
        if (!layer.x.empty())
            f.layers.push_back(std::move(layer));
    }
    return f;
}

std::string componentLabel(const char* which, double share)
{
    return std::string(which) + " component, " + reporting::percentText(share) + " of the variance";
}

protocol::Figure componentsFigure(const BeforeAfter& what, const NamedSubject& subject, const Embedded& shown,
                                  const torch::Tensor& features)
{
    const metrics::PrincipalComponents components = metrics::principalComponents(features, 2);
    torch::Tensor points = torch::zeros({features.size(0), 2}, torch::kFloat64);
    points.narrow(1, 0, components.axes.size(0)).copy_(components.project(features));
    protocol::Figure f = scatter(what, shown, points);
    f.name = "embedding-" + reporting::outputName(subject.name);
    f.title = "Features of " + subject.name + ", principal components";
    f.caption = "The penultimate features of " + std::to_string(points.size(0)) +
                " images in the plane in which they vary most.";
    const auto shareOf = [&](std::int64_t axis) {
        return axis < components.share.numel() ? components.share[axis].item<double>() : 0.0;
    };
    f.x.label = componentLabel("First", shareOf(0));
    f.y.label = componentLabel("Second", shareOf(1));
    return f;
}

protocol::Figure tsneFigure(engine::RunContext& context, const BeforeAfter& what, const NamedSubject& subject,
                            const Embedded& shown, const torch::Tensor& features)
{
    const metrics::TsneSpec spec{.perplexity =
                                     std::min(kPerplexity, static_cast<double>(features.size(0) - 1) / 3),
                                 .seed = context.seed(),
                                 .threads = models::workerThreads()};
    const metrics::Tsne laid = metrics::tsne(features, spec, [&](int iteration) {
        context.checkpoint();
        context.progress(what.done, what.total,
                         "t-SNE of " + subject.name + ", iteration " + std::to_string(iteration));
    });
    protocol::Figure f = scatter(what, shown, laid.points.contiguous());
    f.name = "embedding-tsne-" + reporting::outputName(subject.name);
    f.title = "Features of " + subject.name + ", t-SNE";
    f.caption = "The same " + std::to_string(features.size(0)) +
                " images laid out so that neighbours stay "
                "neighbours (perplexity " +
                reporting::shortText(spec.perplexity) + ", divergence " +
                reporting::shortText(laid.divergence.back()) +
                "). Distances between groups and their sizes mean nothing.";
    return f;
}

} // namespace

void emitEmbeddings(engine::RunContext& context, const BeforeAfter& what)
{
    constexpr std::int64_t kFewest = 10; // images that can be laid out
    const Embedded shown = embeddedImages(context, what);
    if (shown.ids.numel() < kFewest)
        return;
    for (const NamedSubject& subject : what.models) {
        context.checkpoint();
        context.progress(what.done, what.total, "Features of " + subject.name);
        const torch::Tensor features = featuresOf(*subject.model, shown.images);
        context.figure(componentsFigure(what, subject, shown, features));
        if (what.tsne)
            context.figure(tsneFigure(context, what, subject, shown, features));
    }
}

} // namespace assay::backdoor
