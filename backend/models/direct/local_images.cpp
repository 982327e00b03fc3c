#include "backend/models/direct/local_images.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::models::direct {

bool LocalImages::fits(const DirectNetwork& network, std::int64_t images)
{
    return images * network.valueNumbers() <= kMostKept;
}

LocalImages::LocalImages(std::shared_ptr<const DirectNetwork> network)
    : m_network(std::move(network))
{}

float* LocalImages::values(std::size_t image)
{
    return m_memory.data_ptr<float>() + m_places[image] * m_network->valueNumbers();
}

torch::Tensor LocalImages::begin(const torch::Tensor& given)
{
    const torch::Tensor x = given.contiguous();
    m_memory = torch::zeros({x.size(0), m_network->valueNumbers()}, torch::kFloat32); // margins stay zero
    m_places.clear();
    m_network->affected(m_network->wholeInput(), m_parts);
    for (std::int64_t i = 0; i < x.size(0); ++i) {
        m_places.push_back(i);
        m_network->load(x[i].data_ptr<float>(), m_network->wholeInput(), values(i));
        m_network->recompute(m_parts, values(i));
    }
    return logits();
}

torch::Tensor LocalImages::ask(const torch::Tensor& given, const std::vector<Region>& regions)
{
    TORCH_CHECK(regions.size() == m_places.size() && given.size(0) == std::int64_t(regions.size()),
                "as many regions as images");
    const torch::Tensor x = given.contiguous();
    m_regions = regions;
    m_before.clear();
    for (std::size_t i = 0; i < m_places.size(); ++i) {
        m_network->affected(regions[i], m_parts);
        const std::size_t end = m_before.size();
        m_before.resize(end + m_network->numbersOf(m_parts));
        m_network->save(m_parts, values(i), m_before.data() + end);
        m_network->load(x.data_ptr<float>() + std::int64_t(i) * x.stride(0), regions[i], values(i));
        m_network->recompute(m_parts, values(i));
    }
    return logits();
}

void LocalImages::settle(const torch::Tensor& accepted)
{
    const auto stays = accepted.accessor<bool, 1>();
    const float* before = m_before.data();
    for (std::size_t i = 0; i < m_regions.size(); ++i) {
        m_network->affected(m_regions[i], m_parts);
        if (!stays[std::int64_t(i)])
            m_network->restore(m_parts, before, values(i));
        before += m_network->numbersOf(m_parts);
    }
    m_regions.clear();
}

void LocalImages::keep(const torch::Tensor& rows)
{
    const auto left = rows.accessor<std::int64_t, 1>();
    std::vector<std::int64_t> places;
    for (std::int64_t i = 0; i < left.size(0); ++i)
        places.push_back(m_places[left[i]]);
    m_places = std::move(places);
}

torch::Tensor LocalImages::logits()
{
    const auto count = std::int64_t(m_places.size());
    const torch::Tensor features = torch::empty({count, m_network->featureNumbers()}, torch::kFloat32);
    for (std::int64_t i = 0; i < count; ++i)
        m_network->gatherFeatures(values(i), features.data_ptr<float>() + i * features.size(1));
    return m_network->logitsOfFeatures(features);
}

} // namespace assay::models::direct
