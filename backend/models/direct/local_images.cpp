#include "backend/models/direct/local_images.h"

#include "backend/models/direct/region_rows.h"

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

float* LocalImages::pixels(std::size_t image)
{
    return m_pixels.data_ptr<float>() + m_places[image] * m_pixels.stride(0);
}

Region LocalImages::marked(const Region& within) const
{
    const std::int64_t width = m_network->input().width;
    Region least{.top = within.bottom, .left = within.right, .bottom = within.top, .right = within.left};
    for (std::int64_t y = within.top; y < within.bottom; ++y)
        for (std::int64_t x = within.left; x < within.right; ++x) {
            if (!m_marks[std::size_t(y * width + x)])
                continue;
            least = {.top = std::min(least.top, y),
                     .left = std::min(least.left, x),
                     .bottom = std::max(least.bottom, y + 1),
                     .right = std::max(least.right, x + 1)};
        }
    return least;
}

LocalImages::Change LocalImages::changeOf(const float* image, const Region& region, const float* kept)
{
    const InputSpec& input = m_network->input();
    m_marks.assign(std::size_t(input.height * input.width), 0);
    for (std::int64_t c = 0; c < input.channels; ++c)
        for (std::int64_t y = region.top; y < region.bottom; ++y)
            for (std::int64_t x = region.left; x < region.right; ++x) {
                const std::int64_t at = y * input.width + x;
                const std::int64_t number = c * input.height * input.width + at;
                // What is no number differs from itself.
                if (!(image[number] == kept[number]))
                    m_marks[std::size_t(at)] = 1;
            }
    const Region whole = marked(region);
    Change one{.whole = whole, .places = {whole, {}}};
    if (whole.empty())
        return one;
    const auto numbers = [this](const Region& of) {
        m_network->affected(of, m_parts);
        return m_network->numbersOf(m_parts);
    };
    std::size_t least = numbers(whole);
    const auto tryHalves = [&](const Region& first, const Region& second) {
        const Region a = marked(first), b = marked(second);
        const std::size_t both = numbers(a) + numbers(b);
        if (both < least) {
            least = both;
            one.places = {a, b};
        }
    };
    // Cut at the first row, and at the first column, without a change.
    Region rest = whole;
    for (std::int64_t y = whole.top + 1; y + 1 < whole.bottom; ++y) {
        rest.top = y;
        rest.bottom = y + 1;
        if (!marked(rest).empty())
            continue;
        tryHalves({whole.top, whole.left, y, whole.right}, {y, whole.left, whole.bottom, whole.right});
        break;
    }
    rest = whole;
    for (std::int64_t x = whole.left + 1; x + 1 < whole.right; ++x) {
        rest.left = x;
        rest.right = x + 1;
        if (!marked(rest).empty())
            continue;
        tryHalves({whole.top, whole.left, whole.bottom, x}, {whole.top, x, whole.bottom, whole.right});
        break;
    }
    return one;
}

void LocalImages::exchange(const float* image, const Change& change, float* kept)
{
    forEachRow(m_network->input(), change.whole, [&](std::int64_t first, std::int64_t count) {
        m_pixelsBefore.insert(m_pixelsBefore.end(), kept + first, kept + first + count);
        std::copy_n(image + first, count, kept + first);
    });
}

torch::Tensor LocalImages::begin(const torch::Tensor& given)
{
    const torch::Tensor x = given.contiguous();
    m_memory = torch::zeros({x.size(0), m_network->valueNumbers()}, torch::kFloat32); // margins stay zero
    m_pixels = x.flatten(1).clone();
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
    m_changes.clear();
    m_pixelsBefore.clear();
    m_before.clear();
    for (std::size_t i = 0; i < m_places.size(); ++i) {
        const float* image = x.data_ptr<float>() + std::int64_t(i) * x.stride(0);
        m_changes.push_back(changeOf(image, regions[i], pixels(i)));
        exchange(image, m_changes.back(), pixels(i));
        for (const Region& place : m_changes.back().places) {
            if (place.empty())
                continue;
            m_network->affected(place, m_parts);
            const std::size_t end = m_before.size();
            m_before.resize(end + m_network->numbersOf(m_parts));
            m_network->save(m_parts, values(i), m_before.data() + end);
            m_network->load(image, place, values(i));
            m_network->recompute(m_parts, values(i));
        }
    }
    return logits();
}

void LocalImages::settle(const torch::Tensor& accepted)
{
    const auto stays = accepted.accessor<bool, 1>();
    // From the last to the first: where both places of an image reach, the second has written over the first.
    const float* before = m_before.data() + m_before.size();
    const float* pixelsBefore = m_pixelsBefore.data() + m_pixelsBefore.size();
    for (std::size_t i = m_changes.size(); i-- > 0;) {
        const Change& change = m_changes[i];
        for (std::size_t k = change.places.size(); k-- > 0;) {
            if (change.places[k].empty())
                continue;
            m_network->affected(change.places[k], m_parts);
            before -= m_network->numbersOf(m_parts);
            if (!stays[std::int64_t(i)])
                m_network->restore(m_parts, before, values(i));
        }
        std::int64_t count = 0;
        forEachRow(m_network->input(), change.whole, [&](std::int64_t, std::int64_t row) { count += row; });
        pixelsBefore -= count;
        if (stays[std::int64_t(i)])
            continue;
        const float* from = pixelsBefore;
        forEachRow(m_network->input(), change.whole, [&](std::int64_t first, std::int64_t row) {
            std::copy_n(from, row, pixels(i) + first);
            from += row;
        });
    }
    m_changes.clear();
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
