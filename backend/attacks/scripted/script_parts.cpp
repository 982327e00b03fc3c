#include "backend/attacks/scripted/script_parts.h"

#include "backend/protocol/error.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <sstream>

namespace assay::attacks {

namespace {

constexpr double kSeeds = 1 << 24; // RandomStreams gives 24 bits
const ScriptCall::Offer kX{"x", c10::TypeKind::TensorType};

std::string described(const c10::IValue& value)
{
    if (!value.isTensor())
        return "a " + value.tagKind();
    std::ostringstream text;
    text << "a tensor of type " << value.toTensor().scalar_type() << " and shape "
         << value.toTensor().sizes();
    return text.str();
}

/// @throws Error unless the answer can stand for @p like.
torch::Tensor checkedImages(const c10::IValue& value, const torch::Tensor& like, const char* what,
                            const std::string& where)
{
    if (value.isTensor() && value.toTensor().sizes() == like.sizes() &&
        value.toTensor().scalar_type() == torch::kFloat32 && value.toTensor().device() == like.device())
        return value.toTensor();
    throw Error(std::string(what) + " returned " + described(value) + " instead of " + described(like), where,
                "Return images of the shape and type that it was given.");
}

models::ScriptLimit limit(std::chrono::milliseconds time)
{
    return {.time = time, .noun = "script"};
}

} // namespace

void requireFinite(const torch::Tensor& tensor, const char* what, const std::string& where)
{
    // A sum is finite only of finite numbers, and takes one pass where looking at each takes four.
    if (!std::isfinite(tensor.sum().item<double>()) && !tensor.isfinite().all().item<bool>())
        throw Error(std::string(what) + " gave numbers that are not finite", where,
                    "Guard divisions and logarithms, as in g / (g.abs().mean(...) + 1e-12).");
}

ScriptStep::ScriptStep(std::shared_ptr<const ScriptCall> call, Json parameters, std::string where,
                       std::chrono::milliseconds longest)
    : m_call(std::move(call))
    , m_parameters(std::move(parameters))
    , m_where(std::move(where))
    , m_limit(limit(longest))
{}

std::shared_ptr<const ScriptCall> ScriptStep::open(const torch::jit::Module& module, const std::string& where)
{
    return std::make_shared<const ScriptCall>(
        module, "step",
        std::vector<ScriptCall::Offer>{{"x_adv", c10::TypeKind::TensorType},
                                       kX,
                                       {"grad", c10::TypeKind::TensorType},
                                       {"momentum", c10::TypeKind::TensorType},
                                       {"i", c10::TypeKind::IntType}},
        std::vector<ScriptCall::Offer>{{"eps", c10::TypeKind::FloatType},
                                       {"step_size", c10::TypeKind::FloatType},
                                       {"steps", c10::TypeKind::IntType},
                                       {"norm", c10::TypeKind::StringType}},
        where);
}

void ScriptStep::step(StepState& state) const
{
    const torch::NoGradGuard off;
    const torch::Tensor& clean = state.ball.centre();
    const torch::Tensor momentum =
        state.momentum.defined() ? state.momentum : torch::zeros_like(state.position);
    const std::vector<c10::IValue> answer =
        (*m_call)({state.position, clean, state.gradient, momentum, std::int64_t(state.iteration),
                   state.ball.eps(), state.size, std::int64_t(state.steps), normName(state.ball.norm())},
                  m_parameters, state.position.device(), m_limit);
    if (answer.size() != 2)
        throw Error("step returned " + std::to_string(answer.size()) + " values instead of two", m_where,
                    "Return (x_adv, momentum).");
    const torch::Tensor moved = checkedImages(answer[0], state.position, "step", m_where);
    if (!answer[1].isTensor() || answer[1].toTensor().dim() == 0 ||
        answer[1].toTensor().size(0) != state.position.size(0) ||
        answer[1].toTensor().device() != state.position.device())
        throw Error("step returned " + described(answer[1]) +
                        " as momentum, which must have one row per image",
                    m_where, "Return (x_adv, momentum).");
    torch::Tensor kept = answer[1].toTensor();
    // What is moved or freed after the step must not be what is remembered.
    if (kept.is_alias_of(state.position) || kept.is_alias_of(clean) || kept.is_alias_of(moved))
        kept = kept.clone();
    state.momentum = kept;
    if (!moved.is_same(state.position))
        state.position.copy_(moved);
}

void ScriptStep::check(const torch::Tensor& adversarial) const
{
    requireFinite(adversarial, "step", m_where);
}

ScriptTransform::ScriptTransform(std::shared_ptr<const ScriptCall> call, Json parameters, std::string where,
                                 std::chrono::milliseconds longest)
    : m_call(std::move(call))
    , m_parameters(std::move(parameters))
    , m_where(std::move(where))
    , m_limit(limit(longest))
{}

std::shared_ptr<const ScriptCall> ScriptTransform::open(const torch::jit::Module& module,
                                                        const std::string& where)
{
    return std::make_shared<const ScriptCall>(
        module, "transform", std::vector<ScriptCall::Offer>{kX, {"seed", c10::TypeKind::IntType}},
        std::vector<ScriptCall::Offer>{}, where);
}

torch::Tensor ScriptTransform::apply(const torch::Tensor& x, std::int64_t, const TransformDraw& draw) const
{
    const auto seed = static_cast<std::int64_t>(draw.streams.shared(draw.iteration) * kSeeds);
    const std::vector<c10::IValue> answer = (*m_call)({x, seed}, m_parameters, x.device(), m_limit);
    return checkedImages(answer.empty() ? c10::IValue() : answer[0], x, "transform", m_where);
}

} // namespace assay::attacks
