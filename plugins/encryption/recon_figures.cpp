#include "backend/engine/reporting/rate_marks.h"
#include "backend/models/generative/attribute_reader.h"
#include "plugins/encryption/recon_report.h"

#include <torch/types.h>

#include <algorithm>
#include <functional>
#include <limits>

namespace assay::encryption {

using protocol::AxisScale;
using protocol::Figure;
using protocol::Layer;
using protocol::LayerKind;

namespace {

constexpr double kHundred = 100;
constexpr const char* kReconBootstrap = "bootstrap 95 %";

std::vector<std::string> schemeIds(const ReconResults& r)
{
    std::vector<std::string> ids;
    for (const ReconScheme& scheme : r.schemes)
        ids.push_back(scheme.id);
    return ids;
}

/// Points of one attack for every scheme, moved aside so that those of several attacks lie apart.
void addByScheme(Figure& f, const ReconResults& r,
                 const std::function<void(Layer&, double x, const ReconOutcome&)>& add)
{
    const std::vector<ReconAttack> attacks = r.attacks();
    for (std::size_t a = 0; a < attacks.size(); ++a) {
        Layer points{.kind = LayerKind::Points,
                     .name = reconAttackTitle(attacks[a]),
                     .role = reconAttackRole(attacks[a])};
        const double aside =
            0.7 * ((static_cast<double>(a) + 0.5) / static_cast<double>(attacks.size()) - 0.5);
        for (std::size_t s = 0; s < r.schemes.size(); ++s)
            if (const ReconOutcome* outcome = r.find(r.schemes[s], attacks[a]))
                add(points, static_cast<double>(s) + aside, *outcome);
        f.layers.push_back(std::move(points));
    }
    f.x = {.label = "Scheme", .scale = AxisScale::Category, .categories = schemeIds(r), .sets = "scheme"};
    f.opens = "victims";
}

void addMean(Layer& layer, double x, const ReconMean& mean, double times = 1)
{
    layer.x.push_back(x);
    layer.y.push_back(times * mean.value);
    layer.low.push_back(times * mean.interval.low);
    layer.high.push_back(times * mean.interval.high);
}

/// A horizontal line with its name.
Layer levelMark(double y, const std::string& label)
{
    return {.kind = LayerKind::Marks, .name = label, .role = "chance", .y = {y}, .labels = {label}};
}

} // namespace

Figure reconMatrixFigure(const ReconResults& r, const ReconView& view)
{
    const std::string what = view.attribute ? r.attributes[*view.attribute].name : "all attributes";
    Figure f{.name = "matrix", .title = "What attacks recover: " + what, .section = "What leaks"};
    f.caption =
        "Advantage of reading attributes from what an attack made of the ciphertext: 0 % is who always says "
        "the commonest value, 100 % who is always right. ";
    f.caption += view.attribute
                     ? "A cell stands for the victims whose " + what + " was read rightly."
                     : "The mean over the attributes; a cell stands for the victims of whom all were read "
                       "rightly.";
    f.caption += " A click shows the scheme's victims.";
    f.x = {.label = "Attack", .scale = AxisScale::Category};
    f.y = {.label = "Scheme", .scale = AxisScale::Category, .sets = "scheme"};
    f.colour = {.label = "Advantage", .unit = "%", .low = -kHundred, .high = kHundred};
    f.opens = "victims";
    const std::vector<ReconAttack> attacks = r.attacks();
    for (const ReconAttack attack : attacks)
        f.x.categories.emplace_back(reconAttackTitle(attack));
    Layer cells{.kind = LayerKind::Cells,
                .rows = static_cast<std::uint32_t>(r.schemes.size()),
                .columns = static_cast<std::uint32_t>(attacks.size()),
                .colourMap = "diverging"};
    for (std::size_t s = r.schemes.size(); s-- > 0;) {
        const ReconScheme& scheme = r.schemes[s];
        f.y.categories.push_back(scheme.id);
        for (const ReconAttack attack : attacks) {
            const ReconOutcome* outcome = r.find(scheme, attack);
            if (!outcome) {
                cells.z.push_back(std::numeric_limits<double>::quiet_NaN());
                cells.labels.emplace_back("not run");
                cells.samples.add({});
                continue;
            }
            torch::Tensor right = reconAllRight(r, *outcome);
            double advantage = reconAdvantage(r, *outcome);
            if (view.attribute) {
                const ReconRecovery found = reconRecovery(r, *outcome, *view.attribute);
                right = found.right;
                advantage = found.advantage;
            }
            cells.z.push_back(kHundred * advantage);
            cells.labels.push_back(scheme.title + ", " + reconAttackTitle(attack) +
                                   (outcome->note.empty() ? "" : " (" + outcome->note + ")"));
            cells.samples.add(reconIds(r, right));
        }
    }
    f.layers.push_back(std::move(cells));
    f.aspect = 1.6;
    return f;
}

Figure reconAttributesFigure(const ReconResults& r, const ReconView& view)
{
    const ReconScheme& scheme = r.schemes[view.scheme];
    Figure f{.name = "attributes",
             .title = "Attributes read from reconstructions: " + scheme.title,
             .section = "One scheme",
             .rateOf = "the victims whose attribute is known",
             .interval = reporting::kWilson};
    f.caption = "Lines: who always says the commonest value. Only what lies above them is disclosed.";
    f.x = {.label = "Attribute", .scale = AxisScale::Category, .sets = "attribute"};
    f.y = reporting::percentScale("Read rightly");
    f.opens = "victims";
    for (const ReconAttribute& attribute : r.attributes)
        f.x.categories.push_back(attribute.name);
    const ReconOutcome* any = nullptr;
    for (const ReconAttack attack : r.attacks()) {
        const ReconOutcome* outcome = r.find(scheme, attack);
        // The line stands for those that know nothing.
        if (!outcome || attack < ReconAttack::Plain)
            continue;
        any = outcome;
        Layer bars{
            .kind = LayerKind::Bars, .name = reconAttackTitle(attack), .role = reconAttackRole(attack)};
        for (std::size_t i = 0; i < r.attributes.size(); ++i) {
            const ReconRecovery found = reconRecovery(r, *outcome, i);
            reporting::addRateMark(bars, static_cast<double>(i), found.rate, true);
            bars.samples.add(reconIds(r, found.right));
        }
        f.layers.push_back(std::move(bars));
    }
    for (std::size_t i = 0; any && i < r.attributes.size(); ++i) {
        const double chance = kHundred * reconRecovery(r, *any, i).chance, at = static_cast<double>(i);
        f.layers.push_back({.kind = LayerKind::Line,
                            .name = i == 0 ? "chance" : "",
                            .role = "ink",
                            .x = {at - 0.45, at + 0.45},
                            .y = {chance, chance}});
    }
    return f;
}

Figure reconErrorFigure(const ReconResults& r)
{
    Figure f{.name = "error",
             .title = "Error of the reconstructions",
             .section = "What leaks",
             .interval = kReconBootstrap};
    f.caption =
        "Mean squared error of pixels in [0,1]. What knows nothing gives the mean image; what lies above it "
        "is worse than nothing.";
    addByScheme(f, r, [](Layer& layer, double x, const ReconOutcome& outcome) {
        addMean(layer, x, reconMean(outcome.scores.mse));
    });
    f.y = {.label = "MSE", .low = 0};
    return f;
}

Figure reconRetrievalFigure(const ReconResults& r)
{
    constexpr std::int64_t kFirst = 5;
    Figure f{.name = "retrieval",
             .title = "Whose picture is it?",
             .section = "What leaks",
             .rateOf = "victims",
             .interval = reporting::kWilson};
    f.caption = "How often the true image is among the 5 of " + std::to_string(r.victims()) +
                " that are nearest to the reconstruction.";
    addByScheme(f, r, [&](Layer& layer, double x, const ReconOutcome& outcome) {
        reporting::addRateMark(layer, x, reconTop(outcome.scores.rank, kFirst), true);
        layer.samples.add(reconIds(r, outcome.scores.rank.lt(static_cast<double>(kFirst))));
    });
    f.y = reporting::percentScale("Found");
    f.layers.push_back(
        levelMark(kHundred * static_cast<double>(kFirst) / static_cast<double>(r.victims()), "chance"));
    return f;
}

Figure reconLeakFigure(const ReconResults& r)
{
    Figure f{.name = "leak",
             .title = "What the embedding still sees",
             .section = "Leakage",
             .interval = kReconBootstrap};
    f.caption =
        "How often the embedding of a ciphertext is nearer to that of its own plain image than to another "
        "victim's. At 0.5 no attack that follows the embedding can work.";
    f.x = {.label = "Scheme", .scale = AxisScale::Category, .categories = schemeIds(r), .sets = "scheme"};
    f.y = {.label = "AUC", .low = 0, .high = 1};
    for (const char* embedding : {"as it is", "centred", "aligned", "with statistics"}) {
        Layer bars{.kind = LayerKind::Bars, .name = embedding};
        for (std::size_t s = 0; s < r.schemes.size(); ++s)
            if (const ReconLeak* leak = r.schemes[s].leak(embedding))
                addMean(bars, static_cast<double>(s), reconMean(leak->nearer));
        f.layers.push_back(std::move(bars));
    }
    f.layers.push_back(levelMark(0.5, "chance"));
    return f;
}

Figure reconPlaneFigure(const ReconResults& r, const ReconView& view)
{
    const ReconScheme& scheme = r.schemes[view.scheme];
    Figure f{.name = "plane", .title = "Seen by the embedding: " + scheme.title, .section = "One scheme"};
    f.caption = "Plain images of the first victims and their ciphertexts, aligned, in the plane of the plain "
                "embeddings' first two principal components. A line joins each pair: the shorter, the more "
                "the ciphertext gives away. Two of " +
                std::to_string(models::AttributeReader::kEmbedding) +
                " directions; the measured leakage uses all.";
    f.x = {.label = "First component"};
    f.y = {.label = "Second component"};
    f.opens = "victims";
    f.aspect = 1.4;
    const torch::Tensor plane = scheme.plane.contiguous();
    const auto* at = plane.data_ptr<double>();
    const auto* ids = r.ids.data_ptr<std::int64_t>();
    Layer plain{.kind = LayerKind::Points, .name = "plain", .role = "same"},
        encrypted{.kind = LayerKind::Points, .name = "ciphertext, aligned", .role = "different"};
    for (std::int64_t i = 0; i < plane.size(0); ++i, at += 4) {
        f.layers.push_back(
            {.kind = LayerKind::Line, .role = "neutral", .x = {at[0], at[2]}, .y = {at[1], at[3]}});
        plain.x.push_back(at[0]);
        plain.y.push_back(at[1]);
        plain.samples.add({ids[i]});
        encrypted.x.push_back(at[2]);
        encrypted.y.push_back(at[3]);
        encrypted.samples.add({ids[i]});
    }
    f.layers.push_back(std::move(plain));
    f.layers.push_back(std::move(encrypted));
    return f;
}

Figure reconKeySpaceFigure(const ReconResults& r)
{
    Figure f{.name = "key-space",
             .title = "A large key space is no protection",
             .section = "Leakage",
             .interval = kReconBootstrap};
    f.caption =
        "Each point a scheme: the number of its keys against what the aligned embedding sees under another "
        "key.";
    f.x = {.label = "Key space", .unit = "bit", .scale = AxisScale::Log};
    f.y = {.label = "AUC", .low = 0.4, .high = 1};
    Layer points{.kind = LayerKind::Points, .name = "schemes", .role = "accent"};
    for (const ReconScheme& scheme : r.schemes)
        if (const ReconLeak* leak = scheme.leak("aligned")) {
            addMean(points, scheme.keyBits, reconMean(leak->nearer));
            points.labels.push_back(scheme.id);
        }
    f.layers.push_back(std::move(points));
    f.layers.push_back(levelMark(0.5, "chance"));
    return f;
}

std::vector<Figure> reconTrainingFigures(const ReconResults& r)
{
    Figure loss{.name = "training", .title = "How the encoders learned", .section = "Networks"};
    loss.caption = "Loss of each epoch; lines: the next step of the encryption was added.";
    loss.x = {.label = "Epoch"};
    loss.y = {.label = "Loss", .low = 0};
    Figure guided{.name = "guidance", .title = "How far guidance came", .section = "Networks"};
    guided.caption =
        "Cosine of the embedding reached and the one that the ciphertext gave away, mean over victims and "
        "restarts; each step looks at images moved at random.";
    guided.x = {.label = "Step"};
    guided.y = {.label = "Cosine"};
    const auto line = [](const std::string& name, const std::vector<double>& values) {
        Layer layer{.kind = LayerKind::Line, .name = name, .y = values};
        for (std::size_t i = 0; i < values.size(); ++i)
            layer.x.push_back(static_cast<double>(i + 1));
        return layer;
    };
    Layer starts{.kind = LayerKind::Marks, .name = "stages", .role = "chance"};
    for (const ReconScheme& scheme : r.schemes) {
        if (!scheme.encoderLosses.empty())
            loss.layers.push_back(line(scheme.title, scheme.encoderLosses));
        if (!scheme.guidedCurve.empty())
            guided.layers.push_back(line(scheme.title, scheme.guidedCurve));
        if (starts.x.empty())
            for (std::size_t i = 1; i < scheme.stageStarts.size(); ++i) {
                starts.x.push_back(1 +
                                   scheme.stageStarts[i] * static_cast<double>(scheme.encoderLosses.size()));
                starts.labels.emplace_back();
            }
    }
    std::vector<Figure> made;
    if (!loss.layers.empty()) {
        if (!starts.x.empty())
            loss.layers.push_back(std::move(starts));
        made.push_back(std::move(loss));
    }
    if (!guided.layers.empty())
        made.push_back(std::move(guided));
    return made;
}

} // namespace assay::encryption
