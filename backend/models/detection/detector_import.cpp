#include "backend/models/detection/detector_import.h"

#include "backend/models/detection/output_layout.h"
#include "backend/models/formats/input_search.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace assay::models {

namespace {

using Level = protocol::Finding::Level;

/// Tried where the file does not say: sides that networks which take any size take, and some that are taken
/// alone.
constexpr std::array<std::int64_t, 5> kTriedSides = {320, 640, 512, 416, 96};
constexpr std::chrono::seconds kLongestLook{5}; ///< after which no further size is tried

std::vector<std::int64_t> channelsToTry(const ProbeTarget& target, const ModelCorrections& corrections)
{
    if (const std::int64_t known = corrections.channels.value_or(target.channels); known > 0)
        return {known};
    std::vector<std::int64_t> channels = {3, 1};
    const auto first =
        std::ranges::find_if(target.weights, [](const auto& item) { return item.second.dim() == 4; });
    if (first != target.weights.end())
        channels = {first->second.size(1)};
    return channels;
}

struct Answered
{
    AnswerParts parts;
    AnsweredImages images;
    std::int64_t channels = 3;
};

/// The answer to one random image (as many as the file insists on) of the first size that runs.
std::optional<Answered> firstAnswer(const std::function<AnswerParts(const torch::Tensor&)>& answers,
                                    const ProbeTarget& target, const ModelCorrections& corrections)
{
    const torch::NoGradGuard off;
    const std::int64_t height = corrections.height.value_or(target.height);
    const std::int64_t width = corrections.width.value_or(target.width);
    std::vector<std::int64_t> sides(kTriedSides.begin(), kTriedSides.end());
    if (height > 0 && width > 0)
        sides = {height};
    const std::int64_t count = std::max<std::int64_t>(1, target.batch);
    const auto end = std::chrono::steady_clock::now() + kLongestLook;
    for (const std::int64_t channels : channelsToTry(target, corrections)) {
        for (const std::int64_t side : sides) {
            if (std::chrono::steady_clock::now() > end)
                return std::nullopt;
            const AnsweredImages images{count, side, height > 0 && width > 0 ? width : side};
            try {
                return Answered{answers(randomImages(count, channels, images.height, images.width) *
                                        corrections.scale.value_or(1)),
                                images, channels};
            } catch (const std::exception&) {
                continue; // this size does not run; whether any does the probe finds out and says
            }
        }
    }
    return std::nullopt;
}

std::string text(const Json& output, const char* key)
{
    const auto it = output.find(key);
    return it != output.end() && it->is_string() ? it->get<std::string>() : std::string();
}

} // namespace

std::optional<AnsweredDetector> answerOf(const std::function<AnswerParts(const torch::Tensor&)>& answers,
                                         const ProbeTarget& target, const ModelCorrections& corrections)
{
    const Json given = corrections.output.value_or(Json::object());
    const std::string layout = text(given, "layout");
    if (layout == kClassesLayout)
        return std::nullopt;
    const std::optional<Answered> answered = firstAnswer(answers, target, corrections);
    AnswerGuess guess;
    if (answered)
        guess = guessAnswer(answered->parts, answered->images);
    AnsweredDetector result{.output = guess.output, .isGuessed = layout.empty(), .tried = {}};
    if (answered)
        result.tried = {.channels = answered->channels,
                        .height = answered->images.height,
                        .width = answered->images.width};
    const bool isOther = !guess.output || text(*guess.output, "layout") != layout;
    if (!layout.empty() && isOther)
        result.output =
            answered ? describedAs(layout, answered->parts, answered->images) : Json{{"layout", layout}};
    if (result.output)
        result.output->update(given);
    else if (!guess.looksLikeBoxes)
        return std::nullopt;
    return result;
}

bool noteAnswer(const AnsweredDetector& answer, ModelImport& import)
{
    if (!answer.output) {
        import.asks.emplace_back("layout");
        import.card.input = answer.tried;
        import.findings.push_back(
            {Level::Warning, "the network seems to find objects, but how its answer is laid out cannot be "
                             "told from its shape. Say it: layout."});
        return false;
    }
    import.card.task = Task::Detection;
    import.card.output = *answer.output;
    const std::string layout = text(*answer.output, "layout");
    const bool hasCells =
        layout == layoutName(LayoutForm::Grid) || layout == layoutName(LayoutForm::CenterNet);
    if (hasCells && !answer.output->contains("stride")) {
        import.asks.emplace_back("stride");
        import.card.input = answer.tried;
        return false;
    }
    if (answer.isGuessed)
        import.findings.push_back({Level::Info, "the network finds objects; its answer is read as " +
                                                    answer.output->dump() +
                                                    ", by its shape. Look at some boxes before you trust "
                                                    "them; correct it with layout."});
    return true;
}

} // namespace assay::models
