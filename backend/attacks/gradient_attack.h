#pragma once

#include "backend/attacks/attack.h"
#include "backend/attacks/losses.h"
#include "backend/attacks/random_streams.h"
#include "backend/attacks/steps.h"

#include <memory>
#include <string>
#include <vector>

namespace assay::attacks {

// A gradient attack is input transforms x loss x gradient filters x step rule x schedule. With x_0 the start
// and L the loss that is raised, one iteration is
//
//   p    = x_t + a mu m_t                 where it looks ahead (Nesterov), else x_t; not projected
//   ghat = filters( mean over copies of d/dp L(transforms(p)) )
//   m    = mu m + N1(ghat + v)            with momentum, N1(g) = g / (mean|g| + 1e-12); else m = ghat + v
//   v    = mean_i filters(grad at p + r_i) - ghat,  r_i ~ U[-beta eps, beta eps]^d      with variance tuning
//   x    = P(rule(x, m)) clipped to [0,1]
//
// in the order of the transfer literature: look-ahead, scale copies, diversity, gradient, average, smoothing,
// variance, N1, momentum, step. All sums and norms are per sample.

/// What the random streams of a gradient attack are for: RandomStreams(seed, purpose). The start of restart k
/// is drawn at iteration k of uniformInBall(), transforms at iteration restart * steps + t, neighbour i of N
/// at N times that plus i.
inline constexpr std::uint64_t kStartStream = 1;
inline constexpr std::uint64_t kTransformStream = 2;
inline constexpr std::uint64_t kNeighbourStream = 3;

/// What a transform may draw from, the same for every sample of the batch in one iteration, and which samples
/// it is given, for transforms that hold something for each.
struct TransformDraw
{
    const RandomStreams& streams;
    std::int64_t iteration;       ///< 0 .. steps-1, and on with each restart
    const torch::Tensor& samples; ///< int64 [n]: the rows' numbers, as Context::samples
};

/// Something done to the images before the model sees them; differentiable. Immutable.
class InputTransform
{
public:
    virtual ~InputTransform() = default;
    /// How many versions of an image the gradient is averaged over.
    virtual std::int64_t copies() const { return 1; }
    /// @param x float32 [n,C,H,W]. @param copy 0 .. copies()-1.
    virtual torch::Tensor apply(const torch::Tensor& x, std::int64_t copy,
                                const TransformDraw& draw) const = 0;
};

/// Something done to the gradient after averaging. Linear, per sample. Immutable.
class GradientFilter
{
public:
    virtual ~GradientFilter() = default;
    virtual torch::Tensor apply(const torch::Tensor& gradient) const = 0;
};

/// What a step rule works on: some samples of the batch.
struct StepState
{
    const Ball& ball;              ///< where the samples may go, with their clean images
    torch::Tensor& position;       ///< [n,C,H,W], changed in place by the rule
    torch::Tensor& momentum;       ///< undefined before the first step; the rule's own memory
    const torch::Tensor& gradient; ///< of the raised loss, filters and variance applied
    int iteration;
    double size;   ///< the step size of this iteration
    int steps = 1; ///< of which this is iteration 0 .. steps-1
};

/// How a gradient becomes a step. Immutable; what it remembers lies in StepState::momentum, one row per
/// sample.
class StepRule
{
public:
    virtual ~StepRule() = default;
    /// Moves `position`, wherever that is.
    virtual void step(StepState& state) const = 0;
    /// step(), and `position` back into the ball: what attacks call. To be overridden by a rule that does
    /// both in one pass.
    virtual void move(StepState& state) const;
    /// Sees the result [N,C,H,W] before the attack returns it. @throws Error when the rule has spoilt it.
    virtual void check(const torch::Tensor& /*adversarial*/) const {}
};

/// The step of the norm: a sign(m), a m/||m||_2, or for L1 that of Tramer and Boneh 2019 (SLIDE); see
/// Ball::advance. With @p decay the direction is the momentum of N1-normalised gradients.
class SteepestStep : public StepRule
{
public:
    explicit SteepestStep(std::optional<double> decay = std::nullopt, double l1Fraction = kL1Fraction)
        : m_decay(decay)
        , m_l1Fraction(l1Fraction)
    {}
    void step(StepState& state) const override;
    void move(StepState& state) const override;

private:
    /// The gradient, or the momentum with it.
    const torch::Tensor& direction(StepState& state) const;

    std::optional<double> m_decay;
    double m_l1Fraction;
};

struct VarianceTuning
{
    double beta = 1.5;
    int neighbours = 20;
};

/// What a budget's step size of 0 stands for.
enum class StepLength {
    Whole,   ///< one step of size eps, whatever the budget's steps
    Even,    ///< eps / steps
    Fraction ///< eps / 4 for L-inf, eps / 5 for L2 and L1
};

/// The parts of a gradient attack.
struct Recipe
{
    std::string name; ///< for messages
    std::vector<std::shared_ptr<const InputTransform>> transforms;
    Loss loss = crossEntropy;
    std::vector<std::shared_ptr<const GradientFilter>> filters;
    std::optional<VarianceTuning> variance;
    std::shared_ptr<const StepRule> rule = std::make_shared<SteepestStep>();
    double lookAhead = 0; ///< mu of the Nesterov look-ahead; 0: none. The rule's memory is then the momentum.
    StepLength stepLength = StepLength::Fraction;
    bool randomStart = false; ///< uniform in the ball, one draw per sample and restart
    int restarts = 1; ///< tries per sample; the first that succeeds is kept, else that of the highest loss
    std::vector<Norm> norms = {Norm::Linf, Norm::L2, Norm::L1};
};

/// Any gradient attack: the parts of its recipe, run in chunks over worker threads.
class GradientAttack final : public Attack
{
public:
    explicit GradientAttack(Recipe recipe);
    const Recipe& recipe() const { return m_recipe; }
    Budget resolved(const Budget& budget) const override;

    /// AttackResult::forwardImages is N models * (steps * copies * (1 + neighbours) + 1) at most; with
    /// stopWhenFooled fewer steps, and one pass more a step where the gradient is not taken at x_t itself.
    AttackResult run(const Source& source, const torch::Tensor& x, const torch::Tensor& y,
                     const Budget& budget, const Context& context = {}) const override;

private:
    Recipe m_recipe;
};

} // namespace assay::attacks
