#include "backend/attacks/apgd_run.h"
#include "backend/attacks/image_kernels.h"

#include <torch/types.h>

#include <algorithm>
#include <utility>

namespace assay::attacks {

// What APGD does with images on the CPU, one after the other and in place: the same as by tensor operators,
// to the last digit for L-inf and up to rounding for L2.

namespace {

std::int64_t pixelsOf(const torch::Tensor& images)
{
    return images.size(0) > 0 ? images.numel() / images.size(0) : 0;
}

void copyImage(const torch::Tensor& from, std::int64_t row, const torch::Tensor& to, std::int64_t place)
{
    const std::int64_t pixels = pixelsOf(from);
    std::copy_n(from.data_ptr<float>() + row * pixels, pixels, to.data_ptr<float>() + place * pixels);
}

void copyImage(const torch::Tensor& from, const torch::Tensor& to, std::int64_t row)
{
    copyImage(from, row, to, row);
}

} // namespace

void ApgdRun::climbByRows(int t)
{
    if (t == 0) {
        m_previous.copy_(m_position);
        m_ball.step(m_previous, m_gradient, kFirstStep * m_eps);
        std::swap(m_position, m_previous);
        return;
    }
    const ImageKernels& kernels = imageKernels();
    const std::int64_t count = m_position.size(0);
    const std::int64_t pixels = pixelsOf(m_position);
    const auto* position = m_position.data_ptr<float>();
    const auto* gradient = m_gradient.data_ptr<float>();
    const auto* centre = m_ball.centre().data_ptr<float>();
    const auto* step = m_step.data_ptr<float>();
    auto* previous = m_previous.data_ptr<float>();
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t at = i * pixels;
        kernels.climb(position + at, gradient + at, centre + at, float(m_eps), step[i], previous + at,
                      pixels);
    }
    std::swap(m_position, m_previous);
}

void ApgdRun::rememberByRows(const torch::Tensor& flags, const torch::Tensor& loss, bool first)
{
    if (first) {
        m_best = torch::empty_like(m_position);
        m_bestGradient = torch::empty_like(m_position);
        m_bestLoss = loss.clone();
        m_bestIsHere = torch::ones_like(flags);
    }
    const auto* fooling = flags.data_ptr<bool>();
    const auto* now = loss.data_ptr<float>();
    const auto* before = first ? nullptr : m_loss.data_ptr<float>();
    auto* foolingLoss = m_foolingLoss.data_ptr<float>();
    auto* bestLoss = m_bestLoss.data_ptr<float>();
    auto* rises = m_rises.data_ptr<float>();
    auto* wasHere = m_bestIsHere.data_ptr<bool>();
    auto* foolingIsBest = m_foolingIsBest.data_ptr<bool>();
    for (std::int64_t i = 0; i < flags.size(0); ++i) {
        const bool better = first || now[i] > bestLoss[i];
        const bool improved = m_counts && fooling[i] && now[i] > foolingLoss[i];
        rises[i] += !first && now[i] > before[i] ? 1 : 0;
        if (better && !improved && foolingIsBest[i]) {
            copyImage(wasHere[i] ? m_previous : m_best, m_fooling, i);
            foolingIsBest[i] = false;
        } else if (!better && wasHere[i]) {
            copyImage(m_previous, m_best, i);
            copyImage(m_gradient, m_bestGradient, i);
        }
        if (improved) {
            foolingLoss[i] = now[i];
            foolingIsBest[i] = better;
            if (!better)
                copyImage(m_position, m_fooling, i);
        }
        if (better)
            bestLoss[i] = now[i];
        wasHere[i] = better;
    }
}

void ApgdRun::finishByRows()
{
    const auto* row = m_rows.data_ptr<std::int64_t>();
    const auto* foolingLoss = m_foolingLoss.data_ptr<float>();
    const auto* bestLoss = m_bestLoss.data_ptr<float>();
    const auto* here = m_bestIsHere.data_ptr<bool>();
    const auto* foolingIsBest = m_foolingIsBest.data_ptr<bool>();
    auto* foundLoss = m_foundLoss.data_ptr<float>();
    auto* success = m_task.success.data_ptr<bool>();
    for (std::int64_t i = 0; i < m_rows.size(0); ++i) {
        const bool fooling = foolingLoss[i] > kNoLoss;
        const float loss = fooling ? foolingLoss[i] : bestLoss[i];
        success[row[i]] = fooling;
        // Samples fooled by an earlier attempt are not among the active ones.
        if (!fooling && !(loss > foundLoss[row[i]]))
            continue;
        foundLoss[row[i]] = loss;
        const torch::Tensor& best = here[i] ? m_position : m_best;
        copyImage(fooling && !foolingIsBest[i] ? m_fooling : best, i, m_task.adversarial, row[i]);
    }
}

void ApgdRun::copyBest()
{
    if (!m_byRows)
        return;
    auto* here = m_bestIsHere.data_ptr<bool>();
    auto* foolingIsBest = m_foolingIsBest.data_ptr<bool>();
    for (std::int64_t i = 0; i < m_rows.size(0); ++i) {
        if (here[i]) {
            copyImage(m_position, m_best, i);
            if (m_gradient.defined())
                copyImage(m_gradient, m_bestGradient, i);
        }
        if (foolingIsBest[i])
            copyImage(m_best, m_fooling, i);
        here[i] = foolingIsBest[i] = false;
    }
}

void ApgdRun::lookBackByRows(float leastRises)
{
    auto* halved = m_halved.data_ptr<bool>();
    auto* rises = m_rises.data_ptr<float>();
    auto* atCheck = m_bestAtCheck.data_ptr<float>();
    const auto* best = m_bestLoss.data_ptr<float>();
    for (std::int64_t i = 0; i < m_rows.size(0); ++i) {
        halved[i] = rises[i] <= leastRises || (!halved[i] && atCheck[i] >= best[i]);
        atCheck[i] = best[i];
        rises[i] = 0;
        if (!halved[i])
            continue;
        m_step.data_ptr<float>()[i] *= 0.5F;
        if (m_bestIsHere.data_ptr<bool>()[i])
            continue;
        copyImage(m_best, m_position, i);
        copyImage(m_bestGradient, m_gradient, i);
    }
}

} // namespace assay::attacks
