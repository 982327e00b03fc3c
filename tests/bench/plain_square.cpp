#include "plain_square.h"

#include "backend/attacks/square.h"
#include "backend/attacks/square_moves.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace assay::bench {

namespace {

using attacks::Norm;

constexpr double kTiny = 1e-12;

torch::Tensor imageNorm(const torch::Tensor& delta, Norm norm)
{
    const torch::Tensor flat = delta.flatten(1);
    const torch::Tensor size = norm == Norm::L2 ? flat.square().sum(1).sqrt() : flat.abs().sum(1);
    return size.view({-1, 1, 1, 1});
}

torch::Tensor windowNorm(const torch::Tensor& delta, Norm norm)
{
    return norm == Norm::L2 ? delta.square().sum(torch::IntArrayRef{2, 3}, true).sqrt()
                            : delta.abs().sum(torch::IntArrayRef{2, 3}, true);
}

/// L1_projection() of the code: what to add to @p delta so that @p from + delta lies in the ball and the box.
torch::Tensor l1Correction(const torch::Tensor& from, const torch::Tensor& delta, double eps)
{
    const torch::Tensor x = from.flatten(1), y = delta.flatten(1);
    const torch::Tensor u = torch::min(1 - x - y, x + y).clamp_max(0);
    const torch::Tensor l = -y.abs();
    torch::Tensor d = u.clone();
    const auto [bs, order] = torch::cat({u, l}, 1).neg().sort(1);
    const torch::Tensor bs2 = torch::cat({bs.slice(1, 1), torch::zeros({bs.size(0), 1})}, 1);
    const torch::Tensor inside = 2 * (order < u.size(1)).to(torch::kFloat32) - 1;
    const torch::Tensor sizes = inside.cumsum(1);
    const torch::Tensor s1 = -u.sum(1);
    const torch::Tensor c = eps - y.abs().sum(1);
    const torch::Tensor outside = (s1 + c < 0).nonzero().squeeze(1);
    const torch::Tensor s = s1.unsqueeze(1) + ((bs2 - bs) * sizes).cumsum(1);
    if (outside.size(0) > 0) {
        const torch::Tensor some = s.index_select(0, outside), slack = c.index_select(0, outside);
        torch::Tensor low = torch::zeros({outside.size(0)});
        torch::Tensor high = torch::full({outside.size(0)}, double(bs.size(1) - 1));
        const int rounds = int(std::ceil(std::log2(double(bs.size(1)))));
        for (int i = 0; i < rounds; ++i) {
            const torch::Tensor middle = ((low + high) / 2).floor();
            const torch::Tensor at = some.gather(1, middle.to(torch::kInt64).unsqueeze(1)).squeeze(1);
            const torch::Tensor below = at + slack < 0;
            low = torch::where(below, middle, low);
            high = torch::where(below, high, middle);
        }
        const torch::Tensor found = low.to(torch::kInt64).unsqueeze(1);
        const auto ofSome = [&](const torch::Tensor& all) { return all.index_select(0, outside); };
        const torch::Tensor alpha =
            (-some.gather(1, found).squeeze(1) - slack) / ofSome(sizes).gather(1, found + 1).squeeze(1) +
            ofSome(bs2).gather(1, found).squeeze(1);
        d.index_copy_(0, outside, -torch::min(torch::max(-ofSome(u), alpha.unsqueeze(1)), -ofSome(l)));
    }
    return (y.sign() * d).view_as(delta);
}

class Loop
{
public:
    Loop(const attacks::LogitsFunction& network, const torch::Tensor& x, const torch::Tensor& y, Norm norm,
         double eps)
        : m_network(network)
        , m_x(x)
        , m_index(y.unsqueeze(1))
        , m_norm(norm)
        , m_eps(eps)
        , m_best(start())
        , m_lowest(margins(m_best))
    {}

