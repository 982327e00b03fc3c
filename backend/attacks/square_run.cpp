#include "backend/attacks/square_run.h"

#include "backend/attacks/boundary.h"
#include "backend/attacks/l1_box.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace assay::attacks {

namespace {

constexpr std::uint64_t kSquareStartStream = 13;
constexpr std::uint64_t kSquareStream = 14;
constexpr double kNoNorm = 1e-12;
constexpr std::int64_t kTilesAlong = 5;
constexpr std::int64_t kLeastWindow = 3;

/// One bump of the L2 pattern, of unit norm.
torch::Tensor bump(std::int64_t height, std::int64_t width)
{
    torch::Tensor values = torch::zeros({height, width}, torch::kFloat64);
    auto at = values.accessor<double, 2>();
    const std::int64_t rings = std::max(height / 2, width / 2) + 1;
    for (std::int64_t i = 0; i < height; ++i)
        for (std::int64_t j = 0; j < width; ++j)
            for (std::int64_t k = std::max(std::abs(i - height / 2), std::abs(j - width / 2)); k < rings; ++k)
                at[i][j] += 1.0 / double((k + 1) * (k + 1));
    return values / values.norm().clamp_min(kNoNorm);
}

torch::Tensor signs(const torch::Tensor& uniform)
{
    return uniform.ge(0.5).to(torch::kFloat32).mul_(2).sub_(1);
}

} // namespace

torch::Tensor squareBumps(std::int64_t side)
{
    const torch::Tensor both = torch::cat({bump(side / 2, side), bump(side - side / 2, side).neg()});
    return (both / both.norm().clamp_min(kNoNorm)).to(torch::kFloat32);
}

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
        if (m_clean.is_cpu() && task.budget.queries > 1)
            m_local = task.queries.localChanges(m_clean);
    }
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
    for (std::int64_t i = 0; i < down; ++i)
        for (std::int64_t j = 0; j < across; ++j)
            delta.narrow(2, (m_height - down * side) / 2 + i * side, side)
                .narrow(3, (m_width - across * side) / 2 + j * side, side)
                .copy_(bumps(uniform, (i * across + j) * (m_channels + 1), side)
                           .view({-1, m_channels, side, side}));
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
    const torch::Tensor place = window(uniform, 0, side).expand({-1, m_channels, -1});
    const torch::Tensor up = uniform.narrow(1, 2, m_channels).ge(0.5).unsqueeze(2);
    // Inside the square every pixel goes to the far end of the ball: what +-2 eps comes to after projection.
    const torch::Tensor inside =
        torch::where(up, m_high.flatten(2).gather(2, place), m_low.flatten(2).gather(2, place));
    torch::Tensor images = m_best.clone();
    images.view({-1, m_channels, m_height * m_width}).scatter_(2, place, inside);
    return images;
}

torch::Tensor SquareRun::window(const torch::Tensor& uniform, std::int64_t column, std::int64_t side) const
{
    const auto corner = [&](std::int64_t at, std::int64_t length) {
        return uniform.narrow(1, at, 1).mul(double(length - side + 1)).floor_().to(torch::kInt64);
    };
    const torch::Tensor along = torch::arange(side, m_rows.options());
    const torch::Tensor inside = (along.unsqueeze(1) * m_width + along.unsqueeze(0)).view({1, side * side});
    return (corner(column, m_height) * m_width + corner(column + 1, m_width) + inside).unsqueeze(1);
}

torch::Tensor SquareRun::bumps(const torch::Tensor& uniform, std::int64_t column, std::int64_t side)
{
    // Sides change seldom, and the pattern takes as long as some operators.
    if (!m_bumps.defined() || m_bumps.size(0) != side)
        m_bumps = squareBumps(side).to(uniform.device());
    const torch::Tensor& upright = m_bumps;
    const torch::Tensor lying = uniform.narrow(1, column, 1).ge(0.5).unsqueeze(2);
    const torch::Tensor pattern =
        torch::where(lying, upright.t().reshape({1, 1, side * side}), upright.reshape({1, 1, side * side}));
    return pattern * signs(uniform.narrow(1, column + 1, m_channels)).unsqueeze(2);
}

