#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace assay::protocol {

/// Which samples stand behind each mark of a layer, as one flat list: mark i owns
/// ids[offsets[i] .. offsets[i+1]). Empty means that the marks are not linked to samples.
/// Ids are the samples' indices in the run's dataset and are the same in every view of the run.
struct MarkSamples
{
    std::vector<std::uint32_t> offsets; ///< marks + 1 entries, ascending, first 0, last ids.size()
    std::vector<std::int64_t> ids;

    bool empty() const { return offsets.size() < 2; }
    std::size_t marks() const { return offsets.empty() ? 0 : offsets.size() - 1; }
    /// Appends one mark that stands for @p samples.
    void add(const std::vector<std::int64_t>& samples);
    std::vector<std::int64_t> of(std::size_t mark) const;
    bool operator==(const MarkSamples&) const = default;
};

enum class AxisScale { Linear, Log, Category };

struct Axis
{
    std::string label;
    std::string unit; ///< empty for a pure number; "%" when values are percentages
    AxisScale scale = AxisScale::Linear;
    std::vector<std::string> categories; ///< names of positions 0, 1, ... when scale is Category
    std::optional<double> low;           ///< fixed range; chosen from the data when absent
    std::optional<double> high;
    /// Name of a live parameter: a click on a mark sets it to the mark's category on this axis, or its value.
    std::string sets;
    bool operator==(const Axis&) const = default;
};

enum class LayerKind {
    Line,   ///< x, y joined in order; low/high draw an error band
    Band,   ///< area between low and high over x
    Bars,   ///< y over x; layers with the same stack name are stacked in order, others grouped side by side
    Points, ///< x, y; low/high draw error bars
    Cells,  ///< z, row-major, rows x columns; row 0 at the bottom of y
    Boxes,  ///< five numbers a mark in z (min, q1, median, q3, max) at x
    Marks,  ///< reference lines and texts: x (vertical) or y (horizontal) with labels
};

/// One layer of a figure. Vectors that a kind does not use stay empty; those it uses have one entry per mark.
struct Layer
{
    LayerKind kind = LayerKind::Line;
    std::string name; ///< legend entry
    /// What the layer stands for, from which the theme picks its colour: "same", "different", "unfooled",
    /// "model:NAME", "class:NAME", "chance", "accent", "neutral", "empty" (hollow: nothing is there). One
    /// role has one colour everywhere.
    std::string role;
    std::string stack; ///< Bars only: name of the stack this layer belongs to
    std::vector<double> x;
    std::vector<double> y;
    std::vector<double> low;  ///< lower end of the interval of y
    std::vector<double> high; ///< upper end of the interval of y
    std::vector<double> z;
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    std::string colourMap;           ///< Cells: "sequential" or "diverging"
    std::vector<std::string> labels; ///< text per mark, shown on hover or beside it
    std::vector<double> count;       ///< numerator of a rate, per mark
    std::vector<double> denominator; ///< denominator of a rate, per mark
    MarkSamples samples;
    bool operator==(const Layer&) const = default;
};

/// A figure is data first: the screen, the exported file and the CSV are drawn from this value.
struct Figure
{
    std::string name; ///< stable id within the run, [a-z0-9-]+; a later figure of the same name replaces it
    std::string title;
    std::string caption;
    std::string section;  ///< heading of the study document under which it stands
    std::string rateOf;   ///< when values are rates: what they are a rate of, in words
    std::string interval; ///< what low/high are, e.g. "Wilson 95 %"
    Axis x;
    Axis y;
    Axis colour; ///< label, unit and range of Cells values
    std::vector<Layer> layers;
    double aspect = 1.6; ///< width / height the author had in mind
    std::string sets;    ///< live parameters that a click on any mark sets too: a JSON object, or empty
    std::string opens;   ///< the gallery that a click on a mark brings into view, by name
    bool operator==(const Figure&) const = default;
};

} // namespace assay::protocol
