#include "backend/engine/reporting/table_rows.h"
#include "plugins/backdoor/unlearn_results.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::backdoor {

using protocol::Table;
using reporting::numberColumn;
using reporting::TableRow;
using reporting::textColumn;

namespace {

constexpr std::int64_t kListedUnits = 20;

/// Mean and standard deviation (of the sample; NaN of a single value) over repeats.
struct OverRepeats
{
    double mean = std::numeric_limits<double>::quiet_NaN();
    double deviation = std::numeric_limits<double>::quiet_NaN();
};

template <class Value>
OverRepeats overRepeats(const UnlearnResults& r, const std::string& method, Value value)
{
    double sum = 0, squares = 0;
    int n = 0;
    for (const UnlearnOutcome& o : r.outcomes) {
        if (o.method != method)
            continue;
        sum += value(o);
        ++n;
    }
    OverRepeats result;
    if (n > 0)
        result.mean = sum / n;
    for (const UnlearnOutcome& o : r.outcomes)
        if (o.method == method)
            squares += (value(o) - result.mean) * (value(o) - result.mean);
    if (n > 1)
        result.deviation = std::sqrt(squares / (n - 1));
    return result;
}

std::vector<std::string> outcomeMethods(const UnlearnResults& r)
{
    std::vector<std::string> names;
    for (const UnlearnOutcome& o : r.outcomes)
        if (std::ranges::find(names, o.method) == names.end())
            names.push_back(o.method);
    return names;
}

} // namespace

Table stepsTable(const UnlearnResults& r)
{
    Table t{.name = "steps", .title = "Every step", .section = "Numbers"};
    t.caption =
        "First repeat. Seconds and images until then, judging not counted; start: the model as it was.";
    t.columns = {textColumn("stage", "Stage"),
                 numberColumn("step", "Step", 0),
                 textColumn("method", "Method"),
                 numberColumn("clean_accuracy", "Clean accuracy", 4),
                 numberColumn("target_class_accuracy", "Target class", 4),
                 numberColumn("asr", "ASR", 4),
                 numberColumn("seconds", "Time", 3, "s"),
                 numberColumn("images_used", "Images", 0)};
    for (const UnlearnStep& s : r.steps) {
        const BackdoorRates rates = r.ratesOf(s);
        TableRow(t) << s.stage << static_cast<double>(s.step) << s.method << rates.clean.value
                    << rates.target.value << rates.asr.value << s.seconds << static_cast<double>(s.images);
    }
    return t;
}

Table methodsTable(const UnlearnResults& r)
{
    Table t{.name = "methods", .title = "Methods", .section = "Comparison"};
    t.caption =
        "Means over the repeats, ± standard deviation. ASR: of the judged images of other classes with the "
        "trigger, those taken for the target class; RA: those given their true class.";
    t.columns = {textColumn("method", "Method")};
    const std::vector<std::pair<std::string, std::string>> rates = {{"ca", "Clean accuracy"},
                                                                    {"ca_others", "Other classes"},
                                                                    {"target_recall", "Target class"},
                                                                    {"asr", "ASR"},
                                                                    {"ra", "RA"}};
    for (const auto& [name, label] : rates) {
        t.columns.push_back(numberColumn(name, label, 3));
        t.columns.push_back(numberColumn(name + "_sd", "±", 3));
    }
    t.columns.push_back(numberColumn("seconds", "Time", 3, "s"));
    t.columns.push_back(numberColumn("images", "Images", 0));
    t.columns.push_back(numberColumn("repeats", "Repeats", 0));
    for (const std::string& method : outcomeMethods(r)) {
        TableRow row(t);
        row << method;
        for (const auto rate : {&BackdoorRates::clean, &BackdoorRates::others, &BackdoorRates::target,
                                &BackdoorRates::asr, &BackdoorRates::recovered}) {
            const OverRepeats over =
                overRepeats(r, method, [&](const UnlearnOutcome& o) { return (o.rates.*rate).value; });
            row << over.mean << over.deviation;
        }
        row << overRepeats(r, method, [](const UnlearnOutcome& o) { return o.seconds; }).mean
            << overRepeats(r, method, [](const UnlearnOutcome& o) { return static_cast<double>(o.images); })
                   .mean
            << static_cast<double>(
                   std::ranges::count(r.outcomes, method, [](const UnlearnOutcome& o) { return o.method; }));
    }
    return t;
}

