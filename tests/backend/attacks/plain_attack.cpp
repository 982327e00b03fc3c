#include "plain_attack.h"

#include "backend/attacks/gradient_attack.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace assay::test {

using attacks::Norm;
using torch::Tensor;

namespace {

const auto kDouble = torch::TensorOptions(torch::kFloat64);

/// Gradient of the raised loss in the pixels, [H,W]: +-W^T (softmax(z) - e_label).
Tensor lossGradientAt(const PlainModel& model, const Tensor& x, std::int64_t label, bool targeted)
{
    Tensor p = model.logits(x).softmax(0);
    p[label] -= 1;
    const Tensor g = model.weight.t().mv(p).view(x.sizes());
    return targeted ? -g : g;
}

/// The matrix [to, from] of bilinear interpolation along one side, align_corners = false.
Tensor interpolation(std::int64_t from, std::int64_t to)
{
    Tensor m = torch::zeros({to, from}, kDouble);
    for (std::int64_t i = 0; i < to; ++i) {
        const double centre = std::max((double(i) + 0.5) * double(from) / double(to) - 0.5, 0.0);
        const auto left = std::int64_t(centre);
        const std::int64_t right = std::min(left + 1, from - 1);
        m[i][left] += 1 - (centre - double(left));
        m[i][right] += centre - double(left);
    }
    return m;
}

/// Resizing to r, padding to `most` and resizing back along one side, as one matrix.
Tensor diversityMatrix(std::int64_t side, std::int64_t r, std::int64_t most, std::int64_t offset)
{
    Tensor pad = torch::zeros({most, r}, kDouble);
    for (std::int64_t i = 0; i < r; ++i)
        pad[i + offset][i] = 1;
    return interpolation(most, side).mm(pad).mm(interpolation(side, r));
}

/// D of one iteration: x -> rows x columns^T, or the identity.
struct Diversity
{
    Tensor rows, columns;
    Tensor operator()(const Tensor& x) const { return rows.mm(x).mm(columns.t()); }
    Tensor adjoint(const Tensor& g) const { return rows.t().mm(g).mm(columns); }
};

Diversity drawnDiversity(std::int64_t side, std::uint64_t seed, std::int64_t iteration)
{
    const attacks::RandomStreams streams(seed, attacks::kTransformStream);
    const auto most = std::int64_t(std::floor(1.1 * double(side)));
    if (streams.shared(iteration, 0) >= 0.5)
        return {torch::eye(side, kDouble), torch::eye(side, kDouble)};
    const auto r = side + std::int64_t(streams.shared(iteration, 1) * double(most - side));
    const auto top = std::int64_t(streams.shared(iteration, 2) * double(most - r + 1));
    const auto left = std::int64_t(streams.shared(iteration, 3) * double(most - r + 1));
    return {diversityMatrix(side, r, most, top), diversityMatrix(side, r, most, left)};
}

/// Convolution with the Gaussian of k x k, by its definition.
Tensor smoothed(const Tensor& g, int k)
{
    std::vector<double> w(std::size_t(k) * std::size_t(k));
    double sum = 0;
    for (int i = 0; i < k; ++i) {
        for (int j = 0; j < k; ++j) {
            const double u = -3 + 6.0 * i / (k - 1), v = -3 + 6.0 * j / (k - 1);
            sum += w[std::size_t(i * k + j)] = std::exp(-(u * u + v * v) / 2);
        }
    }
    const std::int64_t height = g.size(0), width = g.size(1);
    Tensor result = torch::zeros_like(g);
    auto out = result.accessor<double, 2>();
    const Tensor source = g.contiguous();
    const auto in = source.accessor<double, 2>();
    for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t x = 0; x < width; ++x)
            for (int i = 0; i < k; ++i)
                for (int j = 0; j < k; ++j) {
                    const std::int64_t yy = y + i - k / 2, xx = x + j - k / 2;
                    if (yy >= 0 && yy < height && xx >= 0 && xx < width)
                        out[y][x] += w[std::size_t(i * k + j)] / sum * in[yy][xx];
                }
    return result;
}

Tensor uniformImage(const attacks::RandomStreams& streams, const Tensor& x, std::int64_t sample,
                    std::int64_t iteration)
{
    return streams.uniform(x.unsqueeze(0), torch::tensor({sample}), iteration)[0].to(torch::kFloat64);
}

