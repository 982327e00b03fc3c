#pragma once

#include "backend/models/model.h"

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace assay::attacks {

enum class Norm { Linf, L2 };

/// One attack with all its numbers. Pixels are [0,1]; eps and stepSize are in that unit, in the norm named.
struct AttackSpec
{
    std::string method = "pgd"; ///< "fgsm", "pgd", "mi-fgsm"
    Norm norm = Norm::Linf;
    double eps = 0.1;
    int steps = 10;           ///< ignored by fgsm, which takes one step of size eps
    double stepSize = 0;      ///< 0: for pgd eps / 5 (L2) or eps / 4 (L-inf), for mi-fgsm eps / steps
    double momentum = 1.0;    ///< mi-fgsm: decay mu
    bool randomStart = false; ///< pgd only: uniform in the eps ball
};

/// What an attack may do besides computing. Every member may be empty. They are called from the worker
/// threads that compute, one call at a time, so that they need no lock against each other.
struct AttackHooks
{
    std::function<void()> checkpoint; ///< called at least once a step and chunk; may throw
    std::function<void(std::int64_t, std::int64_t)> progress; ///< image-steps done, of total
    /// For trajectories: x_adv of a chunk after `step` updates, 0 being the start; ascending within a chunk.
    /// The tensor is reused by the next step: copy what is kept.
    std::function<void(int step, std::int64_t firstImage, const torch::Tensor& xAdv)> step;
};

struct AttackResult
{
    torch::Tensor
        adversarial; ///< [N,C,H,W] in [0,1] on the model's device; ||x' - x|| <= eps (+1e-6) after clipping
    std::int64_t forwardImages = 0;  ///< images through forward passes
    std::int64_t gradientImages = 0; ///< images through backward passes
};

// With g the gradient in x_t of the sum over samples of CE(logits(x_t), y), or of -CE(logits(x_t), target):
//   fgsm     L-inf  x' = clip(x + eps sign(g))             L2  x' = clip(x + eps g/||g||_2)
//   pgd      L-inf  x_{t+1} = clip(P(x_t + a sign(g)))     L2  x_{t+1} = clip(P(x_t + a g/||g||_2))
//   mi-fgsm  m <- mu m + g / (mean|g| + 1e-12), then the step of pgd with m in place of g
// P projects onto the eps ball around x in the norm, clip is to [0,1]; norms and means are per sample. Under
// L2 a sample whose ||g||_2 is below 1e-12 keeps its place. Sources: Goodfellow et al. 2015; Madry et al.
// 2018; Dong et al. 2018, where the L1 norm stands for our mean: the direction is the same.

/// Fills in the step size that 0 stands for. @throws Error naming the number that is out of range.
AttackSpec resolved(AttackSpec spec);

Json toJson(const AttackSpec& spec);

/// Runs @p spec on @p x (float32 [N,C,H,W] in [0,1]) with labels @p y (int64 [N]) against @p model.
/// @param target when set (int64 [N]): the attack minimises the loss towards these classes instead.
/// @param generator used for the random start only; results do not depend on chunking or thread count.
/// @throws Error when a number of the spec is out of range or shapes do not fit.
AttackResult run(const models::Model& model, const torch::Tensor& x, const torch::Tensor& y,
                 const AttackSpec& spec, at::Generator generator, const AttackHooks& hooks = {},
                 const std::optional<torch::Tensor>& target = std::nullopt);

/// Gradient of the sum over samples of CE(logits, y) with respect to x, [N,C,H,W]; chunked over worker
/// threads. The building block of the above and of boundary distances.
torch::Tensor inputGradient(const models::Model& model, const torch::Tensor& x, const torch::Tensor& y);

/// Description for lists and forms.
struct AttackInfo
{
    std::string name, title, summary, reference;
    bool gradient = true;
};
const std::vector<AttackInfo>& builtinAttacks();

} // namespace assay::attacks
