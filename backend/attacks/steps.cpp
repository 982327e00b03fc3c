#include "backend/attacks/steps.h"

#include "backend/attacks/boundary.h"
#include "backend/attacks/image_kernels.h"
#include "backend/attacks/logit_rows.h"
#include "backend/attacks/random_streams.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"

#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace assay::attacks {

namespace {

/// Keeps a rounded L1 sum of some thousand pixels inside the ball.
constexpr double kL1Shrink = 1 - 1e-6;
/// float32 numbers of input in one chunk of a device that runs chunks in order, and bounds on its images.

torch::Tensor column(const torch::Tensor& perSample)
{
    return perSample.view({-1, 1, 1, 1});
}

/// The L1 step direction of Tramer and Boneh 2019, [n,C,H,W]; zero where no pixel can move.
torch::Tensor sparseDirection(const torch::Tensor& position, const torch::Tensor& gradient, double size,
                              double fraction)
{
    torch::Tensor movable = gradient;
    if (size != 0) {
        const torch::Tensor up = size > 0 ? gradient.gt(0) : gradient.lt(0);
        const torch::Tensor down = size > 0 ? gradient.lt(0) : gradient.gt(0);
        const torch::Tensor blocked =
            position.ge(1).logical_and_(up).logical_or_(position.le(0).logical_and_(down));
        movable = gradient.masked_fill(blocked, 0);
    }
    const torch::Tensor sizes = movable.abs().flatten(1);
    const auto k = std::clamp<std::int64_t>(std::llround(fraction * double(sizes.size(1))), 1, sizes.size(1));
    const torch::Tensor least = std::get<0>(sizes.topk(k, 1)).select(1, k - 1);
    torch::Tensor direction = movable.sign().masked_fill_(movable.abs().lt(column(least)), 0);
    return direction.div_(column(direction.abs().flatten(1).sum(1).clamp_min_(1)));
}

/// Nearest point in L2 of the L1 ball, in place: soft thresholding, Duchi et al. 2008, figure 1.
void projectOntoL1(torch::Tensor& delta, double eps)
{
    const torch::Tensor flat = delta.abs().flatten(1);
    if (flat.size(1) == 0)
        return;
    const torch::Tensor descending = std::get<0>(flat.sort(1, true));
    const torch::Tensor excess = descending.cumsum(1).sub_(eps);
    const torch::Tensor ranks = torch::arange(1, flat.size(1) + 1, flat.options());
    const torch::Tensor kept = (descending * ranks).gt(excess).sum(1, true).clamp_min_(1);
    const torch::Tensor threshold = excess.gather(1, kept - 1).div_(kept).clamp_min_(0);
    const torch::Tensor shrunk = delta.abs().sub_(column(threshold)).clamp_min_(0);
    delta.sign_().mul_(shrunk);
}

} // namespace

Ball::Ball(torch::Tensor centre, Norm norm, double eps)
    : m_centre(std::move(centre))
    , m_norm(norm)
    , m_eps(eps)
{
    if (norm == Norm::Linf) {
        m_low = (m_centre - eps).clamp_min_(0);
        m_high = (m_centre + eps).clamp_max_(1);
    }
}

Ball::Ball(torch::Tensor centre, Norm norm, double eps, torch::Tensor low, torch::Tensor high)
    : m_centre(std::move(centre))
    , m_norm(norm)
    , m_eps(eps)
    , m_low(std::move(low))
    , m_high(std::move(high))
{}

Ball Ball::narrow(std::int64_t first, std::int64_t count) const
{
    const auto part = [&](const torch::Tensor& t) { return t.defined() ? t.narrow(0, first, count) : t; };
    return {part(m_centre), m_norm, m_eps, part(m_low), part(m_high)};
}

Ball Ball::select(const torch::Tensor& rows) const
{
    const auto part = [&](const torch::Tensor& t) { return t.defined() ? t.index_select(0, rows) : t; };
    return {part(m_centre), m_norm, m_eps, part(m_low), part(m_high)};
}

void Ball::advance(torch::Tensor& position, const torch::Tensor& gradient, double size,
                   double l1Fraction) const
{
    const torch::NoGradGuard off;
    if (m_norm == Norm::Linf) {
        position.add_(gradient.sign(), size);
    } else if (m_norm == Norm::L2) {
        const torch::Tensor norm = normPerSample(gradient);
        position.addcmul_(gradient, norm.reciprocal().masked_fill_(norm.lt(kVanishing), 0), size);
    } else {
        position.add_(sparseDirection(position, gradient, size, l1Fraction), size);
    }
}

void Ball::project(torch::Tensor& position) const
{
    const torch::NoGradGuard off;
    if (m_norm == Norm::Linf) {
        position.clamp_(m_low, m_high);
        return;
    }
    position.sub_(m_centre);
    if (m_norm == Norm::L2) {
        const torch::Tensor shrink =
            normPerSample(position).clamp_min_(kVanishing).reciprocal_().mul_(m_eps).clamp_max_(1);
        position.mul_(shrink);
    } else {
        projectOntoL1(position, m_eps * kL1Shrink);
    }
    position.add_(m_centre).clamp_(0, 1);
}

void Ball::step(torch::Tensor& position, const torch::Tensor& gradient, double size, double l1Fraction) const
{
    if (m_norm != Norm::L1 && isPlain(position) && isPlain(gradient) && isPlain(m_centre)) {
        stepByPixels(position, gradient, size);
        return;
    }
    advance(position, gradient, size, l1Fraction);
    project(position);
}

