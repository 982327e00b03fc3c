#include "backend/models/architectures/guess.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace assay::models {

namespace {

constexpr std::int64_t kMostLayers = 100; ///< no architecture of ours has more of anything in a row

/// All guessers; those of published networks first, so that they go before our own forms of them.
constexpr Guesser kGuessers[] = {
    guessConvmixerOriginal, guessDensenet,  guessMobilenetV2, guessResnetOriginal, guessVgg16,    guessVit,
    guessWideResnet,        guessConvmixer, guessMlp,         guessResnet,         guessSmallCnn, guessVgg,
};

/// The side of a square input that is halved @p halvings times and then has @p area pixels; the usual size
/// of small images where that is one of the candidates. 0 when the area is no square.
std::int64_t sideBeforePooling(std::int64_t area, std::int64_t halving)
{
    const auto side = static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(area))));
    if (side < 1 || side * side != area)
        return 0;
    for (const std::int64_t usual : {28, 32, 64, 224}) {
        if (usual / halving == side)
            return usual;
    }
    return side * halving;
}

} // namespace

TensorShapes::TensorShapes(const NamedTensors& tensors)
{
    for (const auto& [name, tensor] : tensors) {
        if (tensor.numel() > 0)
            m_shapes[name] = tensor.sizes().vec();
    }
}

bool TensorShapes::matches(const std::string& name, std::initializer_list<std::int64_t> sizes) const
{
    const auto it = m_shapes.find(name);
    return it != m_shapes.end() && std::equal(it->second.begin(), it->second.end(), sizes.begin(),
                                              sizes.end(), [](std::int64_t size, std::int64_t wanted) {
                                                  return wanted == kAny || size == wanted;
                                              });
}

std::int64_t TensorShapes::size(const std::string& name, int dimension) const
{
    const auto it = m_shapes.find(name);
    if (it == m_shapes.end())
        return 0;
    const auto rank = static_cast<int>(it->second.size());
    const int index = dimension < 0 ? rank + dimension : dimension;
    return index < 0 || index >= rank ? 0 : it->second[static_cast<std::size_t>(index)];
}

std::int64_t TensorShapes::count(const std::string& prefix, const std::string& suffix,
                                 std::int64_t first) const
{
    std::int64_t found = 0;
    while (found < kMostLayers && has(prefix + std::to_string(first + found) + suffix))
        ++found;
    return found;
}

std::optional<ArchitectureGuess> guessSmallCnn(const TensorShapes& shapes)
{
    constexpr std::int64_t kAny = TensorShapes::kAny;
    std::array<std::int64_t, 3> widths{};
    std::int64_t from = kAny;
    for (std::size_t i = 0; i < widths.size(); ++i) {
        const std::string number = std::to_string(i + 1);
        widths[i] = shapes.size("conv" + number + ".weight", 0);
        if (!shapes.matches("conv" + number + ".weight", {kAny, from, 3, 3}) ||
            !shapes.has("bn" + number + ".weight"))
            return std::nullopt;
        from = widths[i];
    }
    if (shapes.has("conv4.weight"))
        return std::nullopt;
    ArchitectureGuess guess{.architecture = "small_cnn",
                            .options = {{"widths", widths}},
                            .channels = shapes.size("conv1.weight", 1),
                            .classes = shapes.size("fc.weight", 0)};
    guess.usualSide = sideBeforePooling(shapes.size("fc.weight", 1) / widths[2], 8);
    return guess;
}

std::optional<ArchitectureGuess> guessVgg(const TensorShapes& shapes)
{
    constexpr std::int64_t kAny = TensorShapes::kAny;
    const std::array<std::int64_t, 3> widths = {
        shapes.size("conv1.weight", 0), shapes.size("conv2.weight", 0), shapes.size("conv3.weight", 0)};
    const std::int64_t hidden = shapes.size("fc1.weight", 0);
    if (!shapes.matches("conv1.weight", {kAny, kAny, 5, 5}) ||
        !shapes.matches("conv2.weight", {kAny, widths[0], 3, 3}) ||
        !shapes.matches("conv3.weight", {kAny, widths[1], 3, 3}) || hidden < 1)
        return std::nullopt;
    ArchitectureGuess guess{.architecture = "vgg",
                            .options = {{"widths", widths}, {"hidden", hidden}},
                            .channels = shapes.size("conv1.weight", 1),
                            .classes = shapes.size("fc2.weight", 0)};
    guess.usualSide = sideBeforePooling(shapes.size("fc1.weight", 1) / widths[2], 4);
    return guess;
}

