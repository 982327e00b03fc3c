#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace assay::protocol {

/// One picture of a scene, as large as the scene.
struct ScenePicture
{
    std::string name;           ///< "clean", "patched"
    std::uint32_t channels = 1; ///< 1 grey, 3 RGB
    /// height x width x channels bytes. Empty: the picture of this name that is shown already stays.
    std::vector<std::uint8_t> pixels;
    bool operator==(const ScenePicture&) const = default;
};

/// A box that a model gave or that is true, in pixels of the scene: left, top, width, height.
struct SceneBox
{
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;
    std::string label;
    double score = -1; ///< 0 .. 1; negative for none
    std::string role;  ///< colour role; empty: by the label
    bool operator==(const SceneBox&) const = default;
};

/// Values by place, drawn over the pictures in colours.
struct SceneMap
{
    std::string name;
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    std::vector<float> values; ///< rows x columns, row by row from the top; NaN is not drawn
    double low = 0;            ///< ends of the colour map
    double high = 1;
    std::string colourMap = "sequential"; ///< or "diverging"
    // What it covers, in pixels of the scene; width 0: all of it.
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;
    double opacity = 1; ///< 0 .. 1
    bool operator==(const SceneMap&) const = default;
};

/// One bar of the probabilities that a model gives the picture.
struct SceneBar
{
    std::string label;
    double value = 0;  ///< 0 .. 1
    std::string role;  ///< "good" for the true class, "bad" for the target; may be empty
    std::string group; ///< the model, where several are asked
    bool operator==(const SceneBar&) const = default;
};

/// A picture with transparency that lies on the scene and can be taken hold of. Its place is that of its
/// centre, its size in pixels of the scene, its angle in degrees clockwise.
struct ScenePatch
{
    std::string name; ///< what it is called when kept: "patch"
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    std::vector<std::uint8_t> pixels; ///< rows x columns x 4 (RGBA, not premultiplied); empty: no patch
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;
    double angle = 0;
    /// Names of the study's live parameters that moving the patch sets; an empty one stays as it is. The
    /// first three are fractions: of the scene's width, of its height, and (size) the patch's width of the
    /// scene's shorter side; the last one degrees.
    std::string xField;
    std::string yField;
    std::string sizeField;
    std::string angleField;
    bool operator==(const ScenePatch&) const = default;
};

/// A picture to work on: one or more aligned variants with what models say of them, shown on the canvas. A
/// study that previews answers a moved patch with a scene of the same name.
struct Scene
{
    std::string name;
    std::string title;
    std::string caption;
    std::string section;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::vector<ScenePicture> pictures; ///< at least one; the patch lies on the first
    std::vector<SceneBox> boxes;
    std::vector<SceneMap> maps;
    std::vector<SceneBar> bars;
    std::vector<std::uint8_t> mask; ///< height x width bytes, 255 inside; empty: none
    ScenePatch patch;
    /// Name of the study's live parameter that says which sample is shown; empty: none can be chosen. Its
    /// values are `samples`.
    std::string sampleField;
    std::vector<std::int64_t> samples; ///< the samples that can be chosen, by ids as figures use them
    std::int64_t sample = -1;          ///< the one shown; -1: none of the data set's

    std::size_t pictureBytes(std::uint32_t channels) const { return std::size_t(width) * height * channels; }
    bool operator==(const Scene&) const = default;
};

} // namespace assay::protocol
