#include "backend/attacks/scripted/script_attack.h"

#include "backend/attacks/gradient_params.h"
#include "backend/attacks/scripted/script_parts.h"
#include "backend/models/model_file.h"
#include "backend/protocol/error.h"

#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <fstream>

namespace assay::attacks {

namespace {

constexpr double kTrialEps = 0.1;
constexpr int kTrialSteps = 2;
/// Rounding of another batch size stays far below.
constexpr double kSameResult = 1e-4;
constexpr std::size_t kMaxText = 400;

/// What a file holds.
struct Script
{
    std::string where;
    std::shared_ptr<const ScriptCall> step;
    std::shared_ptr<const ScriptCall> transform; ///< may be null
    Json parameters;                             ///< defaults of both
};

std::string textAttribute(const torch::jit::Module& module, const char* name)
{
    if (!module.hasattr(name) || !module.attr(name).isString())
        return {};
    return module.attr(name).toStringRef().substr(0, kMaxText);
}

/// The attribute `norms`: "linf, l2" or a list of them.
std::vector<Norm> norms(const torch::jit::Module& module, const std::string& where)
{
    std::vector<std::string> names;
    if (module.hasattr("norms")) {
        const c10::IValue value = module.attr("norms");
        if (value.isString()) {
            names.emplace_back();
            for (const char c : value.toStringRef()) {
                if (c == ',')
                    names.emplace_back();
                else if (c != ' ')
                    names.back() += c;
            }
        } else if (value.isList()) {
            for (const c10::IValue& each : value.toListRef())
                names.push_back(each.isString() ? each.toStringRef() : each.tagKind());
        }
        if (names.empty())
            throw Error("its 'norms' is neither a text nor a list of texts", where,
                        "Write self.norms = \"linf, l2\".");
    }
    std::vector<Norm> all;
    for (const std::string& name : names) {
        try {
            const Norm norm = normFromName(name);
            if (std::ranges::find(all, norm) == all.end())
                all.push_back(norm);
        } catch (const Error&) {
            throw Error("its 'norms' names '" + name.substr(0, 80) + "'", where,
                        "The norms are linf, l2 and l1.");
        }
    }
    return all.empty() ? std::vector{Norm::Linf, Norm::L2, Norm::L1} : all;
}

std::string idOf(const std::filesystem::path& file)
{
    std::string name = file.stem().string();
    for (char& c : name) {
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'))
            c = '-';
    }
    return std::string(kScriptPrefix) + name;
}

protocol::Schema schemaOf(const Script& script)
{
    protocol::Schema schema;
    schema.fields.push_back(*gradientSchema(0).find("loss"));
    for (const auto& call : {script.step, script.transform}) {
        if (!call)
            continue;
        for (const protocol::Field& field : call->parameters()) {
            const protocol::Field* known = schema.find(field.name);
            if (!known) {
                schema.fields.push_back(field);
            } else if (field.name == "loss" || known->type != field.type ||
                       known->defaultValue != field.defaultValue) {
                throw Error("the parameter '" + field.name + "' means two things", script.where,
                            "'loss' is taken, and step and transform must agree on type and default.");
            }
        }
    }
    return schema;
}

Recipe recipeOf(const Script& script, const Json& parameters, std::chrono::milliseconds longest)
{
    Recipe recipe;
    recipe.rule = std::make_shared<ScriptStep>(script.step, parameters, script.where, longest);
    if (script.transform)
        recipe.transforms = {
            std::make_shared<ScriptTransform>(script.transform, parameters, script.where, longest)};
    recipe.stepLength = StepLength::Even;
    return recipe;
}

/// Random images on their way, for a trial.
struct Trial
{
    torch::Tensor clean, position, gradient, samples;

