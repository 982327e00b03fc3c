#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace assay::protocol {

/// A categorical attribute of every image of a grid, e.g. its label or its outcome.
struct ImageAttribute
{
    std::string name;                ///< "label", "source", "target", "outcome"
    std::string title;               ///< heading on screen
    std::vector<std::string> values; ///< dictionary
    std::vector<std::string> roles;  ///< colour role per dictionary entry, or empty
    std::vector<std::int32_t> codes; ///< per image: index into values, -1 for none
    bool operator==(const ImageAttribute&) const = default;
};

/// Images of one size, each shown in one or more variants (clean, perturbation, adversarial).
/// Thumbnails travel inline as raw pixels; larger sets lie in a file of the run folder.
struct ImageGrid
{
    std::string name;
    std::string title;
    std::string caption;
    std::string section;
    std::vector<std::string> variants; ///< at least one
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint32_t channels = 1;    ///< 1 grey, 3 RGB
    std::vector<std::int64_t> ids; ///< N sample ids, the same ids figures use
    /// N x variants x height x width x channels bytes, or empty when `file` is set.
    std::vector<std::uint8_t> pixels;
    std::string file;    ///< path relative to the run folder, same layout as `pixels`
    bool append = false; ///< true: more images for the grid of the same name
    std::vector<ImageAttribute> attributes;
    std::vector<std::string> notes; ///< per image text for the tooltip, or empty

    std::size_t count() const { return ids.size(); }
    std::size_t imageBytes() const { return std::size_t(width) * height * channels; }
    std::size_t pixelBytes() const { return count() * variants.size() * imageBytes(); }
    bool operator==(const ImageGrid&) const = default;
};

} // namespace assay::protocol
