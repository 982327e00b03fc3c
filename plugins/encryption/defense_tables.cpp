#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/table_rows.h"
#include "backend/metrics/statistics.h"
#include "plugins/encryption/defense_report.h"

#include <torch/types.h>

#include <cmath>

namespace assay::encryption {

using namespace reporting;
using protocol::ImageGrid;
using protocol::Metric;
using protocol::Table;

Table defenseAccuracy(const DefenseResults& r)
{
    Table t =
        accuracyTable("Fractions of the attacked test images with Wilson 95 % intervals, under " + r.attack +
                          " of ε = " + shortText(r.eps.back()) +
                          " where there is an attack. 'key' is what the model is asked with, the attack's "
                          "name says what the attacker knows; 'none' under attack is the public network.",
                      "Accuracy");
    const auto row = [&](const DefenseVictim& v, const std::string& attack, const DefenseAnswers& answers) {
        const bool keyless = v.name == "plain" || v.name == "adversarial";
        addAccuracy(t, v.name, keyless ? "none" : "right", attack, r.accuracy(answers, v));
    };
    for (const DefenseVictim& v : r.victims())
        row(v, "none", r.clean);
    for (std::size_t i = 0; i < r.members; ++i) {
        const auto member = static_cast<std::int64_t>(i);
        addAccuracy(t, r.networks[i + 1], "wrong", "none", keyedRate(r.wrongKey[member] == r.y));
        addAccuracy(t, r.networks[i + 1], "none", "none", keyedRate(r.noKey[member] == r.y));
    }
    for (std::size_t k = 0; k < r.attacked.size(); ++k)
        for (const DefenseVictim& v : r.victims())
            row(v, r.threats[k].id, r.attacked[k].back());
    if (r.square.defined()) {
        const torch::Tensor y = r.y.narrow(0, 0, r.squareImages);
        addAccuracy(t, "keyed-1", "right", "A7-square", keyedRate(r.square[0] == y));
        if (r.members > 1)
            addAccuracy(t, "random", "right", "A7-square", keyedRate(r.square[1] == y));
    }
    return t;
}

Table defenseCurve(const DefenseResults& r)
{
    Table t{.name = "curve",
            .title = "Accuracy over ε",
            .caption = "Every attacker against every model at every ε; 0 is without an attack.",
            .section = "Accuracy"};
    t.columns = {textColumn("threat", "Attacker"),   textColumn("knows", "What they know"),
                 textColumn("model", "Model asked"), numberColumn("eps", "ε", 4, "of [0,1]"),
                 numberColumn("n", "Images", 0),     numberColumn("accuracy", "Accuracy", 3),
                 numberColumn("low", "low", 3),      numberColumn("high", "high", 3)};
    for (std::size_t k = 0; k < r.attacked.size(); ++k)
        for (const DefenseVictim& v : r.victims())
            for (std::size_t e = 0; e < r.eps.size(); ++e) {
                const torch::Tensor right = r.right(r.attacked[k][e], v);
                TableRow(t) << r.threats[k].id << r.threats[k].knows << v.name << r.eps[e]
                            << static_cast<double>(r.size()) << keyedRate(right);
                t.samples.add(idsWhere(r.ids, right.logical_not()));
            }
    return t;
}

Table defenseRandom(const DefenseResults& r)
{
    Table t{.name = "random",
            .title = "How much randomised answers vary",
            .caption =
                "Accuracy of the random model at ε = " + shortText(r.eps.back()) + " over " +
                std::to_string(r.draws.size(0)) +
                " passes that draw the member of every image anew: mean and standard deviation; of the "
                "mean probability; and of images that every member gets right.",
            .section = "Accuracy"};
    t.columns = {textColumn("threat", "Attacker"),
                 numberColumn("passes", "Passes", 0),
                 numberColumn("mean", "Mean", 3),
                 numberColumn("sd", "sd", 4),
                 numberColumn("average", "Average of probabilities", 3),
                 numberColumn("any", "Worst of the members", 3)};
    const auto row = [&](const std::string& name, const DefenseAnswers& answers) {
        std::vector<double> passes;
        for (std::int64_t p = 0; p < r.draws.size(0); ++p)
            passes.push_back(keyedRate(r.right(answers, r.victim("random"), p)).value);
        const double mean = metrics::mean(passes);
        double squares = 0;
        for (const double value : passes)
            squares += (value - mean) * (value - mean);
        const double sd =
            passes.size() > 1 ? std::sqrt(squares / static_cast<double>(passes.size() - 1)) : std::nan("");
        TableRow(t) << name << static_cast<double>(passes.size()) << mean << sd
                    << r.accuracy(answers, r.victim("average")).value
                    << r.accuracy(answers, r.victim("any")).value;
    };
    row("none", r.clean);
    for (std::size_t k = 0; k < r.attacked.size(); ++k)
        row(r.threats[k].id, r.attacked[k].back());
    return t;
}

Table defenseCrossTable(const DefenseResults& r)
{
    Table t{.name = "cross",
            .title = "From key to key",
            .caption = "Accuracy at ε = " + shortText(r.eps.back()) +
                       " of one member on examples made on another with that other's key.",
            .section = "Between keys"};
    t.columns = {textColumn("made_on", "Made on"), textColumn("asked", "Asked"),
                 numberColumn("n", "Images", 0),   numberColumn("accuracy", "Accuracy", 3),
                 numberColumn("low", "low", 3),    numberColumn("high", "high", 3)};
    for (std::size_t j = 0; j < r.members; ++j)
        for (std::size_t i = 0; i < r.members; ++i)
            TableRow(t) << r.networks[j + 1] << r.networks[i + 1] << static_cast<double>(r.size())
                        << keyedRate(r.cross[static_cast<std::int64_t>(j)][static_cast<std::int64_t>(i)] ==
                                     r.y);
    return t;
}

Table defenseKeys(const DefenseResults& r)
{
    Table t{.name = "keys",
            .title = "Keys and what they cost",
            .caption =
                "A fingerprint is the start of a key's SHA-256 and does not tell the key. Stored for a "
                "key are the weights of embedding, its normalisation and head; the body is shared.",
            .section = "Keys"};
    t.columns = {textColumn("member", "Member"),
                 textColumn("fingerprint", "Fingerprint"),
                 numberColumn("key_space", "Keys", 1, "bits"),
                 numberColumn("trained", "Weights trained", 0),
                 numberColumn("share", "of all", 4),
                 numberColumn("bytes", "Stored", 0, "bytes"),
                 numberColumn("seconds", "Training", 1, "s")};
    for (const DefenseKey& k : r.keys)
        TableRow(t) << k.name << k.fingerprint << k.bits << static_cast<double>(k.trained)
                    << static_cast<double>(k.trained) / static_cast<double>(k.total)
                    << static_cast<double>(k.bytes) << k.seconds;
    return t;
}

Table defenseChecks(const DefenseResults& r)
{
    Table t{.name = "checks",
            .title = "Robust, or only masked?",
            .caption = "An attack that knows more, may go further or sees gradients should break no fewer "
                       "images than one that does not. A warning needs significance at 2.5 %, one-sided "
                       "(McNemar's test).",
            .section = "Gradients"};
    t.columns = {textColumn("check", "Check"),
                 numberColumn("n", "Images", 0),
                 numberColumn("weaker_only", "Broken by the weaker alone", 0),
                 numberColumn("stronger_only", "by the stronger alone", 0),
                 textColumn("verdict", "Verdict"),
                 textColumn("finding", "Finding")};
    for (const DefenseCheck& c : r.checks)
        TableRow(t) << c.check << static_cast<double>(c.n) << static_cast<double>(c.weakerOnly)
                    << static_cast<double>(c.strongerOnly) << std::string(c.warning ? "warning" : "passed")
                    << c.finding;
    return t;
}

std::vector<Metric> defenseMetrics(const DefenseResults& r)
{
    std::vector<Metric> all;
    for (const DefenseVictim& v : r.victims()) {
        all.push_back(rateNumber("accuracy." + v.name, r.accuracy(r.clean, v), "test images"));
        for (std::size_t k = 0; k < r.attacked.size(); ++k)
            all.push_back(rateNumber("robust." + v.name + "." + r.threats[k].id.substr(0, 2),
                                     r.accuracy(r.attacked[k].back(), v), "test images, at the largest eps"));
    }
    // Baselines attacked with their own gradient share the first two letters: only attackers of keys are
    // kept.
    std::erase_if(all, [](const Metric& m) { return m.name.ends_with(".ow"); });
    for (std::size_t i = 0; i < r.members; ++i)
        all.push_back(rateNumber("wrong_key." + r.networks[i + 1],
                                 keyedRate(r.wrongKey[static_cast<std::int64_t>(i)] == r.y), "test images"));
    double warnings = 0;
    for (const DefenseCheck& c : r.checks)
        warnings += c.warning ? 1 : 0;
    all.push_back({.name = "masking_warnings", .value = warnings});
    return all;
}

ImageGrid defenseGallery(const DefenseResults& r, const DefenseView& view, const DefenseExamples& examples)
{
    const DefenseThreat& threat = r.threats[view.threat];
    ImageGrid grid{.name = "examples",
                   .title = threat.title + ", ε = " + shortText(r.eps[view.eps]),
                   .section = "Images"};
    grid.caption = "Made by an attacker who has " + threat.knows + " (" + r.attack + "). The first " +
                   std::to_string(examples.clean.size(0)) + " images of the draw" +
                   (examples.encrypted.defined()
                        ? "; encrypted is what the network behind key 1 sees."
                        : ". Encrypted ones are not kept: beside their plain pixels they would give the key "
                          "away.");
    const auto t = static_cast<std::int64_t>(view.threat), e = static_cast<std::int64_t>(view.eps);
    const std::int64_t flat = t * static_cast<std::int64_t>(r.eps.size()) + e;
    const torch::Tensor adversarial = examples.adversarial[flat].to(torch::kFloat32);
    std::vector<ImagePlane> planes = {{"clean", examples.clean},
                                      {"adversarial", adversarial},
                                      {"perturbation ×10", amplifiedDifference(adversarial, examples.clean)}};
    if (examples.encrypted.defined())
        planes.push_back({"encrypted", examples.encrypted[flat].to(torch::kFloat32)});
    const std::int64_t n = examples.clean.size(0);
    fillPlanes(grid, r.ids.narrow(0, 0, n), planes);
    const torch::Tensor y = r.y.narrow(0, 0, n);
    const DefenseAnswers& answers = r.attacked[view.threat][view.eps];
    const torch::Tensor drawn = r.draws[0].narrow(0, 0, n);
    grid.attributes = {classesOf("label", "True class", r.classes, y),
                       classesOf("plain", "Plain network says", r.classes, answers.asked[0].narrow(0, 0, n)),
                       classesOf("keyed-1", "keyed-1 says", r.classes, answers.asked[1].narrow(0, 0, n))};
    if (r.members > 1) {
        const torch::Tensor ofMembers =
            answers.asked.narrow(0, 1, static_cast<std::int64_t>(r.members)).narrow(1, 0, n);
        grid.attributes.push_back(classesOf("random", "Random member says", r.classes,
                                            ofMembers.gather(0, drawn.unsqueeze(0)).squeeze(0)));
        grid.attributes.push_back(classesOf(
            "member", "Member drawn",
            {r.networks.begin() + 1, r.networks.begin() + 1 + static_cast<std::ptrdiff_t>(r.members)},
            drawn));
    }
    const torch::Tensor right = r.right(answers, view.victim).narrow(0, 0, n).to(torch::kInt64);
    protocol::ImageAttribute outcome = classesOf("outcome", view.victim.title, {"fooled", "holds"}, right);
    outcome.roles = {"different", "neutral"};
    grid.attributes.push_back(std::move(outcome));
    return grid;
}

} // namespace assay::encryption
