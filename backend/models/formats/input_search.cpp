#include "backend/models/formats/input_search.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace assay::models {

namespace {

/// Sides of images that networks are made for, smallest first.
constexpr std::array<std::int64_t, 18> kSides = {28,  32,  40,  48,  64,  72,  80,  96,  112,
                                                 128, 160, 192, 224, 240, 256, 299, 384, 512};
/// Sides of images that detectors are made for, the most usual first.
constexpr std::array<std::int64_t, 9> kDetectorSides = {640, 512, 416, 320, 300, 256, 224, 128, 96};
constexpr std::int64_t kLargeSide = 224;
constexpr std::int64_t kLargeClasses = 1000;
constexpr std::int64_t kLargeKernel = 7; ///< of the stem of networks for large images
constexpr std::size_t kMoreSides = 3;    ///< tried after the first that fits

const torch::Tensor* firstOfRank(const NamedTensors& weights, std::int64_t rank)
{
    const auto found =
        std::ranges::find_if(weights, [&](const auto& item) { return item.second.dim() == rank; });
    return found == weights.end() ? nullptr : &found->second;
}

class SizeSearch
{
public:
    SizeSearch(const ProbeTarget& target, const ModelCorrections& corrections,
               std::chrono::milliseconds longest)
        : m_target(target)
        , m_corrections(corrections)
        , m_end(std::chrono::steady_clock::now() + longest)
    {}

    InputSearch run()
    {
        const std::int64_t height = m_corrections.height.value_or(m_target.height);
        const std::int64_t width = m_corrections.width.value_or(m_target.width);
        for (const std::int64_t channels : channelChoices()) {
            if (height > 0 || width > 0)
                m_result.found = attempt(channels, height > 0 ? height : width, width > 0 ? width : height);
            else
                searchSides(channels);
            if (m_result.found)
                break;
        }
        return std::move(m_result);
    }

private:
    std::vector<std::int64_t> channelChoices() const
    {
        if (const std::int64_t known = m_corrections.channels.value_or(m_target.channels); known > 0)
            return {known};
        std::vector<std::int64_t> choices = {3, 1, 4};
        if (const torch::Tensor* convolution = firstOfRank(m_target.weights, 4)) {
            // Of a grouped convolution the second axis is less; the usual numbers are then tried as well.
            std::erase(choices, convolution->size(1));
            choices.insert(choices.begin(), convolution->size(1));
        }
        return choices;
    }

    /// The usual ones, and before them the one that a first fully connected layer fits.
    std::vector<std::int64_t> sideChoices(std::int64_t channels) const
    {
        if (m_target.classesOf)
            return {kDetectorSides.begin(), kDetectorSides.end()};
        std::vector<std::int64_t> sides(kSides.begin(), kSides.end());
        const torch::Tensor* const layer =
            m_target.weights.empty() ? nullptr : &m_target.weights.front().second;
        if (layer && layer->dim() == 2) {
            for (const std::int64_t axis : {1, 0}) {
                const std::int64_t pixels = layer->size(axis) / channels;
                const auto side =
                    static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(pixels))));
                if (side > 0 && side * side * channels == layer->size(axis))
                    sides.insert(sides.begin(), side);
            }
        }
        return sides;
    }

    void searchSides(std::int64_t channels)
    {
        const std::vector<std::int64_t> sides = sideChoices(channels);
        std::size_t next = 0;
        while (next < sides.size() && !m_result.found && inTime())
            m_result.found = attempt(channels, sides[next], sides[next]), ++next;
        if (!m_result.found)
            return;
        FoundInput& found = *m_result.found;
        const std::size_t end = std::min(sides.size(), next + kMoreSides);
        for (; next < end && !found.sizeFree && inTime(); ++next)
            found.sizeFree =
                sides[next] != found.height && attempt(channels, sides[next], sides[next]).has_value();
        if (found.sizeFree && !m_target.classesOf && wantsLarge()) {
            if (auto large = attempt(channels, kLargeSide, kLargeSide)) {
                found = *large;
                found.sizeFree = true;
            }
        }
    }

    bool wantsLarge() const
    {
        const torch::Tensor* const convolution = firstOfRank(m_target.weights, 4);
        return m_classes == kLargeClasses || (convolution && convolution->size(3) >= kLargeKernel);
    }

    bool inTime() const { return std::chrono::steady_clock::now() < m_end; }

    std::optional<FoundInput> attempt(std::int64_t channels, std::int64_t height, std::int64_t width)
    {
        if (m_target.batch > 0)
            return fits(m_target.batch, channels, height, width)
                       ? std::optional(FoundInput{channels, height, width, m_target.batch})
                       : std::nullopt;
        if (fits(2, channels, height, width))
            return FoundInput{channels, height, width, fits(1, channels, height, width) ? 0 : 2};
        if (fits(1, channels, height, width))
            return FoundInput{channels, height, width, 1};
        return std::nullopt;
    }

    bool fits(std::int64_t count, std::int64_t channels, std::int64_t height, std::int64_t width)
    {
        try {
            const torch::NoGradGuard off;
            const torch::Tensor output = m_target.run(randomImages(count, channels, height, width));
            if (m_target.classesOf && output.size(0) == count) {
                m_classes = m_target.classesOf(output);
                return true;
            }
            if (output.dim() == 2 && output.size(0) == count) {
                m_classes = output.size(1);
                return true;
            }
            std::string shape;
            for (const std::int64_t size : output.sizes())
                shape += (shape.empty() ? "" : ", ") + std::to_string(size);
            m_answered = true;
            m_result.failure = "the answer to " + std::to_string(count) + " images has the shape [" + shape +
                               (m_target.classesOf ? "]; there must be an answer to each image"
                                                   : "]; a classifier gives a row of numbers to each image");
        } catch (const std::exception& error) {
            const std::string text = error.what();
            if (!m_answered) // that a size did not run says less than what the answer to another one looked
                             // like
                m_result.failure = text.substr(0, text.find('\n'));
        }
        return false;
    }

    const ProbeTarget& m_target;
    const ModelCorrections& m_corrections;
    const std::chrono::steady_clock::time_point m_end;
    InputSearch m_result;
    std::int64_t m_classes = 0;
    bool m_answered = false; ///< some size ran, though with an answer of another shape
};

} // namespace

torch::Tensor randomImages(std::int64_t count, std::int64_t channels, std::int64_t height, std::int64_t width,
                           std::uint64_t seed)
{
    auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    return torch::rand({count, channels, height, width}, generator);
}

InputSearch searchInput(const ProbeTarget& target, const ModelCorrections& corrections,
                        std::chrono::milliseconds longest)
{
    return SizeSearch(target, corrections, longest).run();
}

} // namespace assay::models
