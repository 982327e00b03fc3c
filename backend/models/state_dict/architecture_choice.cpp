#include "backend/models/state_dict/architecture_choice.h"

#include "backend/models/architectures/architectures.h"
#include "backend/protocol/error.h"

#include <ATen/core/Tensor.h>

#include <algorithm>

namespace assay::models {

namespace {

constexpr std::int64_t kUsualSide = 224;
constexpr std::int64_t kSomeClasses = 10; ///< to have a network to compare with while the count is unknown

/// What holds of nearly every classifier: the first tensor of four dimensions is a convolution over the
/// image's channels, the last of two gives the classes.
ArchitectureGuess guessEnds(const std::string& architecture, const NamedTensors& tensors)
{
    ArchitectureGuess guess{.architecture = architecture};
    for (const auto& [name, tensor] : tensors) {
        if (tensor.dim() == 4 && guess.channels == 0)
            guess.channels = tensor.size(1);
        if (tensor.dim() == 2)
            guess.classes = tensor.size(0);
    }
    return guess;
}

/// DeiT's weights cannot be told from ViT's; what was guessed for one holds for the other.
bool sameNetwork(const std::string& a, const std::string& b)
{
    const auto family = [](const std::string& name) {
        return name.starts_with("deit_") ? "vit_" + name.substr(5) : name;
    };
    return family(a) == family(b);
}

std::vector<ArchitectureGuess> candidates(const NamedTensors& tensors, const ModelCorrections& corrections)
{
    std::vector<ArchitectureGuess> guesses = guessArchitectures(tensors);
    if (corrections.architecture) {
        std::erase_if(guesses, [&](const ArchitectureGuess& guess) {
            return !sameNetwork(guess.architecture, *corrections.architecture);
        });
        if (guesses.empty())
            guesses.push_back(guessEnds(*corrections.architecture, tensors));
        guesses.resize(1);
        guesses[0].architecture = *corrections.architecture;
    }
    if (corrections.options) {
        for (ArchitectureGuess& guess : guesses)
            guess.options.update(*corrections.options);
    }
    return guesses;
}

std::int64_t firstOf(std::initializer_list<std::int64_t> values)
{
    return *std::find_if(values.begin(), values.end() - 1, [](std::int64_t value) { return value > 0; });
}

ArchitectureChoice compare(const ArchitectureGuess& guess, const NamedTensors& tensors,
                           const ModelCorrections& corrections)
{
    ArchitectureChoice choice{.guess = guess};
    InputSpec& input = choice.input;
    input.channels = firstOf({corrections.channels.value_or(0), guess.channels, 3});
    input.height = firstOf({corrections.height.value_or(0), guess.height, guess.usualSide, kUsualSide});
    input.width = firstOf({corrections.width.value_or(0), guess.width, guess.usualSide, kUsualSide});
    input.mean.assign(static_cast<std::size_t>(std::clamp<std::int64_t>(input.channels, 1, 4)), 0.0);
    input.stddev.assign(input.mean.size(), 1.0);
    choice.classes = guess.classes;
    if (choice.classes == 0 && corrections.classes)
        choice.classes = static_cast<std::int64_t>(corrections.classes->size());
    try {
        choice.network = makeNetwork(guess.architecture, guess.options, input,
                                     choice.classes > 0 ? choice.classes : kSomeClasses);
        choice.match = matchWeights(*choice.network, tensors);
    } catch (const Error& error) {
        choice.problem = error.what();
    }
    return choice;
}

bool better(const ArchitectureChoice& a, const ArchitectureChoice& b)
{
    if (!a.network || !b.network)
        return a.network && !b.network;
    return a.match.faults() < b.match.faults();
}

} // namespace

ArchitectureChoice chooseArchitecture(const NamedTensors& tensors, const ModelCorrections& corrections)
{
    std::optional<ArchitectureChoice> best;
    std::vector<std::string> fitting;
    for (const ArchitectureGuess& guess : candidates(tensors, corrections)) {
        ArchitectureChoice choice = compare(guess, tensors, corrections);
        if (choice.network && choice.match.fits())
            fitting.push_back(guess.architecture);
        if (!best || better(choice, *best))
            best = std::move(choice);
    }
    if (!best)
        return {};
    std::erase(fitting, best->guess.architecture);
    best->others = std::move(fitting);
    return *std::move(best);
}

} // namespace assay::models
