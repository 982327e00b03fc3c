#pragma once

#include "backend/models/named_tensors.h"
#include "backend/protocol/json.h"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace assay::models {

/// What the names and shapes of a file's tensors say about the network they belong to. 0: the tensors do
/// not tell.
struct ArchitectureGuess
{
    std::string architecture; ///< key of the architecture registry
    Json options = Json::object();
    std::int64_t channels = 0; ///< from the first layer
    std::int64_t classes = 0;  ///< from the last layer
    std::int64_t height = 0;   ///< only where the weights fix it (an embedding of positions)
    std::int64_t width = 0;    ///< likewise
    std::int64_t usualSide =
        0; ///< else: the side such networks are usually trained with, or the only plausible
};

/// The shapes of a file's tensors by name, for guessers. Only tensors that hold something are in it: the
/// sizes of an empty one prove nothing, and may be of any size.
class TensorShapes
{
public:
    /// Any size, in has() and matches().
    static constexpr std::int64_t kAny = -1;

    explicit TensorShapes(const NamedTensors& tensors);

    bool has(const std::string& name) const { return m_shapes.contains(name); }
    /// Whether @p name is there with exactly these sizes, kAny standing for each.
    bool matches(const std::string& name, std::initializer_list<std::int64_t> sizes) const;
    /// Size of a dimension, counted from the end when negative; 0 when the tensor or the dimension is absent.
    std::int64_t size(const std::string& name, int dimension) const;
    /// How many of "PREFIX0SUFFIX", "PREFIX1SUFFIX", ... are there without a gap, from @p first on.
    std::int64_t count(const std::string& prefix, const std::string& suffix, std::int64_t first = 0) const;

private:
    std::map<std::string, std::vector<std::int64_t>> m_shapes;
};

/// Whether the tensors are those of an architecture, and with which options. A guesser is sure of its
/// architecture from a few tensors that no other one has, so that a file with missing or mis-shaped others is
/// still recognised and its faults can be listed. Options are read only from weights whose other dimensions
/// agree with them, so that a network made of the guess is never much larger than the file.
/// Guessers stand in guess.cpp and guess_*.cpp; the table of all of them is in guess.cpp.
using Guesser = std::optional<ArchitectureGuess> (*)(const TensorShapes& shapes);

std::optional<ArchitectureGuess> guessConvmixer(const TensorShapes& shapes);
std::optional<ArchitectureGuess> guessMlp(const TensorShapes& shapes);
std::optional<ArchitectureGuess> guessResnet(const TensorShapes& shapes);
std::optional<ArchitectureGuess> guessSmallCnn(const TensorShapes& shapes);
std::optional<ArchitectureGuess> guessVgg(const TensorShapes& shapes);

// The published networks, in guess_published.cpp. What weights do not tell is taken as published: a vision
// transformer has heads of 64 channels, a ConvMixer GELU unless it is the one of width 768 and depth 32. DeiT
// is recognised as the ViT of its size, which is the same network.
std::optional<ArchitectureGuess> guessConvmixerOriginal(const TensorShapes& shapes);
std::optional<ArchitectureGuess> guessDensenet(const TensorShapes& shapes);
std::optional<ArchitectureGuess> guessMobilenetV2(const TensorShapes& shapes);
std::optional<ArchitectureGuess> guessResnetOriginal(const TensorShapes& shapes);
std::optional<ArchitectureGuess> guessVgg16(const TensorShapes& shapes);
std::optional<ArchitectureGuess> guessVit(const TensorShapes& shapes);
std::optional<ArchitectureGuess> guessWideResnet(const TensorShapes& shapes);

/// Every architecture whose guesser recognises the tensors, those without options (published networks) first.
std::vector<ArchitectureGuess> guessArchitectures(const NamedTensors& tensors);

} // namespace assay::models
