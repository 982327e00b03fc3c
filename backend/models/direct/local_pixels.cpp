#include "backend/models/direct/local_pixels.h"

#include "backend/models/direct/region_rows.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::models::direct {

LocalPixels::LocalPixels(std::shared_ptr<const DirectNetwork> network)
    : m_network(std::move(network))
{}

torch::Tensor LocalPixels::begin(const torch::Tensor& x)
{
    m_pixels = x.clone(torch::MemoryFormat::Contiguous);
    m_sums = torch::empty({x.size(0), m_network->sumNumbers()}, torch::kFloat32);
    m_network->firstSums(m_pixels.data_ptr<float>(), x.size(0), m_sums.data_ptr<float>());
    m_changes.assign(std::size_t(x.size(0)), 0);
    return m_network->logitsOfSums(m_sums);
}

torch::Tensor LocalPixels::ask(const torch::Tensor& given, const std::vector<Region>& regions)
{
    TORCH_CHECK(regions.size() == m_changes.size() && given.size(0) == std::int64_t(regions.size()),
                "as many regions as images");
    const torch::Tensor x = given.contiguous();
    m_asked = m_sums.clone();
    m_regions = regions;
    m_before.clear();
    for (std::size_t i = 0; i < regions.size(); ++i) {
        const std::int64_t first = std::int64_t(i) * x.stride(0);
        exchange(x.data_ptr<float>() + first, regions[i], m_pixels.data_ptr<float>() + first);
        m_network->addToSums(m_changed, m_differences,
                             m_asked.data_ptr<float>() + std::int64_t(i) * m_asked.size(1));
    }
    return m_network->logitsOfSums(m_asked);
}

void LocalPixels::exchange(const float* image, const Region& region, float* kept)
{
    m_changed.clear();
    m_differences.clear();
    forEachRow(m_network->input(), region, [&](std::int64_t first, std::int64_t count) {
        m_before.insert(m_before.end(), kept + first, kept + first + count);
        for (std::int64_t j = first; j < first + count; ++j) {
            // Of a square of extremes many pixels are there already. What is no number differs from itself.
            if (image[j] == kept[j])
                continue;
            m_changed.push_back(j);
            m_differences.push_back(image[j] - kept[j]);
            kept[j] = image[j];
        }
    });
}

void LocalPixels::settle(const torch::Tensor& accepted)
{
    const auto stays = accepted.accessor<bool, 1>();
    const float* before = m_before.data();
    for (std::size_t i = 0; i < m_regions.size(); ++i) {
        const auto row = std::int64_t(i);
        float* kept = m_pixels.data_ptr<float>() + row * m_pixels.stride(0);
        forEachRow(m_network->input(), m_regions[i], [&](std::int64_t first, std::int64_t count) {
            if (!stays[row])
                std::copy_n(before, count, kept + first);
            before += count;
        });
        if (!stays[row])
            continue;
        float* sums = m_sums.data_ptr<float>() + row * m_sums.size(1);
        std::copy_n(m_asked.data_ptr<float>() + row * m_sums.size(1), m_sums.size(1), sums);
        if (++m_changes[i] < kChangesOfSums)
            continue;
        m_network->firstSums(kept, 1, sums);
        m_changes[i] = 0;
    }
    m_regions.clear();
}

void LocalPixels::keep(const torch::Tensor& rows)
{
    m_pixels = m_pixels.index_select(0, rows);
    m_sums = m_sums.index_select(0, rows);
    const auto left = rows.accessor<std::int64_t, 1>();
    std::vector<int> changes;
    for (std::int64_t i = 0; i < left.size(0); ++i)
        changes.push_back(m_changes[left[i]]);
    m_changes = std::move(changes);
}

} // namespace assay::models::direct