std::optional<ArchitectureGuess> guessMlp(const TensorShapes& shapes)
{
    constexpr std::int64_t kAny = TensorShapes::kAny;
    const std::int64_t layers = shapes.count("fc", ".weight", 1);
    Json widths = Json::array();
    std::int64_t from = kAny;
    for (std::int64_t i = 1; i <= layers; ++i) {
        const std::string name = "fc" + std::to_string(i) + ".weight";
        if (!shapes.matches(name, {kAny, from}))
            return std::nullopt;
        from = shapes.size(name, 0);
        widths.push_back(from);
    }
    if (layers == 0 || !shapes.matches("out.weight", {kAny, from}))
        return std::nullopt;
    ArchitectureGuess guess{
        .architecture = "mlp", .options = {{"widths", widths}}, .classes = shapes.size("out.weight", 0)};
    // Channels and sides are only known as their product: a square of one or of three channels is likely.
    const std::int64_t pixels = shapes.size("fc1.weight", 1);
    for (const std::int64_t channels : {1, 3}) {
        if (pixels % channels == 0 && sideBeforePooling(pixels / channels, 1) > 0) {
            guess.channels = channels;
            guess.usualSide = sideBeforePooling(pixels / channels, 1);
            break;
        }
    }
    return guess;
}

std::optional<ArchitectureGuess> guessResnet(const TensorShapes& shapes)
{
    constexpr std::int64_t kAny = TensorShapes::kAny;
    if (!shapes.matches("conv1.weight", {kAny, kAny, 3, 3}))
        return std::nullopt;
    Json widths = Json::array();
    Json blocks = Json::array();
    std::int64_t from = shapes.size("conv1.weight", 0);
    const std::int64_t groups = shapes.count("layer", ".0.conv1.weight", 1);
    for (std::int64_t g = 1; g <= groups; ++g) {
        const std::string layer = "layer" + std::to_string(g) + ".";
        const std::int64_t width = shapes.size(layer + "0.conv1.weight", 0);
        const std::int64_t depth = shapes.count(layer, ".conv1.weight");
        for (std::int64_t b = 0; b < depth; ++b) {
            const std::string block = layer + std::to_string(b) + ".";
            if (!shapes.matches(block + "conv1.weight", {width, b == 0 ? from : width, 3, 3}) ||
                !shapes.matches(block + "conv2.weight", {width, width, 3, 3}) ||
                shapes.has(block + "conv3.weight"))
                return std::nullopt;
        }
        widths.push_back(width);
        blocks.push_back(depth);
        from = width;
    }
    // The stem has the width of the first group.
    if (groups < 1 || groups > 4 || widths[0] != shapes.size("conv1.weight", 0))
        return std::nullopt;
    return ArchitectureGuess{.architecture = "resnet",
                             .options = {{"widths", widths}, {"blocks", blocks}},
                             .channels = shapes.size("conv1.weight", 1),
                             .classes = shapes.size("fc.weight", 0),
                             .usualSide = shapes.size("conv1.weight", 1) == 1 ? 28 : 32};
}

std::optional<ArchitectureGuess> guessConvmixer(const TensorShapes& shapes)
{
    constexpr std::int64_t kAny = TensorShapes::kAny;
    const std::int64_t width = shapes.size("embedding.weight", 0);
    const std::int64_t patch = shapes.size("embedding.weight", 3);
    const std::int64_t kernel = shapes.size("block1.depthwise.weight", 3);
    const std::int64_t depth = shapes.count("block", ".depthwise.weight", 1);
    if (depth == 0 || !shapes.matches("embedding.weight", {kAny, kAny, patch, patch}))
        return std::nullopt;
    for (std::int64_t i = 1; i <= depth; ++i) {
        const std::string block = "block" + std::to_string(i) + ".";
        if (!shapes.matches(block + "depthwise.weight", {width, 1, kernel, kernel}) ||
            !shapes.matches(block + "pointwise.weight", {width, width, 1, 1}))
            return std::nullopt;
    }
    return ArchitectureGuess{
        .architecture = "convmixer",
        .options = {{"width", width}, {"depth", depth}, {"kernel", kernel}, {"patch", patch}},
        .channels = shapes.size("embedding.weight", 1),
        .classes = shapes.size("fc.weight", 0),
        .usualSide = shapes.size("embedding.weight", 1) == 1 ? 28 : 32};
}

std::vector<ArchitectureGuess> guessArchitectures(const NamedTensors& tensors)
{
    const TensorShapes shapes(tensors);
    std::vector<ArchitectureGuess> guesses;
    for (const Guesser guesser : kGuessers) {
        if (auto guess = guesser(shapes))
            guesses.push_back(*std::move(guess));
    }
    std::stable_partition(guesses.begin(), guesses.end(),
                          [](const ArchitectureGuess& guess) { return guess.options.empty(); });
    return guesses;
}

} // namespace assay::models
