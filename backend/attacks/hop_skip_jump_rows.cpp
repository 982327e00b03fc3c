#include "backend/attacks/hop_skip_jump_run.h"
#include "backend/attacks/image_kernels.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace assay::attacks {

// The questions of HopSkipJump on the CPU, sample by sample: the same as by tensor operators, up to rounding.

namespace {

float* numbersOfRow(const torch::Tensor& tensor, std::int64_t row)
{
    return tensor.data_ptr<float>() + row * tensor.stride(0);
}

/// How far each image is from its own, as perturbationNorm().
torch::Tensor distanceOfRows(const torch::Tensor& images, const torch::Tensor& from, Norm norm)
{
    const ImageKernels& kernels = imageKernels();
    torch::Tensor result = torch::empty({images.size(0)}, images.options());
    for (std::int64_t i = 0; i < images.size(0); ++i) {
        const float* image = numbersOfRow(images, i);
        const float* centre = numbersOfRow(from, i);
        const std::int64_t width = images.stride(0);
        result.data_ptr<float>()[i] = norm == Norm::Linf
                                          ? kernels.boxedSum(image, centre, 0, width).largest
                                          : float(std::sqrt(kernels.squares(image, centre, width)));
    }
    return result;
}

} // namespace

torch::Tensor HopSkipJumpRun::distanceTo(const torch::Tensor& images) const
{
    return byRows() ? distanceOfRows(images, m_clean, m_norm) : perturbationNorm(images - m_clean, m_norm);
}

torch::Tensor HopSkipJumpRun::landedByRows(const torch::Tensor& high, const torch::Tensor& whole,
                                           bool clipping) const
{
    const ImageKernels& kernels = imageKernels();
    const auto* share = high.data_ptr<float>();
    const auto* most = whole.data_ptr<float>();
    torch::Tensor images = torch::empty_like(m_outside);
    for (std::int64_t i = 0; i < high.size(0); ++i) {
        const float* outside = numbersOfRow(m_outside, i);
        float* image = numbersOfRow(images, i);
        if (share[i] < most[i])
            (clipping ? kernels.within : kernels.scale)(outside, numbersOfRow(m_clean, i), share[i], image,
                                                        images.stride(0));
        else
            std::copy_n(outside, images.stride(0), image);
    }
    return images;
}

void HopSkipJumpRun::keepNearestByRows(const torch::Tensor& distance)
{
    const auto* row = m_rows.data_ptr<std::int64_t>();
    auto* best = m_distance.data_ptr<float>();
    for (std::int64_t i = 0; i < distance.size(0); ++i) {
        const float found = distance.data_ptr<float>()[i];
        if (!(found < best[row[i]]))
            continue;
        best[row[i]] = found;
        std::copy_n(numbersOfRow(m_position, i), m_position.stride(0), numbersOfRow(m_nearest, row[i]));
    }
}

bool HopSkipJumpRun::byRows() const
{
    return isPlain(m_clean) && isPlain(m_outside) && isPlain(m_position);
}

template <class Propose, class Take>
void HopSkipJumpRun::askByRows(Propose propose, Take take)
{
    const std::int64_t count = m_rows.size(0);
    const torch::Tensor images = torch::empty_like(m_clean);
    const torch::Tensor rows = torch::empty_like(m_rows);
    const auto* row = m_rows.data_ptr<std::int64_t>();
    auto* left = m_left.data_ptr<std::int64_t>();
    std::vector<std::int64_t> chosen;
    for (;;) {
        chosen.clear();
        for (std::int64_t i = 0; i < count; ++i) {
            const auto place = std::int64_t(chosen.size());
            if (left[i] <= 0 || !propose(i, numbersOfRow(images, place)))
                continue;
            rows.data_ptr<std::int64_t>()[place] = row[i];
            chosen.push_back(i);
            --left[i];
        }
        const auto asked = std::int64_t(chosen.size());
        if (asked == 0)
            return;
        m_task.hooks.checkpoint();
        const torch::Tensor flags =
            asked == count ? m_task.fooling(images, rows)
                           : m_task.fooling(images.narrow(0, 0, asked), rows.narrow(0, 0, asked));
        for (std::int64_t place = 0; place < asked; ++place)
            take(chosen[std::size_t(place)], numbersOfRow(images, place), flags.data_ptr<bool>()[place]);
    }
}

void HopSkipJumpRun::bisectByRows(torch::Tensor& high, const torch::Tensor& threshold, bool clipping)
{
    const ImageKernels& kernels = imageKernels();
    const auto width = std::int64_t(m_dimensions);
    auto* top = high.data_ptr<float>();
    const auto* least = threshold.data_ptr<float>();
    std::vector<float> low(std::size_t(high.size(0)), 0.0F);
    const auto middle = [&](std::int64_t i) { return (low[std::size_t(i)] + top[i]) * 0.5F; };
    const auto propose = [&](std::int64_t i, float* image) {
        if (!(top[i] - low[std::size_t(i)] > least[i]))
            return false;
        const float* from = numbersOfRow(m_clean, i);
        const float* outside = numbersOfRow(m_outside, i);
        (clipping ? kernels.within : kernels.scale)(outside, from, middle(i), image, width);
        return true;
    };
    askByRows(propose, [&](std::int64_t i, const float*, bool flag) {
        (flag ? top[i] : low[std::size_t(i)]) = middle(i);
    });
}

void HopSkipJumpRun::stepOutByRows(const torch::Tensor& direction, torch::Tensor& size)
{
    const ImageKernels& kernels = imageKernels();
    const auto width = std::int64_t(m_dimensions);
    auto* step = size.data_ptr<float>();
    std::vector<int> halvings(std::size_t(size.size(0)), 0);
    const auto propose = [&](std::int64_t i, float* image) {
        if (halvings[std::size_t(i)] >= kMostHalvings)
            return false;
        kernels.along(numbersOfRow(m_position, i), numbersOfRow(direction, i), step[i], image, width);
        return true;
    };
    askByRows(propose, [&](std::int64_t i, const float* image, bool flag) {
        if (flag)
            std::copy_n(image, width, numbersOfRow(m_outside, i));
        halvings[std::size_t(i)] += flag ? kMostHalvings : 1;
        step[i] *= 0.5F;
    });
}

} // namespace assay::attacks