    void step(double share)
    {
        const std::int64_t height = m_x.size(2), width = m_x.size(3), channels = m_x.size(1);
        const std::int64_t side = attacks::windowSide(share, height, width);
        torch::Tensor delta = m_best - m_x;
        const auto corner = [&](std::int64_t length) {
            return torch::randint(0, std::max<std::int64_t>(length - side, 1), {1}, m_generator)
                .item<std::int64_t>();
        };
        const std::int64_t top = corner(height), left = corner(width);
        const std::int64_t top2 = corner(height), left2 = corner(width);
        const auto window = [side](const torch::Tensor& all, std::int64_t i, std::int64_t j) {
            return all.narrow(2, i, side).narrow(3, j, side);
        };
        torch::Tensor mask = torch::zeros_like(m_x), mask2 = torch::zeros_like(m_x);
        window(mask, top, left).fill_(1);
        window(mask2, top2, left2).fill_(1);
        const torch::Tensor spent = imageNorm(delta, m_norm);
        const torch::Tensor held = windowNorm(delta * torch::max(mask, mask2), m_norm);
        torch::Tensor fresh = eta(side).view({1, 1, side, side}) * signs({m_x.size(0), channels, 1, 1});
        fresh = fresh + window(delta, top, left) / (kTiny + windowNorm(window(delta, top, left), m_norm));
        fresh = fresh / (kTiny + windowNorm(fresh, m_norm));
        if (m_norm == Norm::L2)
            fresh = fresh *
                    ((m_eps * m_eps - spent.square()).clamp_min(0) / double(channels) + held.square()).sqrt();
        else
            fresh = fresh * (((m_eps - spent).clamp_min(0) / double(channels) + held) * double(channels));
        window(delta, top2, left2).zero_();
        window(delta, top, left).copy_(fresh);
        const torch::Tensor proposed =
            m_norm == Norm::L2 ? (m_x + delta / (kTiny + imageNorm(delta, m_norm)) * m_eps).clamp(0, 1)
                               : (m_x + delta + l1Correction(m_x, delta, m_eps)).clamp(0, 1);
        const torch::Tensor margin = margins(proposed);
        const torch::Tensor better = (margin < m_lowest).to(torch::kFloat32);
        m_lowest = better * margin + (1 - better) * m_lowest;
        const torch::Tensor column = better.view({-1, 1, 1, 1});
        m_best = column * proposed + (1 - column) * m_best;
    }

    const torch::Tensor& best() const { return m_best; }

private:
    torch::Tensor signs(at::IntArrayRef shape) { return torch::rand(shape, m_generator).sub(0.5).sign(); }

    torch::Tensor eta(std::int64_t side)
    {
        torch::Tensor& pattern = m_patterns[side];
        if (!pattern.defined())
            pattern = attacks::squareBumps(side);
        return torch::rand({1}, m_generator).item<float>() > 0.5F ? pattern.t() : pattern;
    }

    torch::Tensor start()
    {
        constexpr std::int64_t kTiles = 5;
        const std::int64_t side = m_x.size(2) / kTiles, edge = (m_x.size(2) - side * kTiles) / 2;
        torch::Tensor delta = torch::zeros_like(m_x);
        for (std::int64_t i = 0; i < kTiles; ++i)
            for (std::int64_t j = 0; j < kTiles; ++j)
                delta.narrow(2, edge + i * side, side)
                    .narrow(3, edge + j * side, side)
                    .add_(eta(side).view({1, 1, side, side}) * signs({m_x.size(0), m_x.size(1), 1, 1}));
        if (m_norm == Norm::L2)
            return (m_x + delta / (kTiny + imageNorm(delta, m_norm)) * m_eps).clamp(0, 1);
        return m_x + delta + l1Correction(m_x, delta, m_eps);
    }

    torch::Tensor margins(const torch::Tensor& images) const
    {
        const torch::Tensor z = m_network(images);
        return z.gather(1, m_index).squeeze(1) -
               z.scatter(1, m_index, -std::numeric_limits<float>::infinity()).amax(1);
    }

    const attacks::LogitsFunction& m_network;
    const torch::Tensor m_x;
    const torch::Tensor m_index;
    const Norm m_norm;
    const double m_eps;
    at::Generator m_generator = at::detail::createCPUGenerator(1);
    std::map<std::int64_t, torch::Tensor> m_patterns;
    torch::Tensor m_best;
    torch::Tensor m_lowest;
};

} // namespace

torch::Tensor plainSquare(const attacks::LogitsFunction& network, const torch::Tensor& x,
                          const torch::Tensor& y, Norm norm, double eps, std::int64_t queries)
{
    const torch::NoGradGuard off;
    Loop loop(network, x, y, norm, eps);
    for (std::int64_t q = 1; q < queries; ++q)
        loop.step(attacks::squareShare(q - 1, queries, {}));
    return loop.best();
}

} // namespace assay::bench