    Trial(std::int64_t images, std::int64_t channels, std::int64_t side)
        : clean(torch::empty({images, channels, side, side}))
        , samples(torch::arange(images))
    {
        const RandomStreams streams(0, 0);
        clean = streams.uniform(clean, samples, 0);
        position = streams.uniform(clean, samples, 1).sub_(0.5).mul_(2 * kTrialEps).add_(clean).clamp_(0, 1);
        gradient = streams.normal(clean, samples, 2);
    }
    void narrow(std::int64_t images)
    {
        for (torch::Tensor* each : {&clean, &position, &gradient, &samples})
            *each = each->narrow(0, 0, images).clone();
    }
};

/// Where the positions arrive after the trial's steps.
torch::Tensor stepped(const StepRule& rule, Trial trial, const std::string& where)
{
    const Ball ball(trial.clean, Norm::Linf, kTrialEps);
    torch::Tensor momentum;
    for (int i = 0; i < kTrialSteps; ++i) {
        StepState state{.ball = ball,
                        .position = trial.position,
                        .momentum = momentum,
                        .gradient = trial.gradient,
                        .iteration = i,
                        .size = kTrialEps / kTrialSteps,
                        .steps = kTrialSteps};
        rule.step(state);
        requireFinite(trial.position, "step", where);
        if (momentum.is_floating_point())
            requireFinite(momentum, "step's momentum", where);
        ball.project(trial.position);
    }
    return trial.position;
}

torch::Tensor transformed(const InputTransform& transform, const Trial& trial, const std::string& where)
{
    const torch::AutoGradMode on(true);
    const RandomStreams streams(0, kTransformStream);
    const torch::Tensor leaf = trial.position.clone().requires_grad_(true);
    const torch::Tensor seen =
        transform.apply(leaf, 0, {.streams = streams, .iteration = 0, .samples = trial.samples});
    requireFinite(seen.detach(), "transform", where);
    if (!seen.requires_grad())
        throw Error("transform gives images without a gradient in those it was given", where,
                    "Compute them from x with operations that have gradients.");
    const torch::Tensor gradient = torch::autograd::grad({seen.sum()}, {leaf})[0];
    requireFinite(gradient, "the gradient of transform", where);
    return seen.detach();
}

bool differs(const torch::Tensor& batch, const torch::Tensor& alone)
{
    return (batch.narrow(0, 0, alone.size(0)) - alone).abs().max().item<double>() > kSameResult;
}

/// @returns the warning.
std::string tryOut(const Script& script)
{
    const Recipe recipe = recipeOf(script, script.parameters, kScriptTrialTime);
    bool mixes = false;
    for (const auto& [channels, side] : {std::pair<std::int64_t, std::int64_t>{1, 28}, {3, 32}}) {
        const Trial batch(3, channels, side);
        Trial alone = batch;
        alone.narrow(1);
        const torch::Tensor moved = stepped(*recipe.rule, batch, script.where);
        mixes |= differs(moved, stepped(*recipe.rule, alone, script.where));
        for (const auto& transform : recipe.transforms) {
            const torch::Tensor seen = transformed(*transform, batch, script.where);
            mixes |= differs(seen, transformed(*transform, alone, script.where));
        }
    }
    return mixes ? "An image's result depends on the others in its batch: means and norms are not taken per "
                   "image."
                 : "";
}

torch::jit::Module load(const std::filesystem::path& file)
{
    const char* const mend = "Save the attack again with torch.jit.script(attack).save(file).";
    char head[2] = {};
    std::ifstream(file, std::ios::binary).read(head, sizeof head);
    if (head[0] != 'P' || head[1] != 'K') // of a zip archive
        throw Error("is no TorchScript file", file.string(), mend);
    try {
        return models::loadScript(file);
    } catch (const Error& error) {
        throw Error(error.happened(), error.where(), mend);
    }
}

/// What is in a file, as far as its signatures tell.
Script readScript(const torch::jit::Module& module, const std::string& where)
{
    Script script{.where = where, .step = nullptr, .transform = nullptr, .parameters = {}};
    if (!module.find_method("step"))
        throw Error("the script has no method 'step', so it is no attack", where,
                    "Write step(self, x_adv, x, grad, momentum, i) and mark it with @torch.jit.export.");
    try {
        script.step = ScriptStep::open(module, where);
        if (module.find_method("transform"))
            script.transform = ScriptTransform::open(module, where);
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        throw Error("its code cannot be read: " + models::scriptSentence(error), where);
    }
    return script;
}

AttackInfo infoOf(const torch::jit::Module& module, const std::filesystem::path& file, const ScriptHint& hint)
{
    AttackInfo info{.id = hint.name.empty() ? idOf(file) : std::string(kScriptPrefix) + hint.name,
                    .title = hint.title.empty() ? textAttribute(module, "title") : hint.title,
                    .summary = textAttribute(module, "summary"),
                    .reference = textAttribute(module, "reference"),
                    .norms = norms(module, file.string())};
    if (info.title.empty())
        info.title = file.stem().string();
    if (info.summary.empty())
        info.summary = "An attack of your own, from " + file.filename().string() + ".";
    return info;
}

ScriptAttack makeAttack(const std::filesystem::path& file, const ScriptHint& hint, const std::string* known)
{
    const torch::jit::Module module = load(file);
    Script script = readScript(module, file.string());
    AttackInfo info = infoOf(module, file, hint);
    info.parameters = schemaOf(script);
    script.parameters = protocol::defaults(info.parameters);
    ScriptAttack attack;
    attack.warning = known ? *known : tryOut(script);
    attack.transforms = script.transform != nullptr;
    for (const protocol::Field& field : info.parameters.fields) {
        if (field.name != "loss")
            attack.parameters.push_back(field);
    }
    if (!attack.warning.empty())
        info.summary += " " + attack.warning;
    const std::string id = info.id;
    attack.entry = {
        info, [script, id, norms = info.norms](const Json& parameters) -> std::unique_ptr<const Attack> {
            Recipe recipe = recipeOf(script, parameters, kScriptTime);
            recipe.name = id;
            recipe.loss = lossFromName(parameters.at("loss").get<std::string>());
            recipe.norms = norms;
            return std::make_unique<GradientAttack>(std::move(recipe));
        }};
    return attack;
}

/// makeAttack() with what LibTorch throws of a script that nobody thought of as a sentence.
ScriptAttack tryAttack(const std::filesystem::path& file, const ScriptHint& hint, const std::string* known)
{
    try {
        return makeAttack(file, hint, known);
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        throw Error("cannot be used: " + models::scriptSentence(error), file.string());
    }
}

} // namespace

ScriptAttack openScriptAttack(const std::filesystem::path& file, const ScriptHint& hint)
{
    const std::string sha256 = models::fileSha256(file);
    const auto requireSame = [&] {
        if (models::fileSha256(file) != sha256)
            throw Error("changed while it was being read", file.string(), "Try again.");
    };
    const auto known =
        hint.verdicts && !hint.tryAgain ? hint.verdicts->find(sha256) : std::optional<ScriptVerdict>();
    if (known && !known->problem.empty())
        throw Error(known->problem, file.string(), known->mend);
    ScriptAttack attack;
    try {
        attack = tryAttack(file, hint, known ? &known->warning : nullptr);
    } catch (const Error& error) {
        requireSame();
        if (hint.verdicts)
            hint.verdicts->keep(sha256, {.problem = error.happened(), .mend = error.mend(), .warning = {}});
        throw;
    }
    requireSame();
    if (hint.verdicts)
        hint.verdicts->keep(sha256, {.problem = {}, .mend = {}, .warning = attack.warning});
    attack.entry.info.sha256 = sha256;
    return attack;
}

} // namespace assay::attacks