/// The step of Tramer and Boneh 2019 at @p x along @p g.
Tensor sparseStep(const Tensor& x, const Tensor& g)
{
    const Tensor flat = g.flatten().clone(), at = x.flatten();
    for (std::int64_t i = 0; i < flat.numel(); ++i) {
        const double gi = flat[i].item<double>(), xi = at[i].item<double>();
        if ((xi >= 1 && gi > 0) || (xi <= 0 && gi < 0))
            flat[i] = 0;
    }
    const auto k = std::max<std::int64_t>(std::llround(0.01 * double(flat.numel())), 1);
    const double least = std::get<0>(flat.abs().sort(0, true))[k - 1].item<double>();
    const Tensor e = flat.sign() * (flat.abs() >= least).to(torch::kFloat64);
    const double size = e.abs().sum().item<double>();
    return (size > 0 ? e / size : e).view(x.sizes());
}

Tensor moved(const Tensor& clean, const Tensor& x, const Tensor& g, double size,
             const attacks::Budget& budget)
{
    Tensor delta;
    if (budget.norm == Norm::Linf) {
        delta = (x + size * g.sign() - clean).clamp(-budget.eps, budget.eps);
    } else if (budget.norm == Norm::L2) {
        const double length = g.norm().item<double>();
        delta = x - clean + (length > 1e-12 ? g * (size / length) : torch::zeros_like(g));
        delta = delta * std::min(1.0, budget.eps / std::max(delta.norm().item<double>(), 1e-12));
    } else {
        delta = x + size * sparseStep(x, g) - clean;
        delta = projectL1ByBisection(delta.flatten(), budget.eps).view(x.sizes());
    }
    return (clean + delta).clamp(0, 1);
}

} // namespace

Tensor PlainModel::logits(const Tensor& x) const
{
    return weight.mv(x.flatten()) + bias;
}

Tensor projectL1ByBisection(const Tensor& v, double eps)
{
    if (v.abs().sum().item<double>() <= eps)
        return v.clone();
    double low = 0, high = v.abs().max().item<double>();
    for (int i = 0; i < 200; ++i) {
        const double middle = (low + high) / 2;
        ((v.abs() - middle).clamp_min(0).sum().item<double>() > eps ? low : high) = middle;
    }
    return v.sign() * (v.abs() - high).clamp_min(0);
}

Tensor plainAttack(const PlainModel& model, const PlainAttack& attack, const Tensor& x, std::int64_t label,
                   bool targeted, const attacks::Budget& budget, std::uint64_t seed, std::int64_t sample)
{
    const int steps = attack.oneStep ? 1 : budget.steps;
    double a = budget.stepSize;
    if (attack.oneStep)
        a = budget.eps;
    else if (a == 0)
        a = budget.eps / (attack.evenSteps ? steps : budget.norm == Norm::Linf ? 4 : 5);
    const attacks::RandomStreams neighbours(seed, attacks::kNeighbourStream);
    Tensor now = x.clone(), m = torch::zeros_like(x), v = torch::zeros_like(x);
    if (attack.randomStart) {
        const Tensor u = uniformImage(attacks::RandomStreams(seed, attacks::kStartStream), x, sample, 0);
        now = (x + budget.eps * (2 * u - 1)).clamp(0, 1);
    }
    for (int t = 0; t < steps; ++t) {
        const Diversity identity{torch::eye(x.size(0), kDouble), torch::eye(x.size(1), kDouble)};
        const Diversity d = attack.diversity ? drawnDiversity(x.size(0), seed, t) : identity;
        const auto averaged = [&](const Tensor& p) {
            Tensor sum = torch::zeros_like(p);
            const int copies = attack.scales ? attack.copies : 1;
            for (int i = 0; i < copies; ++i) {
                const double scale = std::pow(2.0, -i);
                sum += scale * d.adjoint(lossGradientAt(model, d(p * scale), label, targeted)) / copies;
            }
            return attack.smoothing ? smoothed(sum, attack.kernel) : sum;
        };
        const Tensor p = attack.lookAhead ? now + a * attack.mu * m : now;
        const Tensor ghat = averaged(p);
        const Tensor tuned = ghat + v;
        m = attack.momentum ? attack.mu * m + tuned / (tuned.abs().mean() + 1e-12) : tuned;
        if (attack.variance) {
            Tensor sum = torch::zeros_like(x);
            for (int i = 0; i < attack.neighbours; ++i) {
                const Tensor u = uniformImage(neighbours, x, sample, t * attack.neighbours + i);
                sum += averaged(p + 1.5 * budget.eps * (2 * u - 1));
            }
            v = sum / attack.neighbours - ghat;
        }
        now = moved(x, now, m, a, budget);
    }
    return now;
}

} // namespace assay::test
