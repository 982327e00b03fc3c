#include "backend/attacks/square_run.h"

#include "backend/attacks/boundary.h"
#include "backend/attacks/image_kernels.h"
#include "backend/attacks/l1_box.h"
#include "backend/attacks/steps.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::attacks {

namespace {

constexpr std::uint64_t kSquareStartStream = 13;
constexpr std::uint64_t kSquareStream = 14;
constexpr std::int64_t kTilesAlong = 5;

} // namespace

SquareRun::SquareRun(QueryTask& task, const SquareOptions& options)
    : m_task(task)
    , m_options(options)
    , m_startDraws(task.context.seed, kSquareStartStream)
    , m_draws(task.context.seed, kSquareStream)
    , m_channels(task.clean.size(1))
    , m_height(task.clean.size(2))
    , m_width(task.clean.size(3))
    , m_rows(torch::arange(task.count(), task.classes.options()))
    , m_samples(task.samples)
    , m_classes(task.classes)
    , m_clean(task.clean)
{
    if (task.budget.norm == Norm::Linf) {
        m_low = (m_clean - task.budget.eps).clamp_min_(0);
        m_high = (m_clean + task.budget.eps).clamp_max_(1);
    }
    // In L1 of several channels a proposal is projected, which moves every pixel.
    const bool local = task.budget.norm != Norm::L1 || m_channels == 1;
    if (local && m_clean.is_cpu() && task.budget.queries > 1)
        m_local = task.queries.localChanges(m_clean);
}

void SquareRun::run()
{
    ask(m_task.budget.norm == Norm::Linf ? stripes() : tiles(), true);
    for (std::int64_t i = 0; i + 1 < m_task.budget.queries && m_rows.size(0) > 0; ++i) {
        m_task.hooks.checkpoint();
        ask(proposal(i), false);
    }
    m_task.adversarial.index_copy_(0, m_rows, m_best);
}

torch::Tensor SquareRun::draw(const RandomStreams& streams, std::int64_t iteration, std::int64_t width) const
{
    return streams.uniform(torch::empty({1, width}), m_samples, iteration);
}

torch::Tensor SquareRun::stripes() const
{
    const torch::Tensor up =
        draw(m_startDraws, 0, m_channels * m_width).ge(0.5).view({-1, m_channels, 1, m_width});
    return torch::where(up, m_high, m_low);
}

torch::Tensor SquareRun::tiles()
{
    const std::int64_t side = std::max<std::int64_t>(std::min(m_height, m_width) / kTilesAlong, 1);
    const std::int64_t down = m_height / side;
    const std::int64_t across = m_width / side;
    const torch::Tensor uniform = draw(m_startDraws, 0, down * across * (m_channels + 1));
    torch::Tensor delta = torch::zeros_like(m_clean);
    const torch::Tensor each =
        m_moves.bumps(uniform.view({-1, m_channels + 1}), 0, m_channels, side); // of every tile
    delta.narrow(2, (m_height - down * side) / 2, down * side)
        .narrow(3, (m_width - across * side) / 2, across * side)
        .copy_(each.view({-1, down, across, m_channels, side, side})
                   .permute({0, 3, 1, 4, 2, 5})
                   .reshape({-1, m_channels, down * side, across * side}));
    if (m_task.budget.norm == Norm::L1)
        return nearestInL1Box(m_clean + delta, m_clean, m_task.budget.eps);
    return unitPerSample(delta).mul_(m_task.budget.eps).add_(m_clean).clamp_(0, 1);
}

torch::Tensor SquareRun::proposal(std::int64_t iteration)
{
    const double share = squareShare(iteration, m_task.budget.queries, m_options);
    return m_task.budget.norm == Norm::Linf ? linfProposal(iteration, share)
                                            : windowProposal(iteration, share);
}

torch::Tensor SquareRun::linfProposal(std::int64_t iteration, double share)
{
    const std::int64_t side = std::clamp<std::int64_t>(
        std::llround(std::sqrt(share * double(m_height * m_width))), 1, std::min(m_height, m_width));
    const torch::Tensor uniform = draw(m_draws, iteration, 2 + m_channels);
    if (m_best.is_cpu())
        return m_windows.propose(m_best, m_low, m_high, uniform, side);
    const torch::Tensor place =
        windowPositions(uniform, 0, side, m_height, m_width).expand({-1, m_channels, -1});
    const torch::Tensor up = uniform.narrow(1, 2, m_channels).ge(0.5).unsqueeze(2);
    // Inside the square every pixel goes to the far end of the ball: what +-2 eps comes to after projection.
    const torch::Tensor inside =
        torch::where(up, m_high.flatten(2).gather(2, place), m_low.flatten(2).gather(2, place));
    torch::Tensor images = m_best.clone();
    images.view({-1, m_channels, m_height * m_width}).scatter_(2, place, inside);
    return images;
}

