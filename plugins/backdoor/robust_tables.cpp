#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/table_rows.h"
#include "backend/metrics/statistics.h"
#include "plugins/backdoor/robust_results.h"

#include <algorithm>

namespace assay::backdoor {

using reporting::numberColumn;
using reporting::TableRow;
using reporting::textColumn;

namespace {

constexpr std::int64_t kMostSuspectRows = 1000;
constexpr const char* kAccuracyOf = "judged test images";
constexpr const char* kAsrOf = "judged test images whose class is not the one the trigger asks for";

} // namespace

protocol::Table robustStudentsTable(const RobustResults& r)
{
    protocol::Table t{.name = "students", .title = "Teacher and students", .section = "What is left"};
    t.caption = std::string("Variations by ") + r.variation + "; trigger: " + r.trigger +
                ". Accuracy is of all judged test images, the attack's success (asr) of those with the "
                "trigger whose class is not the wanted one; recovered: of the same, taken for their true "
                "class. Wilson 95 % intervals over images.";
    t.columns = {textColumn("student", "Network"),       textColumn("variation", "Variations by"),
                 numberColumn("strength", "Strength"),   numberColumn("alpha", "α"),
                 numberColumn("seed", "Repetition", 0),  numberColumn("accuracy", "Accuracy", 3),
                 numberColumn("accuracy_low", "low", 3), numberColumn("accuracy_high", "high", 3),
                 numberColumn("asr", "ASR", 3),          numberColumn("asr_low", "low", 3),
                 numberColumn("asr_high", "high", 3),    numberColumn("recovered", "Recovered", 3),
                 numberColumn("n", "Images", 0),         numberColumn("asr_n", "With the trigger", 0),
                 numberColumn("seconds", "Seconds", 1)};
    for (const RobustOutcome& o : r.outcomes) {
        const bool varied = o.kind == RobustKind::Student || o.kind == RobustKind::Labels;
        TableRow(t) << robustKindName(o.kind)
                    << (varied                       ? r.method
                        : o.kind == RobustKind::Blur ? "blur"
                                                     : "none")
                    << o.strength << o.alpha << static_cast<double>(o.repeat) << o.rates.clean << o.rates.asr
                    << o.rates.recovered.value << static_cast<double>(o.rates.clean.n)
                    << static_cast<double>(o.rates.asr.n) << o.seconds;
    }
    return t;
}

protocol::Table robustMeansTable(const RobustResults& r)
{
    protocol::Table t{.name = "means", .title = "Means over the repetitions", .section = "What is left"};
    t.caption = "Deviations are of single repetitions (n - 1 in the denominator).";
    t.columns = {textColumn("student", "Network"),
                 numberColumn("strength", "Strength"),
                 numberColumn("alpha", "α"),
                 numberColumn("seeds", "Repetitions", 0),
                 numberColumn("accuracy", "Accuracy", 3),
                 numberColumn("accuracy_deviation", "±", 3),
                 numberColumn("asr", "ASR", 3),
                 numberColumn("asr_deviation", "±", 3)};
    for (const RobustOutcome& o : r.outcomes) {
        if (o.repeat != 1)
            continue;
        const auto all = r.of(o.kind, o.strength, o.alpha);
        const RobustMean accuracy = meanOver(all, &BackdoorRates::clean);
        const RobustMean asr = meanOver(all, &BackdoorRates::asr);
        TableRow(t) << robustKindName(o.kind) << o.strength << o.alpha << static_cast<double>(all.size())
                    << accuracy.value << accuracy.deviation << asr.value << asr.deviation;
    }
    return t;
}

protocol::Table robustSurvivalTable(const RobustResults& r)
{
    protocol::Table t{
        .name = "survival", .title = "What survives in the variations", .section = "Variations"};
    t.caption = "Survival: of the poisoned training images, those whose variation the teacher still gives "
                "the label that they were poisoned with. Fidelity: of the clean ones, those whose variation "
                "it gives their true class. caught: poisoned ones whose variation disagrees with the label; "
                "auroc: of that disagreement, ranked.";
    t.columns = {textColumn("variation", "Variations by"), numberColumn("strength", "Strength"),
                 numberColumn("seed", "Repetition", 0),    numberColumn("survival", "Survival", 3),
                 numberColumn("survival_low", "low", 3),   numberColumn("survival_high", "high", 3),
                 numberColumn("fidelity", "Fidelity", 3),  numberColumn("fidelity_low", "low", 3),
                 numberColumn("fidelity_high", "high", 3), numberColumn("caught", "Caught", 3),
                 numberColumn("psnr", "PSNR", 1, "dB"),    numberColumn("ssim", "SSIM", 3),
                 numberColumn("auroc", "AUROC", 3),        numberColumn("poisoned", "Poisoned", 0),
                 numberColumn("clean", "Clean", 0)};
    for (const RobustSurvivalRow& row : r.survival)
        TableRow(t) << r.method << row.strength << static_cast<double>(row.repeat) << row.survived
                    << row.faithful << row.caught.value << row.psnr << row.ssim << row.auroc
                    << static_cast<double>(row.survived.n) << static_cast<double>(row.faithful.n);
    return t;
}

protocol::Table robustSuspectsTable(const RobustResults& r)
{
    protocol::Table t{.name = "suspects", .title = "Suspected poisons", .section = "Suspects"};
    const RobustSuspects& s = r.suspects;
    t.caption = "Training images whose label the teacher contradicts when it sees the variation (strength " +
                reporting::shortText(s.strength) +
                "), the strongest contradiction first. Score: largest logit but the label's, less the "
                "label's; above 0 they disagree.";
    t.columns = {numberColumn("rank", "Rank", 0),        numberColumn("sample", "Sample", 0),
                 textColumn("given", "Label"),           textColumn("said", "Teacher's class"),
                 textColumn("truth", "True class"),      numberColumn("score", "Score", 2),
                 numberColumn("poisoned", "Poisoned", 0)};
    const torch::Tensor order = s.order();
    for (std::int64_t i = 0; i < std::min(order.size(0), kMostSuspectRows); ++i) {
        const std::int64_t row = order[i].item<std::int64_t>();
        const auto className = [&](const torch::Tensor& of) {
            return r.classes[static_cast<std::size_t>(of[row].item<std::int64_t>())];
        };
        const auto id = s.ids[row].item<std::int64_t>();
        TableRow(t) << static_cast<double>(i + 1) << static_cast<double>(id) << className(s.given)
                    << className(s.said) << className(s.truth) << s.score[row].item<double>()
                    << (s.poisoned[row].item<bool>() ? 1.0 : 0.0);
        t.samples.add({id});
    }
    return t;
}

std::vector<protocol::Metric> robustMetrics(const RobustResults& r)
{
    std::vector<protocol::Metric> all;
    const auto add = [&](const std::string& name, const std::vector<const RobustOutcome*>& outcomes) {
        if (outcomes.empty())
            return;
        if (outcomes.size() == 1) {
            all.push_back(reporting::rateNumber("accuracy." + name, outcomes[0]->rates.clean, kAccuracyOf));
            all.push_back(reporting::rateNumber("asr." + name, outcomes[0]->rates.asr, kAsrOf));
            return;
        }
        const auto mean = [&](const std::string& what, const metrics::Rate BackdoorRates::*rate) {
            const RobustMean m = meanOver(outcomes, rate);
            all.push_back({.name = what + name,
                           .value = m.value,
                           .low = m.value - m.deviation,
                           .high = m.value + m.deviation,
                           .interval = "mean ± deviation over repetitions"});
        };
        mean("accuracy.", &BackdoorRates::clean);
        mean("asr.", &BackdoorRates::asr);
    };
    add("student", r.of(RobustKind::Student, r.mainStrength, r.mainAlpha));
    add("teacher", r.of(RobustKind::Teacher));
    add("originals", r.of(RobustKind::Originals, kNoNumber, r.mainAlpha));
    add("labels", r.of(RobustKind::Labels, r.mainStrength));
    add("blur", r.of(RobustKind::Blur, kRobustBlur));
    std::vector<double> survived, faithful, auroc;
    for (const RobustSurvivalRow& row : r.survival)
        if (row.strength == r.mainStrength) {
            survived.push_back(row.survived.value);
            faithful.push_back(row.faithful.value);
            auroc.push_back(row.auroc);
        }
    const auto plain = [&](const char* name, const std::vector<double>& values) {
        all.push_back({.name = name, .value = metrics::mean(values)});
    };
    plain("survival", survived);
    plain("fidelity", faithful);
    plain("auroc.conflict", auroc);
    return all;
}

} // namespace assay::backdoor
