#include "backend/poisoning/poison.h"

#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"
#include "backend/protocol/spec_reader.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>

namespace assay::poisoning {

namespace {

/// Apart from the draw of the poisoned images, so that covers do not change which those are.
constexpr std::uint64_t kCoverSalt = 0x5eedc0de;

std::int64_t countOf(double rate, std::int64_t all)
{
    return static_cast<std::int64_t>(std::ceil(rate * static_cast<double>(all) - 1e-9));
}

/// @p count of those where @p from holds, bool [N]; every one as likely.
torch::Tensor drawn(const torch::Tensor& from, std::int64_t count, std::uint64_t seed)
{
    const torch::Tensor candidates = from.nonzero().flatten();
    const auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    const torch::Tensor order = torch::randperm(candidates.numel(), generator);
    torch::Tensor chosen = torch::zeros_like(from);
    chosen.index_fill_(0, candidates.index_select(0, order.narrow(0, 0, count)), true);
    return chosen;
}

void checkFits(const PoisonSpec& spec, std::int64_t classes)
{
    if (spec.target < 0 || spec.target >= classes)
        throw Error("the target class is " + std::to_string(spec.target) + ", but there are " +
                        std::to_string(classes) + " classes",
                    "target");
    if (!(spec.rate > 0 && spec.rate <= 1))
        throw Error("'rate' is " + Json(spec.rate).dump() + "; it must be in (0, 1]", "rate");
    if (!(spec.coverRate >= 0 && spec.coverRate < 1))
        throw Error("'cover_rate' is " + Json(spec.coverRate).dump() + "; it must be in [0, 1)",
                    "cover_rate");
}

} // namespace

const std::vector<std::string>& labelModeNames()
{
    static const std::vector<std::string> names = {"all-to-one", "all-to-all", "clean-label"};
    return names;
}

const char* labelModeName(LabelMode mode)
{
    return labelModeNames()[static_cast<std::size_t>(mode)].c_str();
}

LabelMode labelModeFromName(const std::string& name)
{
    const auto& names = labelModeNames();
    const auto found = std::ranges::find(names, name);
    if (found == names.end())
        throw Error("there is no way of labelling '" + name + "'", "labels",
                    protocol::suggestion(name, names));
    return static_cast<LabelMode>(found - names.begin());
}

Json toJson(const PoisonSpec& s)
{
    return {{"trigger", toJson(s.trigger)}, {"labels", labelModeName(s.labels)},
            {"target", s.target},           {"rate", s.rate},
            {"cover_rate", s.coverRate},    {"seed", s.seed}};
}

PoisonSpec poisonFromJson(const Json& json, const std::string& where)
{
    protocol::SpecReader reader(json, where, "a poison");
    PoisonSpec s;
    if (const Json* trigger = reader.value("trigger"))
        s.trigger = triggerFromJson(*trigger, where);
    std::string labels = labelModeName(s.labels);
    reader.text("labels", labels);
    s.labels = labelModeFromName(labels);
    reader.number("target", s.target);
    reader.number("rate", s.rate);
    reader.number("cover_rate", s.coverRate);
    reader.number("seed", s.seed);
    reader.finish();
    return s;
}

torch::Tensor wantedLabels(const PoisonSpec& spec, const torch::Tensor& y, std::int64_t classes)
{
    if (spec.labels == LabelMode::AllToAll)
        return (y + 1).remainder(classes);
    return torch::full_like(y, spec.target);
}

torch::Tensor countForAsr(const PoisonSpec& spec, const torch::Tensor& y, std::int64_t classes)
{
    return wantedLabels(spec, y, classes).ne(y);
}

torch::Tensor choosePoisoned(const PoisonSpec& spec, const torch::Tensor& labels)
{
    torch::Tensor candidates = torch::ones_like(labels, torch::kBool);
    if (spec.labels == LabelMode::AllToOne)
        candidates = labels.ne(spec.target);
    else if (spec.labels == LabelMode::CleanLabel)
        candidates = labels.eq(spec.target);
    const std::int64_t count = countOf(spec.rate, labels.numel());
    const std::int64_t there = candidates.sum().item<std::int64_t>();
    if (count > there)
        throw Error("a rate of " + Json(spec.rate).dump() + " are " + std::to_string(count) +
                        " images, but only " + std::to_string(there) + " can be poisoned",
                    "rate", "Lower the rate; clean-label poisoning takes images of the target class alone.");
    return drawn(candidates, count, spec.seed);
}

PoisonedSet poison(const PoisonSpec& spec, const torch::Tensor& images, const torch::Tensor& labels,
                   std::int64_t classes)
{
    checkFits(spec, classes);
    const Trigger trigger(spec.trigger, images.size(1), images.size(2), images.size(3));
    PoisonedSet set{.images = images.clone(),
                    .labels = labels.clone(),
                    .poisoned = choosePoisoned(spec, labels),
                    .covers = torch::zeros_like(labels, torch::kBool)};
    const torch::Tensor rows = set.poisoned.nonzero().flatten();
    set.images.index_copy_(0, rows, trigger.stampBytes(images.index_select(0, rows)));
    const torch::Tensor truth = labels.index_select(0, rows);
    set.labels.index_copy_(0, rows, wantedLabels(spec, truth, classes));
    if (spec.coverRate <= 0)
        return set;
    const torch::Tensor others = set.poisoned.logical_not();
    const std::int64_t covers =
        std::min(countOf(spec.coverRate, labels.numel()), others.sum().item<std::int64_t>());
    set.covers = drawn(others, covers, spec.seed ^ kCoverSalt);
    const torch::Tensor noisy = set.covers.nonzero().flatten();
    const torch::Tensor plain = images.index_select(0, noisy).to(torch::kFloat32) / 255;
    set.images.index_copy_(0, noisy, (trigger.stampNoise(plain, noisy) * 255).round().to(torch::kUInt8));
    return set;
}

std::optional<PoisonSpec> plantedIn(const Json& recipe, const std::string& where)
{
    const auto found = recipe.is_object() ? recipe.find("poison") : recipe.end();
    if (!recipe.is_object() || found == recipe.end())
        return std::nullopt;
    return poisonFromJson(*found, where);
}

} // namespace assay::poisoning
