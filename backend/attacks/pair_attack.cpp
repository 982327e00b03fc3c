#include "backend/attacks/pair_attack.h"

#include "backend/attacks/boundary.h"
#include "backend/attacks/check.h"
#include "backend/attacks/hook_calls.h"
#include "backend/attacks/steps.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"

#include <torch/types.h>

namespace assay::attacks {

namespace {

constexpr const char* kPairAttack = "pair attack";

} // namespace

AttackResult runPair(const models::Model& first, const models::Model& second, const torch::Tensor& x,
                     const torch::Tensor& t1, const torch::Tensor& t2, const PairSpec& spec,
                     const AttackHooks& hooks)
{
    checkImages(x, kPairAttack);
    checkPixelRange(x, kPairAttack);
    const std::int64_t count = x.size(0);
    checkClasses(first, t1, count, "first targets", kPairAttack);
    checkClasses(second, t2, count, "second targets", kPairAttack);
    checkRange("eps", spec.eps, 0, 1000, kPairAttack);
    checkRange("steps", spec.steps, 1, 100000, kPairAttack);
    checkRange("step_size", spec.stepSize, 0, 1000, kPairAttack);
    if (first.device() != second.device())
        throw Error("models '" + first.name() + "' and '" + second.name() + "' are on different devices",
                    kPairAttack);

    const torch::Device device = first.device();
    const double stepSize = spec.stepSize > 0 ? spec.stepSize : spec.eps / 5;
    const torch::Tensor clean = x.detach().to(device).contiguous();
    const torch::Tensor classes1 = t1.to(device);
    const torch::Tensor classes2 = t2.to(device);
    torch::Tensor result = clean.clone();
    HookCalls calls(hooks, count * spec.steps);
    const std::int64_t chunk = models::chunkImages(clean);
    models::forEachChunk(count, chunk, device, [&](std::int64_t begin, std::int64_t n) {
        const Ball ball(clean.narrow(0, begin, n), Norm::L2, spec.eps);
        torch::Tensor position = result.narrow(0, begin, n);
        const torch::Tensor y1 = classes1.narrow(0, begin, n);
        const torch::Tensor y2 = classes2.narrow(0, begin, n);
        calls.position(0, begin, position);
        for (int t = 0; t < spec.steps; ++t) {
            calls.checkpoint();
            torch::Tensor sum = unitPerSample(lossGradient(first, position, y1));
            sum.add_(unitPerSample(lossGradient(second, position, y2)));
            ball.step(position, sum, -stepSize);
            calls.advance(n);
            calls.position(t + 1, begin, position);
        }
    });
    return {.adversarial = result,
            .forwardImages = 2 * count * spec.steps,
            .gradientImages = 2 * count * spec.steps};
}

} // namespace assay::attacks