Table repeatsTable(const UnlearnResults& r)
{
    Table t{.name = "repeats", .title = "Every repeat", .section = "Numbers"};
    t.columns = {textColumn("method", "Method"), numberColumn("seed", "Repeat", 0)};
    for (const char* name : {"ca", "ca_others", "target_recall", "asr", "ra"}) {
        t.columns.push_back(numberColumn(std::string(name) + "_count", name, 0));
        t.columns.push_back(numberColumn(std::string(name) + "_n", "of", 0));
    }
    t.columns.push_back(numberColumn("seconds", "Time", 3, "s"));
    t.columns.push_back(numberColumn("images", "Images", 0));
    for (const UnlearnOutcome& o : r.outcomes) {
        TableRow row(t);
        row << o.method << static_cast<double>(o.seed);
        for (const metrics::Rate& rate :
             {o.rates.clean, o.rates.others, o.rates.target, o.rates.asr, o.rates.recovered})
            row << static_cast<double>(rate.count) << static_cast<double>(rate.n);
        row << o.seconds << static_cast<double>(o.images);
    }
    return t;
}

Table curvesTable(const UnlearnResults& r)
{
    Table t{.name = "curves", .title = "Strength and number of images", .section = "Numbers"};
    t.columns = {textColumn("curve", "Curve"),           numberColumn("x", "Value"),
                 numberColumn("seed", "Repeat", 0),      numberColumn("ca", "Clean accuracy", 4),
                 numberColumn("ca_others", "Others", 4), numberColumn("target_recall", "Target class", 4),
                 numberColumn("asr", "ASR", 4),          numberColumn("ra", "RA", 4)};
    for (const CurvePoint& p : r.curves)
        TableRow(t) << p.curve << p.x << static_cast<double>(p.seed) << p.rates.clean.value
                    << p.rates.others.value << p.rates.target.value << p.rates.asr.value
                    << p.rates.recovered.value;
    return t;
}

Table layersTable(const UnlearnResults& r)
{
    Table t{.name = "layers", .title = "Layers", .section = "Where it lives"};
    t.caption = "Change: ‖ΔW‖ / ‖W‖ against the model as it was.";
    t.columns = {textColumn("layer", "Layer"),
                 textColumn("kind", "Kind"),
                 numberColumn("units", "Units", 0),
                 numberColumn("edited", "Edited", 0),
                 numberColumn("change", "Change by the edit", 4),
                 numberColumn("change_repaired", "after repair", 4)};
    for (const UnlearnLayer& l : r.layers)
        TableRow(t) << l.name << (l.convolution ? std::string("convolution") : std::string("fully connected"))
                    << static_cast<double>(l.forget.output.numel()) << (l.edited ? 1.0 : 0.0) << l.change
                    << l.repaired;
    return t;
}

Table unitsTable(const UnlearnResults& r)
{
    Table t{.name = "units", .title = "Backdoor neurons", .section = "Where it lives"};
    t.caption = "Of each edited layer the units that images to forget raise most: what the edit takes from.";
    t.columns = {textColumn("layer", "Layer"), numberColumn("unit", "Unit", 0),
                 numberColumn("guidance", "Guidance", 4), numberColumn("forget", "Activity, forget", 4),
                 numberColumn("contrast", "contrast", 4)};
    for (const UnlearnLayer& l : r.layers) {
        if (!l.edited || l.guidance.empty)
            continue;
        const torch::Tensor order = l.guidance.b.argsort(0, true);
        for (std::int64_t i = 0; i < std::min(kListedUnits, order.numel()); ++i) {
            const std::int64_t unit = order[i].item<std::int64_t>();
            const double guidance = l.guidance.b[unit].item<double>();
            if (guidance > 0)
                TableRow(t) << l.name << static_cast<double>(unit) << guidance
                            << l.forget.output[unit].item<double>() << l.contrast.output[unit].item<double>();
        }
    }
    return t;
}

} // namespace assay::backdoor
