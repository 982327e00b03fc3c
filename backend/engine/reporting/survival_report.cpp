#include "backend/engine/reporting/survival_report.h"

#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/rate_marks.h"
#include "backend/engine/reporting/table_rows.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::reporting {

namespace {

constexpr const char* kSection = "Does it survive?";

protocol::Figure strip(const Survival& s)
{
    protocol::Figure f{.name = "survival",
                       .title = "What is left of it: " + s.what,
                       .section = kSection,
                       .rateOf = s.denominator,
                       .interval = kWilson};
    f.caption = "Success rate after the images were rounded to 8 bits, compressed, resized or printed (a "
                "simulation of tone, ink, blur and grain; see the manual). Rates are of " +
                s.denominator + ".";
    f.x = {.label = "After 8-bit PNG, JPEG of a quality, resizing and back, a print simulation",
           .scale = protocol::AxisScale::Category};
    for (const imaging::Ordeal& ordeal : imaging::ordeals())
        f.x.categories.push_back(imaging::ordealTitle(ordeal));
    f.y = percentScale("Success rate");
    for (std::size_t j = 0; j < s.judges.size(); ++j) {
        protocol::Layer line;
        line.kind = protocol::LayerKind::Line;
        line.name = s.judges[j];
        line.role = "model:" + s.judges[j];
        for (std::size_t o = 0; o < s.rates.size(); ++o) {
            addRateMark(line, static_cast<double>(o), s.rates[o][j], true);
            line.samples.add(idsWhere(s.ids, s.succeeded[o][j]));
        }
        f.layers.push_back(std::move(line));
    }
    return f;
}

protocol::Table table(const Survival& s)
{
    protocol::Table t{.name = "survival",
                      .title = "What is left of it",
                      .caption =
                          s.what + ". Success rates of " + s.denominator + ", with Wilson 95 % intervals.",
                      .section = kSection};
    t.columns = {textColumn("model", "Model"),   textColumn("ordeal", "After"),
                 numberColumn("n", "Images", 0), numberColumn("success", "Success", 3),
                 numberColumn("low", "low", 3),  numberColumn("high", "high", 3)};
    for (std::size_t j = 0; j < s.judges.size(); ++j) {
        for (std::size_t o = 0; o < s.rates.size(); ++o) {
            const metrics::Rate& rate = s.rates[o][j];
            TableRow(t) << s.judges[j] << imaging::ordealId(imaging::ordeals()[o])
                        << static_cast<double>(rate.n) << rate;
            t.samples.add(idsWhere(s.ids, s.succeeded[o][j]));
        }
    }
    return t;
}

protocol::ImageGrid pictures(const Survival& s)
{
    protocol::ImageGrid grid{
        .name = "survival-images", .title = "The images after each", .section = kSection};
    grid.caption = "The same adversarial images after each of the above: " + s.what + ".";
    std::vector<ImagePlane> planes = {{"clean", s.clean}};
    for (std::size_t o = 0; o < s.images.size(); ++o)
        planes.push_back({imaging::ordealTitle(imaging::ordeals()[o]), s.images[o]});
    fillPlanes(grid, s.ids.narrow(0, 0, s.clean.size(0)), planes);
    for (std::size_t j = 0; j < s.judges.size(); ++j) {
        protocol::ImageAttribute left{.name = "left-" + std::to_string(j),
                                      .title = "Survives on " + s.judges[j]};
        for (std::size_t n = 0; n <= s.rates.size(); ++n)
            left.values.push_back(std::to_string(n) + " of " + std::to_string(s.rates.size()));
        for (std::int64_t i = 0; i < s.clean.size(0); ++i) {
            std::int32_t count = 0;
            for (std::size_t o = 0; o < s.rates.size(); ++o)
                count += s.succeeded[o][j][i].item<bool>() ? 1 : 0;
            left.codes.push_back(count);
        }
        grid.attributes.push_back(std::move(left));
    }
    return grid;
}

} // namespace

Survival measureSurvival(engine::RunContext& context, const torch::Tensor& adversarial,
                         const torch::Tensor& clean, const torch::Tensor& ids,
                         const std::vector<SurvivalJudge>& judges, std::string what, std::string denominator,
                         std::int64_t shown)
{
    Survival s{.what = std::move(what), .denominator = std::move(denominator), .ids = ids};
    for (const SurvivalJudge& judge : judges)
        s.judges.push_back(judge.name);
    const std::size_t planes = imaging::ordeals().size() + 1;
    const auto fits =
        static_cast<std::int64_t>(imagesThatFit(clean.size(1), clean.size(2), clean.size(3), planes));
    shown = std::min({shown, adversarial.size(0), fits});
    s.clean = clean.narrow(0, 0, shown).cpu().to(torch::kFloat32);
    const torch::Tensor start = adversarial.cpu().to(torch::kFloat32);
    for (std::size_t o = 0; o < imaging::ordeals().size(); ++o) {
        context.checkpoint();
        context.progress(static_cast<double>(o), static_cast<double>(imaging::ordeals().size()),
                         "Does it survive?");
        const torch::Tensor after = imaging::afterOrdeal(start, imaging::ordeals()[o], context.seed());
        s.images.push_back(after.narrow(0, 0, shown).clone());
        std::vector<metrics::Rate>& rates = s.rates.emplace_back();
        std::vector<torch::Tensor>& succeeded = s.succeeded.emplace_back();
        for (const SurvivalJudge& judge : judges) {
            const torch::Tensor left = judge.succeeds(after.to(context.device())).logical_and(judge.counted);
            succeeded.push_back(left);
            rates.push_back(
                metrics::wilson(left.sum().item<std::int64_t>(), judge.counted.sum().item<std::int64_t>()));
        }
    }
    return s;
}

void emitSurvival(engine::RunContext& context, const Survival& survival)
{
    context.figure(strip(survival));
    context.table(table(survival));
    if (survival.clean.size(0) > 0)
        context.images(pictures(survival));
}

} // namespace assay::reporting
