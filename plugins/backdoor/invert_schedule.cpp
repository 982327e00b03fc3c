#include "plugins/backdoor/invert_schedule.h"

#include <cmath>
#include <limits>

namespace assay::backdoor {

namespace {

torch::Tensor zeroWhere(const torch::Tensor& condition, const torch::Tensor& values)
{
    return values.masked_fill(condition, 0);
}

/// One more where it holds, else 0.
torch::Tensor counted(const torch::Tensor& counter, const torch::Tensor& condition)
{
    return (counter + 1) * condition;
}

} // namespace

LambdaSchedule::LambdaSchedule(LambdaRule rule, std::int64_t classes, torch::Device device)
    : m_rule(rule)
{
    const auto options = torch::TensorOptions().device(device);
    m_lambda = torch::zeros({classes}, options.dtype(torch::kFloat32));
    m_best = torch::full({classes}, std::numeric_limits<float>::infinity(), options.dtype(torch::kFloat32));
    m_stopBest = m_best.clone();
    m_hitRounds = torch::zeros({classes}, options.dtype(torch::kInt64));
    m_up = m_hitRounds.clone();
    m_down = m_hitRounds.clone();
    m_staleRounds = m_hitRounds.clone();
    m_wentUp = torch::zeros({classes}, options.dtype(torch::kBool));
    m_wentDown = m_wentUp.clone();
    m_ended = m_wentUp.clone();
}

torch::Tensor LambdaSchedule::update(const torch::Tensor& success, const torch::Tensor& norm)
{
    const torch::Tensor live = m_ended.logical_not();
    const torch::Tensor hit = success.ge(m_rule.success).logical_and(live);
    const torch::Tensor better = hit.logical_and(norm.lt(m_best));
    m_best = torch::where(better, norm, m_best);
    stopEarly(live);
    const torch::Tensor goesOn = m_ended.logical_not();
    begin(hit, goesOn);
    balance(hit, goesOn);
    return better;
}

void LambdaSchedule::stopEarly(const torch::Tensor& live)
{
    const torch::Tensor found = m_best.isfinite().logical_and(live);
    const torch::Tensor stale = m_best.ge(m_rule.stopBelow * m_stopBest);
    m_staleRounds = torch::where(found, counted(m_staleRounds, stale), m_staleRounds);
    m_stopBest = torch::minimum(m_best, m_stopBest);
    if (m_rule.earlyStop)
        m_ended = m_ended.logical_or(
            m_wentUp.logical_and(m_wentDown).logical_and(m_staleRounds.ge(m_rule.stopPatience)));
}

void LambdaSchedule::begin(const torch::Tensor& hit, const torch::Tensor& live)
{
    const torch::Tensor waiting = m_lambda.eq(0).logical_and(hit).logical_and(live);
    m_hitRounds = counted(m_hitRounds, waiting);
    const torch::Tensor begins = m_hitRounds.ge(m_rule.patience);
    m_lambda = m_lambda.masked_fill(begins, m_rule.first);
    m_up = zeroWhere(begins, m_up);
    m_down = zeroWhere(begins, m_down);
    m_wentUp = m_wentUp.logical_and(begins.logical_not());
    m_wentDown = m_wentDown.logical_and(begins.logical_not());
}

void LambdaSchedule::balance(const torch::Tensor& hit, const torch::Tensor& live)
{
    m_up = counted(m_up, hit.logical_and(live));
    m_down = counted(m_down, hit.logical_not().logical_and(live));
    const torch::Tensor raise = m_up.ge(m_rule.patience);
    const torch::Tensor lower = m_down.ge(m_rule.patience);
    m_lambda = torch::where(raise, m_lambda * m_rule.factor, m_lambda);
    m_lambda = torch::where(lower, m_lambda / std::pow(m_rule.factor, 1.5), m_lambda);
    m_up = zeroWhere(raise, m_up);
    m_down = zeroWhere(lower, m_down);
    m_wentUp = m_wentUp.logical_or(raise);
    m_wentDown = m_wentDown.logical_or(lower);
}

} // namespace assay::backdoor
