#pragma once

#include <torch/types.h>

#include <cstdint>

namespace assay::backdoor {

/// How the weight of the mask's size is held in balance: see LambdaSchedule.
struct LambdaRule
{
    double success = 0.99; ///< of a round, from which on it counts as successful
    double first = 1e-3;
    double factor = 1.5; ///< up by this, down by its power 1.5
    int patience = 5;    ///< rounds
    bool earlyStop = true;
    double stopBelow = 0.99; ///< the smallest norm must fall below this fraction of what it was, or
    int stopPatience = 10;   ///< after so many rounds in a row the class ends
};

/// The weight lambda of the mask's L1 norm for several classes at a time, by the rules of Wang et al.'s code:
/// 0 until a round with success has come `patience` times in a row, then `first`; from there on up by the
/// factor after `patience` successful rounds in a row, down by its power 1.5 after as many others. A class
/// ends when lambda has gone both ways and the smallest successful norm has not fallen for `stopPatience`
/// rounds. All state is tensors [G] on one device and no value is read: the host need not wait.
class LambdaSchedule
{
public:
    LambdaSchedule(LambdaRule rule, std::int64_t classes, torch::Device device);

    /// float32 [G].
    const torch::Tensor& lambda() const { return m_lambda; }
    /// bool [G]: those that have ended; their state no longer changes.
    const torch::Tensor& ended() const { return m_ended; }
    /// float32 [G]: the smallest norm of a successful round; infinite before the first.
    const torch::Tensor& best() const { return m_best; }

    /// Takes in a round. @param success, @param norm float32 [G], means over its steps.
    /// @returns bool [G]: whose mask is the smallest successful one so far.
    torch::Tensor update(const torch::Tensor& success, const torch::Tensor& norm);

private:
    void stopEarly(const torch::Tensor& live);
    void begin(const torch::Tensor& hit, const torch::Tensor& live);
    void balance(const torch::Tensor& hit, const torch::Tensor& live);

    LambdaRule m_rule;
    torch::Tensor m_lambda, m_best, m_stopBest;             ///< float32 [G]
    torch::Tensor m_hitRounds, m_up, m_down, m_staleRounds; ///< int64 [G]
    torch::Tensor m_wentUp, m_wentDown, m_ended;            ///< bool [G]
};

} // namespace assay::backdoor