void Ball::stepByPixels(torch::Tensor& position, const torch::Tensor& gradient, double size) const
{
    const ImageKernels& pixels = imageKernels();
    auto* at = position.data_ptr<float>();
    const auto* along = gradient.data_ptr<float>();
    if (m_norm == Norm::Linf) {
        pixels.signStep(at, along, m_low.data_ptr<float>(), m_high.data_ptr<float>(), float(size),
                        position.numel());
        return;
    }
    const std::int64_t images = position.size(0);
    const std::int64_t count = images > 0 ? position.numel() / images : 0;
    const auto* centre = m_centre.data_ptr<float>();
    for (std::int64_t first = 0; first < images * count; first += count) {
        const double norm = std::sqrt(pixels.squares(along + first, nullptr, count));
        if (!(norm < kVanishing))
            pixels.add(at + first, along + first, float(size / norm), count);
        const double distance = std::sqrt(pixels.squares(at + first, centre + first, count));
        const double shrink = std::min(m_eps / std::max(distance, kVanishing), 1.0);
        pixels.scale(at + first, centre + first, float(shrink), at + first, count);
    }
}

bool isPlain(const torch::Tensor& tensor)
{
    return tensor.is_cpu() && tensor.scalar_type() == torch::kFloat32 && tensor.is_contiguous();
}

torch::Tensor normPerSample(const torch::Tensor& tensor)
{
    return column(tensor.flatten(1).norm(2, 1));
}

torch::Tensor unitPerSample(const torch::Tensor& tensor)
{
    const torch::Tensor norm = normPerSample(tensor);
    return tensor * norm.reciprocal().masked_fill_(norm.lt(kVanishing), 0);
}

torch::Tensor randomDirections(const torch::Tensor& like, at::Generator generator)
{
    const torch::Tensor normal = torch::empty(like.sizes(), torch::kFloat32).normal_(0, 1, generator);
    return unitPerSample(normal).to(like.device());
}

torch::Tensor uniformInBall(const torch::Tensor& like, const torch::Tensor& samples, Norm norm, double eps,
                            const RandomStreams& streams, std::int64_t iteration)
{
    const torch::NoGradGuard off;
    // Draws of one call are told apart by the iteration.
    const std::int64_t first = 3 * iteration;
    if (norm == Norm::Linf)
        return streams.uniform(like, samples, first).mul_(2 * eps).sub_(eps);
    torch::Tensor direction;
    if (norm == Norm::L2) {
        direction = unitPerSample(streams.normal(like, samples, first));
    } else {
        // Exponential spacings are uniform on the simplex; signs make the sphere of it.
        direction = streams.uniform(like, samples, first).neg_().add_(1).log_().neg_();
        direction.div_(column(direction.flatten(1).sum(1)).clamp_min_(kVanishing));
        direction.mul_(streams.uniform(like, samples, first + 1).sub_(0.5).sign_());
    }
    // The volume within radius r grows as r^d.
    const double dimensions = double(like.numel()) / double(std::max<std::int64_t>(like.size(0), 1));
    const torch::Tensor radii =
        streams.uniform(like.narrow(1, 0, 1).narrow(2, 0, 1).narrow(3, 0, 1), samples, first + 2)
            .pow_(1 / dimensions);
    return direction.mul_(radii.mul_(eps));
}

torch::Tensor lossGradient(const Source& source, const torch::Tensor& x, const torch::Tensor& classes,
                           const GradientOptions& options)
{
    if (!options.before && source.models().size() == 1 && isCrossEntropy(options.loss))
        if (const std::optional<models::Taped> pass = source.models().front()->taped(x)) {
            if (options.logits)
                *options.logits = pass->logits;
            if (areRows(pass->logits, classes)) {
                const RowSlopes found = rowCrossEntropySlopes(pass->logits, classes, options.targeted);
                if (options.losses)
                    *options.losses = found.losses;
                return pass->vjp(found.slopes);
            }
        }
    // Shares x's storage: no copy is made for the leaf.
    const torch::Tensor leaf = x.detach().requires_grad_(true);
    const torch::Tensor seen = options.before ? options.before(leaf) : leaf;
    torch::Tensor each;
    if (source.models().size() == 1 && isCrossEntropy(options.loss)) {
        const torch::Tensor logits = source.logits(seen);
        if (options.logits)
            *options.logits = logits.detach();
        if (logits.requires_grad() && areRows(logits, classes)) {
            // The derivatives in the logits are known: the graph ends there.
            const RowSlopes found = rowCrossEntropySlopes(logits, classes, options.targeted);
            if (options.losses)
                *options.losses = found.losses;
            return torch::autograd::grad({logits}, {leaf}, {found.slopes})[0].contiguous();
        }
        each = options.loss(logits, classes, options.targeted);
    } else {
        each = source.losses(seen, options.loss, classes, options.targeted, options.logits);
    }
    if (!each.requires_grad())
        throw Error("answers without a gradient in the pixels", source.name(),
                    "Use an attack that only queries.");
    if (options.losses)
        *options.losses = each.detach();
    return torch::autograd::grad({each}, {leaf}, {torch::ones_like(each)})[0].contiguous();
}

} // namespace assay::attacks