torch::Tensor SquareRun::windowProposal(std::int64_t iteration, double share)
{
    const torch::Tensor uniform = draw(m_draws, iteration, 5 + m_channels);
    return m_moves.propose({.norm = m_task.budget.norm,
                            .eps = m_task.budget.eps,
                            .best = m_best,
                            .clean = m_clean,
                            .spent = m_spent},
                           uniform, windowSide(share, m_height, m_width), m_windows);
}

void SquareRun::ask(const torch::Tensor& images, bool first)
{
    const torch::Tensor answer = logits(images, first);
    const torch::Tensor flags = fooled(answer, m_classes, m_task.targeted);
    const torch::Tensor loss =
        m_task.targeted ? crossEntropy(answer, m_classes, true) : margin(answer, m_classes, false);
    if (first) {
        m_best = images;
        m_loss = loss;
        if (m_task.budget.norm != Norm::Linf)
            m_spent = massPerImage(m_task.budget.norm, images - m_clean);
    } else {
        accept(images, better(loss, flags));
    }
    const std::optional<Parting> parting = partedBy(flags);
    if (!parting)
        return;
    const torch::Tensor rows = m_rows.index_select(0, parting->leaving);
    m_task.adversarial.index_copy_(0, rows, m_best.index_select(0, parting->leaving));
    m_task.success.index_fill_(0, rows, true);
    keep(parting->staying);
}

torch::Tensor SquareRun::logits(const torch::Tensor& images, bool first)
{
    if (!m_local)
        return m_task.logits(images, m_rows);
    return m_task.counted(
        m_rows, [&] { return first ? m_local->begin(images) : m_local->ask(images, m_windows.squares()); });
}

torch::Tensor SquareRun::better(const torch::Tensor& loss, const torch::Tensor& flags)
{
    if (!isPlain(loss) || !isPlain(m_loss)) {
        const torch::Tensor better = loss.gt(m_loss).logical_or(flags);
        m_loss = torch::where(better, loss, m_loss);
        return better;
    }
    torch::Tensor result = flags.clone();
    auto* better = result.data_ptr<bool>();
    const auto* found = loss.data_ptr<float>();
    auto* best = m_loss.data_ptr<float>();
    for (std::int64_t i = 0; i < loss.size(0); ++i) {
        better[i] = better[i] || found[i] > best[i];
        best[i] = better[i] ? found[i] : best[i];
    }
    return result;
}

void SquareRun::accept(const torch::Tensor& images, const torch::Tensor& better)
{
    if (!images.is_cpu()) {
        // To know which they are, a device would have to be waited for.
        m_best = torch::where(perImage(better), images, m_best);
        if (m_spent.defined())
            m_spent = torch::where(better, massPerImage(m_task.budget.norm, images - m_clean), m_spent);
        return;
    }
    if (m_local)
        m_local->settle(better);
    m_windows.settle(m_best, better);
    if (m_spent.defined())
        spend(better);
}

void SquareRun::spend(const torch::Tensor& changed)
{
    const auto flags = changed.accessor<bool, 1>();
    const std::int64_t count = m_channels * m_height * m_width;
    auto* spent = m_spent.data_ptr<float>();
    for (std::int64_t i = 0; i < changed.size(0); ++i) {
        if (!flags[i])
            continue;
        const float* best = m_best.data_ptr<float>() + i * count;
        const float* clean = m_clean.data_ptr<float>() + i * count;
        // Within the box: the sizes there are all of them.
        spent[i] = float(m_task.budget.norm == Norm::L2 ? imageKernels().squares(best, clean, count)
                                                        : imageKernels().boxedSum(best, clean, 0, count).sum);
    }
}

void SquareRun::keep(const torch::Tensor& rows)
{
    for (torch::Tensor* all :
         {&m_rows, &m_samples, &m_classes, &m_clean, &m_low, &m_high, &m_best, &m_loss, &m_spent})
        if (all->defined())
            *all = all->index_select(0, rows);
    m_windows.keep(rows);
    if (m_local)
        m_local->keep(rows);
}

} // namespace assay::attacks
