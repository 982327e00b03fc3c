#pragma once

#include "backend/models/model.h"
#include "backend/protocol/finding.h"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace assay::models {

/// What a file from outside was recognised as, before it is imported.
struct ModelImport
{
    ModelCard card;                ///< as far as found out; the rest at defaults
    std::vector<std::string> asks; ///< card fields nobody can know but the user, e.g. "height", "classes"
    protocol::Findings findings;   ///< what was found, what looks wrong
    Json details = Json::object(); ///< of the format: opset, producer, missing tensors, ... for display
};

inline constexpr const char* kClassesLayout = "classes";
inline constexpr const char* kCocoClassNames = "coco";

/// What the user corrected; absent members keep what was found. Every field may be given by
/// `assay-cli import --set FIELD=VALUE` and in the window's import dialogue.
struct ModelCorrections
{
    std::optional<std::string> name;
    std::optional<std::string> title;
    std::optional<std::string> architecture;
    std::optional<Json> options;
    std::optional<std::vector<std::string>> classes;
    /// What 80 classes of a detector are called when `classes` is not given: kCocoClassNames, or else numbers.
    std::optional<std::string> classNames;
    /// Fields of a card's `output`, over those that were found; {"layout": kClassesLayout} of a classifier.
    std::optional<Json> output;
    std::optional<std::string> dataset; ///< takes the class names from it when `classes` is not given
    std::optional<std::int64_t> channels;
    std::optional<std::int64_t> height;
    std::optional<std::int64_t> width;
    std::optional<std::vector<double>> mean;
    std::optional<std::vector<double>> stddev;
    std::optional<double> scale;
    std::optional<bool> bgr;
};

/// The format of a built-in architecture's weights beside their card, which needs no import.
inline constexpr const char* kBuiltinFormat = "safetensors";

/// A kind of file that models come in. Files are hostile until parsed: each function bounds what it
/// allocates and throws Error (what, where, how to mend) for anything malformed, never crashes.
struct ModelFormat
{
    const char* name;  ///< in cards: "onnx"
    const char* title; ///< "ONNX"
    /// Whether the file looks like one of this kind, by its content first and its ending second. Reads no
    /// more than @p head (its first 64 KiB, less for a shorter file) and, for container formats, the
    /// directory.
    bool (*recognises)(const std::filesystem::path& file, std::span<const std::uint8_t> head);
    /// Reads the file with corrections applied and says what it is. The card's format and file are set.
    ModelImport (*inspect)(const std::filesystem::path& file, const ModelCorrections& corrections);
    /// The network of a card that inspect() made; on the CPU, in eval mode.
    std::shared_ptr<Network> (*load)(const ModelCard& card, const std::filesystem::path& file);
    /// Of a format of answers only, instead of load.
    Predictions (*predictions)(const ModelCard& card, const std::filesystem::path& file) = nullptr;
};

/// In the order in which they are asked whether they recognise a file.
const std::vector<const ModelFormat*>& modelFormats();

/// @throws Error naming the known formats.
const ModelFormat& modelFormat(const std::string& name);

/// The format of @p file, or nullptr when none recognises it. @throws Error when it cannot be read.
const ModelFormat* recogniseModel(const std::filesystem::path& file);

} // namespace assay::models
