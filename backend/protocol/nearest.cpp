#include "backend/protocol/nearest.h"

#include <algorithm>
#include <numeric>

namespace assay::protocol {

namespace {

constexpr std::size_t kMostListed = 12;

std::size_t editDistance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t(0));
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
        }
    }
    return row.back();
}

} // namespace

std::vector<std::string> nearest(std::string_view name, const std::vector<std::string>& known,
                                 std::size_t most)
{
    constexpr std::size_t kLongestCompared = 128; // edit distance is quadratic; names are short
    std::vector<std::pair<std::size_t, std::string>> scored;
    if (name.size() > kLongestCompared)
        return {};
    for (const std::string& candidate : known) {
        std::size_t distance = editDistance(name, candidate.substr(0, kLongestCompared));
        if (!name.empty() && candidate.find(name) != std::string::npos)
            distance = std::min<std::size_t>(distance, 1);
        if (distance <= std::max<std::size_t>(2, name.size() / 3))
            scored.emplace_back(distance, candidate);
    }
    std::ranges::stable_sort(scored, {}, [](const auto& s) { return s.first; });
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(most, scored.size()); ++i)
        names.push_back(scored[i].second);
    return names;
}

std::string suggestion(std::string_view name, const std::vector<std::string>& known)
{
    const auto near = nearest(name, known);
    std::string text;
    if (!near.empty()) {
        text = "Did you mean ";
        for (std::size_t i = 0; i < near.size(); ++i) {
            if (i > 0)
                text += i + 1 == near.size() ? " or " : ", ";
            text += "'" + near[i] + "'";
        }
        return text + "?";
    }
    for (std::size_t i = 0; i < std::min(known.size(), kMostListed); ++i)
        text += (i == 0 ? "Known are " : ", ") + known[i];
    if (known.size() > kMostListed)
        text += " and " + std::to_string(known.size() - kMostListed) + " more";
    return text;
}

} // namespace assay::protocol
