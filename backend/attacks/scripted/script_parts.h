#pragma once

#include "backend/attacks/gradient_attack.h"
#include "backend/attacks/scripted/script_call.h"

#include <chrono>
#include <memory>
#include <string>

namespace assay::attacks {

/// The time that a script has for one call in an attack.
inline constexpr std::chrono::seconds kScriptTime{10};

/// @throws Error of a script whose @p what gave @p tensor, when that holds anything but finite numbers.
void requireFinite(const torch::Tensor& tensor, const char* what, const std::string& where);

/// step() of a script as a step rule: it is given copies or tensors it cannot spoil, runs without gradients,
/// and its answer is checked for shape and type. Ball and box are the caller's, as with any rule. The
/// momentum is whatever the script returns: a tensor with one row per image.
class ScriptStep final : public StepRule
{
public:
    /// @param parameters of the whole script.
    ScriptStep(std::shared_ptr<const ScriptCall> call, Json parameters, std::string where,
               std::chrono::milliseconds longest = kScriptTime);
    static std::shared_ptr<const ScriptCall> open(const torch::jit::Module& module, const std::string& where);

    /// @throws Error when the script fails, takes too long or answers something else than it must.
    void step(StepState& state) const override;
    /// @throws Error when not all numbers are finite.
    void check(const torch::Tensor& adversarial) const override;

private:
    std::shared_ptr<const ScriptCall> m_call;
    Json m_parameters;
    std::string m_where;
    models::ScriptLimit m_limit;
};

/// transform() of a script as an input transform. The seed is the same for every image in one iteration:
/// 0 .. 2^24 - 1, drawn from the attack's own.
class ScriptTransform final : public InputTransform
{
public:
    ScriptTransform(std::shared_ptr<const ScriptCall> call, Json parameters, std::string where,
                    std::chrono::milliseconds longest = kScriptTime);
    static std::shared_ptr<const ScriptCall> open(const torch::jit::Module& module, const std::string& where);

    torch::Tensor apply(const torch::Tensor& x, std::int64_t copy, const TransformDraw& draw) const override;

private:
    std::shared_ptr<const ScriptCall> m_call;
    Json m_parameters;
    std::string m_where;
    models::ScriptLimit m_limit;
};

} // namespace assay::attacks
