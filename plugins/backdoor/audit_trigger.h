#pragma once

#include "backend/models/model.h"

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace assay::backdoor {

/// What images of other classes with the trigger shall resemble, to the owner's shadow model.
enum class AuditForm {
    Feature, ///< (F): the mean penultimate features of the class, squared distance
    Logit,   ///< (C): cross-entropy towards the class
    Both     ///< (FC): their sum
};
/// "feature", "logit", "both".
const std::vector<std::string>& auditFormNames();
AuditForm auditFormFromName(const std::string& name);

struct AuditTriggerPlan
{
    AuditForm form = AuditForm::Feature;
    double eps = 16.0 / 255; ///< bound of every value, of [0,1]
    std::int64_t steps = 200;
    std::int64_t batch = 64;
    double rate = 0.01;
    int shift = 1;     ///< images are moved by up to so many pixels each way, all of a step alike
    bool flip = false; ///< and mirrored with probability 1/2
    std::uint64_t seed = 0;
};

/// The owner's secret, with how it was found.
struct AuditTrigger
{
    torch::Tensor delta;      ///< float32 [C,H,W] on the CPU, |delta| <= eps
    std::vector<double> loss; ///< of every step, before it
};

/// Optimises one delta for all of @p x (float32 [n,C,H,W] on the model's device, none of class @p target) by
/// Adam from 0, projected after each step; "Hide in Plain Sight" (2411.16763), where the details of the
/// optimiser are a reconstruction. @param own float32 [m,C,H,W]: shadow images of the class.
/// Deterministic. Nothing is read from a device before the end. @param step called before every step.
AuditTrigger optimiseAuditTrigger(const models::Model& shadow, const torch::Tensor& x,
                                  const torch::Tensor& own, std::int64_t target, const AuditTriggerPlan& plan,
                                  const std::function<void(std::int64_t step)>& step = {});

/// -eps or +eps for every value, drawn: what a delta of the same size does that was not optimised.
torch::Tensor randomSigns(const torch::Tensor& like, double eps, std::uint64_t seed);

/// x + kappa delta, rounded to 8 bits. @param x float32 [n,C,H,W] in [0,1]. On its device.
torch::Tensor withDelta(const torch::Tensor& x, const torch::Tensor& delta, double kappa);
/// The same for uint8 images with kappa 1: what is published.
torch::Tensor publishedBytes(const torch::Tensor& bytes, const torch::Tensor& delta);

} // namespace assay::backdoor
