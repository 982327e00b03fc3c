#include "backend/models/architectures/guess.h"

#include <algorithm>
#include <cmath>

namespace assay::models {

namespace {

constexpr std::int64_t kAny = TensorShapes::kAny;
constexpr std::int64_t kPhotograph = 224; ///< side that networks for ImageNet are trained with
constexpr std::int64_t kCifar = 32;

/// Published networks have no options; only what differs from them is said.
void option(ArchitectureGuess& guess, const char* key, const Json& value, const Json& usual)
{
    if (value != usual)
        guess.options[key] = value;
}

/// How deep the four groups of a residual network are and whether each block has the width it should.
struct Residual
{
    std::vector<std::int64_t> blocks;
    std::int64_t width = 0;
    bool bottleneck = false;
};

std::optional<Residual> residual(const TensorShapes& shapes)
{
    Residual found = {.width = shapes.size("conv1.weight", 0),
                      .bottleneck = shapes.has("layer1.0.conv3.weight")};
    for (std::int64_t g = 0; g < 4; ++g) {
        const std::string layer = "layer" + std::to_string(g + 1) + ".";
        const std::int64_t width = found.width << g;
        found.blocks.push_back(shapes.count(layer, ".conv2.weight"));
        for (std::int64_t b = 0; b < found.blocks.back(); ++b) {
            if (!shapes.matches(layer + std::to_string(b) + ".conv2.weight", {width, width, 3, 3}))
                return std::nullopt;
        }
    }
    return found;
}

} // namespace

std::optional<ArchitectureGuess> guessResnetOriginal(const TensorShapes& shapes)
{
    const bool small = shapes.has("linear.weight") && shapes.has("layer2.0.shortcut.0.weight");
    const std::int64_t stem = small ? 3 : 7;
    if (!shapes.matches("conv1.weight", {kAny, kAny, stem, stem}))
        return std::nullopt;
    const auto found = residual(shapes);
    if (!found)
        return std::nullopt;
    const bool shallow = found->blocks == std::vector<std::int64_t>{2, 2, 2, 2} && !found->bottleneck;
    const bool deep = found->blocks == std::vector<std::int64_t>{3, 4, 6, 3};
    if (!shallow && (small || !deep))
        return std::nullopt;
    ArchitectureGuess guess{.architecture = small               ? "resnet18_cifar"
                                            : shallow           ? "resnet18"
                                            : found->bottleneck ? "resnet50"
                                                                : "resnet34",
                            .channels = shapes.size("conv1.weight", 1),
                            .classes = shapes.size(small ? "linear.weight" : "fc.weight", 0),
                            .usualSide = small ? kCifar : kPhotograph};
    option(guess, "width", found->width, 64);
    return guess;
}

std::optional<ArchitectureGuess> guessVgg16(const TensorShapes& shapes)
{
    const std::int64_t hidden = shapes.size("classifier.0.weight", 0);
    // Where the first convolutions of the last two stages stand tells from VGG-19 and from each other.
    const bool plain = shapes.matches("features.17.weight", {512, 256, 3, 3}) &&
                       shapes.matches("features.24.weight", {512, 512, 3, 3});
    const bool norm = shapes.matches("features.24.weight", {512, 256, 3, 3}) &&
                      shapes.matches("features.34.weight", {512, 512, 3, 3});
    if ((!plain && !norm) || !shapes.matches("classifier.0.weight", {kAny, 512 * 49}) ||
        !shapes.matches("classifier.3.weight", {hidden, hidden}))
        return std::nullopt;
    ArchitectureGuess guess{.architecture = norm ? "vgg16_bn" : "vgg16",
                            .channels = shapes.size("features.0.weight", 1),
                            .classes = shapes.size("classifier.6.weight", 0),
                            .usualSide = kPhotograph};
    option(guess, "hidden", hidden, 4096);
    return guess;
}

std::optional<ArchitectureGuess> guessMobilenetV2(const TensorShapes& shapes)
{
    if (!shapes.matches("features.0.0.weight", {32, kAny, 3, 3}) ||
        !shapes.matches("features.18.0.weight", {1280, 320, 1, 1}))
        return std::nullopt;
    return ArchitectureGuess{.architecture = "mobilenet_v2",
                             .channels = shapes.size("features.0.0.weight", 1),
                             .classes = shapes.size("classifier.1.weight", 0),
                             .usualSide = kPhotograph};
}

std::optional<ArchitectureGuess> guessDensenet(const TensorShapes& shapes)
{
    const std::string first = "features.denseblock1.denselayer1.";
    const std::string dot = shapes.has(first + "conv.2.weight") ? "." : ""; // see densenetName()
    const std::string narrow = ".conv" + dot + "1.weight";
    const std::string wide = ".conv" + dot + "2.weight";
    const std::int64_t growth = shapes.size(first.substr(0, first.size() - 1) + wide, 0);
    const std::int64_t stem = shapes.size("features.conv0.weight", 0);
    if (growth == 0 || !shapes.matches("features.conv0.weight", {kAny, kAny, 7, 7}))
        return std::nullopt;
    Json blocks = Json::array();
    std::int64_t from = stem;
    for (int b = 1; b <= 4; ++b) {
        const std::string layer = "features.denseblock" + std::to_string(b) + ".denselayer";
        const std::int64_t layers = shapes.count(layer, wide, 1);
        for (std::int64_t i = 1; i <= layers; ++i) {
            const std::string name = layer + std::to_string(i);
            if (!shapes.matches(name + wide, {growth, 4 * growth, 3, 3}) ||
                !shapes.matches(name + narrow, {4 * growth, from, 1, 1}))
                return std::nullopt;
            from += growth;
        }
        if (layers == 0)
            return std::nullopt;
        blocks.push_back(layers);
        from = b < 4 ? from / 2 : from;
    }
    ArchitectureGuess guess{.architecture = "densenet121",
                            .channels = shapes.size("features.conv0.weight", 1),
                            .classes = shapes.size("classifier.weight", 0),
                            .usualSide = kPhotograph};
    option(guess, "growth", growth, 32);
    option(guess, "stem", stem, 64);
    option(guess, "blocks", blocks, {6, 12, 24, 16});
    return guess;
}

std::optional<ArchitectureGuess> guessWideResnet(const TensorShapes& shapes)
{
    const std::int64_t widen = shapes.size("block1.layer.0.conv1.weight", 0) / 16;
    const std::int64_t blocks = shapes.count("block1.layer.", ".conv2.weight");
    if (widen == 0 || !shapes.matches("conv1.weight", {16, kAny, 3, 3}))
        return std::nullopt;
    for (std::int64_t g = 0; g < 3; ++g) {
        const std::string layer = "block" + std::to_string(g + 1) + ".layer.";
        const std::int64_t width = (16 << g) * widen;
        if (shapes.count(layer, ".conv2.weight") != blocks)
            return std::nullopt;
        for (std::int64_t b = 0; b < blocks; ++b) {
            if (!shapes.matches(layer + std::to_string(b) + ".conv2.weight", {width, width, 3, 3}))
                return std::nullopt;
        }
    }
    ArchitectureGuess guess{.architecture = "wide_resnet28_10",
                            .channels = shapes.size("conv1.weight", 1),
                            .classes = shapes.size("fc.weight", 0),
                            .usualSide = kCifar};
    option(guess, "depth", 6 * blocks + 4, 28);
    option(guess, "widen", widen, 10);
    return guess;
}

std::optional<ArchitectureGuess> guessVit(const TensorShapes& shapes)
{
    constexpr std::int64_t kHeadWidth = 64; ///< of every published size; the weights do not tell it
    const std::int64_t width = shapes.size("cls_token", 2);
    const std::int64_t patch = shapes.size("patch_embed.proj.weight", 3);
    const std::int64_t depth = shapes.count("blocks.", ".attn.qkv.weight");
    if (depth == 0 || width == 0 || width % kHeadWidth != 0 || !shapes.matches("cls_token", {1, 1, width}) ||
        !shapes.matches("patch_embed.proj.weight", {width, kAny, patch, patch}))
        return std::nullopt;
    for (std::int64_t i = 0; i < depth; ++i) {
        const std::string block = "blocks." + std::to_string(i) + ".";
        if (!shapes.matches(block + "attn.qkv.weight", {3 * width, width}) ||
            !shapes.matches(block + "mlp.fc1.weight", {4 * width, width}))
            return std::nullopt;
    }
    const bool tiny = width == 192;
    ArchitectureGuess guess{.architecture = tiny ? "vit_tiny" : "vit_small",
                            .channels = shapes.size("patch_embed.proj.weight", 1),
                            .classes = shapes.size("head.weight", 0)};
    option(guess, "patch", patch, 16);
    option(guess, "width", width, tiny ? 192 : 384);
    option(guess, "depth", depth, 12);
    option(guess, "heads", width / kHeadWidth, tiny ? 3 : 6);
    // The embedding of positions fixes how many patches an image has; nearly always they form a square.
    const std::int64_t patches = shapes.size("pos_embed", 1) - 1;
    const std::int64_t side =
        std::llround(std::sqrt(static_cast<double>(std::max<std::int64_t>(patches, 0))));
    if (side > 0 && side * side == patches)
        guess.height = guess.width = side * patch;
    return guess;
}

std::optional<ArchitectureGuess> guessConvmixerOriginal(const TensorShapes& shapes)
{
    const std::int64_t width = shapes.size("0.weight", 0);
    const std::int64_t patch = shapes.size("0.weight", 3);
    const std::int64_t kernel = shapes.size("3.0.fn.0.weight", 3);
    const std::int64_t depth = shapes.count("", ".0.fn.0.weight", 3);
    if (depth == 0 || !shapes.matches("0.weight", {kAny, kAny, patch, patch}))
        return std::nullopt;
    for (std::int64_t i = 0; i < depth; ++i) {
        const std::string block = std::to_string(3 + i) + ".";
        if (!shapes.matches(block + "0.fn.0.weight", {width, 1, kernel, kernel}) ||
            !shapes.matches(block + "1.weight", {width, width, 1, 1}))
            return std::nullopt;
    }
    ArchitectureGuess guess{.architecture = "convmixer_original",
                            .channels = shapes.size("0.weight", 1),
                            .classes = shapes.size(std::to_string(3 + depth + 2) + ".weight", 0),
                            .usualSide = patch < 4 ? kCifar : kPhotograph};
    option(guess, "width", width, 1536);
    option(guess, "depth", depth, 20);
    option(guess, "kernel", kernel, 9);
    option(guess, "patch", patch, 7);
    option(guess, "relu", width == 768 && depth == 32 ? 1 : 0, 0); // the one published with ReLU
    return guess;
}

} // namespace assay::models