torch::Tensor SquareRun::windowProposal(std::int64_t iteration, double share)
{
    const bool squares = m_task.budget.norm == Norm::L2;
    const double eps = m_task.budget.eps;
    const std::int64_t most = std::min(m_height, m_width);
    const std::int64_t rounded =
        std::max<std::int64_t>(std::llround(std::sqrt(share * double(m_height * m_width))), kLeastWindow);
    // Odd, as in the original, and within the image.
    const std::int64_t side = std::min(rounded + (rounded % 2 == 0 ? 1 : 0), most - (most % 2 == 0 ? 1 : 0));
    const torch::Tensor uniform = draw(m_draws, iteration, 5 + m_channels);
    const std::vector<std::int64_t> shape = {m_rows.size(0), m_channels, side * side};
    const torch::Tensor filled = window(uniform, 0, side).expand(shape);
    const torch::Tensor emptied = window(uniform, 2, side).expand(shape);

    torch::Tensor delta = (m_best - m_clean).flatten(2);
    const torch::Tensor spent = m_spent.view({-1, 1, 1});
    const torch::Tensor there = delta.gather(2, filled);
    const torch::Tensor thereMass = mass(there, 2, true);
    delta.scatter_(2, filled, 0.0);
    // Without the first window, so that what both cover counts once.
    const torch::Tensor otherMass = mass(delta.gather(2, emptied), 2, true);
    delta.scatter_(2, emptied, 0.0);

    const auto length = [&](const torch::Tensor& of) { return squares ? of.sqrt() : of; };
    const torch::Tensor fresh = bumps(uniform, 4, side) + there / (length(thereMass) + kNoNorm);
    const torch::Tensor unspent = ((squares ? eps * eps : eps) - spent).clamp_min_(0) / double(m_channels);
    const torch::Tensor whole = unspent + thereMass + otherMass;
    // In L1 every channel gets what all could: the projection shares it out.
    const torch::Tensor budget = squares ? whole.sqrt() : whole * double(m_channels);
    delta.scatter_(2, filled, fresh / (length(mass(fresh, 2, true)) + kNoNorm) * budget);
    if (!squares)
        return nearestInL1Box(delta.view_as(m_clean) + m_clean, m_clean, eps);
    const torch::Tensor stretch = delta.flatten(1).norm(2, 1).add_(kNoNorm).reciprocal_().mul_(eps);
    return delta.view_as(m_clean).mul_(perImage(stretch)).add_(m_clean).clamp_(0, 1);
}

torch::Tensor SquareRun::mass(const torch::Tensor& delta, std::int64_t dimension, bool keep) const
{
    return (m_task.budget.norm == Norm::L2 ? delta.square() : delta.abs()).sum(dimension, keep);
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
            m_spent = mass((images - m_clean).flatten(1), 1);
    } else {
        accept(images, loss, loss.gt(m_loss).logical_or(flags));
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

void SquareRun::accept(const torch::Tensor& images, const torch::Tensor& loss, const torch::Tensor& better)
{
    const auto spent = [this](const torch::Tensor& delta) { return mass(delta.flatten(1), 1); };
    if (!images.is_cpu()) {
        // To know which they are, a device would have to be waited for.
        m_best = torch::where(perImage(better), images, m_best);
        m_loss = torch::where(better, loss, m_loss);
        if (m_spent.defined())
            m_spent = torch::where(better, spent(images - m_clean), m_spent);
        return;
    }
    if (m_task.budget.norm == Norm::Linf) {
        if (m_local)
            m_local->settle(better);
        m_windows.settle(m_best, better);
        m_loss = torch::where(better, loss, m_loss);
        return;
    }
    const torch::Tensor rows = better.nonzero().squeeze(1);
    const torch::Tensor accepted = images.index_select(0, rows);
    m_best.index_copy_(0, rows, accepted);
    m_loss.index_copy_(0, rows, loss.index_select(0, rows));
    m_spent.index_copy_(0, rows, spent(accepted - m_clean.index_select(0, rows)));
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
