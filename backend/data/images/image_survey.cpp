#include "backend/data/images/image_survey.h"

#include "backend/data/images/image_import.h"
#include "backend/data/images/parallel_for.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <vector>

namespace assay::data {

namespace {

constexpr std::int64_t kUsualSide = 224;

using protocol::Finding;

struct Look
{
    std::string name;
    imaging::ImageHeader header;
    std::string problem;
};

std::string text(std::pair<std::int64_t, std::int64_t> size)
{
    return std::to_string(size.first) + " x " + std::to_string(size.second);
}

bool saneSize(imaging::ImageSize size)
{
    return size.width >= 1 && size.height >= 1 && size.width <= imaging::kMaxSide &&
           size.height <= imaging::kMaxSide && size.width * size.height <= imaging::kMaxPixels;
}

Look lookAt(const std::string& name, const ImageRoot& root)
{
    Look look{.name = name, .header = {}, .problem = {}};
    try {
        look.header = root.header(name);
        if (!saneSize(look.header.size))
            look.problem = (root.folder() / name).string() + ": announces " +
                           std::to_string(look.header.size.width) + " x " +
                           std::to_string(look.header.size.height) + " pixels, more than are read.";
    } catch (const Error& error) {
        look.problem = error.what();
    }
    return look;
}

} // namespace

ImageSurvey surveyImages(const ImageList& list, const ImageRoot& root, std::int64_t most, bool upright)
{
    const std::int64_t total = list.count();
    const std::int64_t count = std::min(total, most);
    std::vector<Look> looks(static_cast<std::size_t>(count));
    parallelFor(count, [&](std::int64_t i) {
        const std::int64_t at = i * total / count;
        const std::int64_t first = list.parts[0].size();
        const ImagePart& part = list.parts[at < first ? 0 : 1];
        looks[static_cast<std::size_t>(i)] =
            lookAt(part.table.names[static_cast<std::size_t>(at < first ? at : at - first)], root);
    });
    ImageSurvey survey{.lookedAt = count};
    for (const Look& look : looks) {
        if (!look.problem.empty()) {
            if (survey.firstBroken.empty())
                survey.firstBroken = look.problem;
            continue;
        }
        ++survey.readable;
        survey.grey += look.header.colour ? 0 : 1;
        survey.alpha += look.header.alpha ? 1 : 0;
        survey.turned += look.header.orientation != 1 ? 1 : 0;
        if (kindFromName(look.name) && *kindFromName(look.name) != look.header.kind &&
            survey.mislabelled++ == 0)
            survey.firstMislabelled = look.name + " is a " + imaging::kindName(look.header.kind);
        const imaging::ImageSize size = upright ? look.header.uprightSize() : look.header.size;
        ++survey.sizes[{size.width, size.height}];
    }
    return survey;
}

std::pair<std::int64_t, std::int64_t> proposedSize(const ImageSurvey& survey)
{
    if (survey.sizes.empty())
        return {kUsualSide, kUsualSide};
    if (survey.sizes.size() == 1) {
        const auto [width, height] = survey.sizes.begin()->first;
        if (std::max(width, height) <= kMaxTargetSide)
            return {width, height};
        return {kUsualSide, kUsualSide};
    }
    std::vector<std::int64_t> shorter;
    for (const auto& [size, count] : survey.sizes)
        shorter.insert(shorter.end(), static_cast<std::size_t>(count), std::min(size.first, size.second));
    const auto middle = shorter.begin() + static_cast<std::ptrdiff_t>(shorter.size() / 2);
    std::ranges::nth_element(shorter, middle);
    const std::int64_t side = std::min(kUsualSide, *middle);
    return {side, side};
}

protocol::Findings findingsOf(const ImageSurvey& survey, std::int64_t total)
{
    protocol::Findings findings;
    const auto say = [&](Finding::Level level, const std::string& sentence) {
        findings.push_back({level, sentence});
    };
    const std::string of = survey.lookedAt == total
                               ? "of " + counted(total, "picture")
                               : "of the " + std::to_string(survey.lookedAt) + " pictures looked at";
    if (survey.sizes.size() == 1) {
        say(Finding::Level::Info,
            survey.lookedAt == total ? "All pictures are " + text(survey.sizes.begin()->first) + " pixels."
                                     : "All " + std::to_string(survey.lookedAt) + " pictures looked at are " +
                                           text(survey.sizes.begin()->first) + " pixels.");
    } else if (survey.sizes.size() > 1) {
        const auto [width, height] = proposedSize(survey);
        say(Finding::Level::Warning,
            "The pictures differ in size, from " + text(survey.sizes.begin()->first) + " to " +
                text(survey.sizes.rbegin()->first) +
                ": unless you choose otherwise, each is scaled to cover " + text({width, height}) +
                " and cut to its centre. Set height, width and fit to change that.");
    }
    if (survey.grey > 0 && survey.grey < survey.readable)
        say(Finding::Level::Info,
            std::to_string(survey.grey) + " " + of + " are grey; they are read as colours.");
    if (survey.alpha > 0)
        say(Finding::Level::Info, std::to_string(survey.alpha) + " " + of +
                                      " have an alpha channel: they are laid on the background.");
    if (survey.turned > 0)
        say(Finding::Level::Info,
            std::to_string(survey.turned) + " " + of +
                " have an EXIF orientation, which is applied unless you choose to ignore it.");
    if (survey.mislabelled > 0)
        say(Finding::Level::Warning,
            std::to_string(survey.mislabelled) + " " + of + " are of another kind than their ending says (" +
                survey.firstMislabelled + "). They are read by their content; rename them to be safe.");
    const std::int64_t broken = survey.lookedAt - survey.readable;
    if (broken > 0)
        say(broken == survey.lookedAt ? Finding::Level::Problem : Finding::Level::Warning,
            std::to_string(broken) + " " + of + " cannot be read (" + survey.firstBroken +
                "). Mend them, or set 'broken' to 'leave out'.");
    return findings;
}

} // namespace assay::data
