#pragma once

#include "backend/data/images/image_rows.h"
#include "backend/protocol/finding.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace assay::data {

/// Where the columns of a manifest are that have a meaning of their own; the others are attributes.
struct ManifestColumns
{
    std::size_t path = 0;
    std::size_t label = 0;
    std::optional<std::size_t> split;
    std::optional<std::size_t> caption;
    std::optional<std::array<std::size_t, 4>> box; ///< x, y, width, height: all four or none
    std::optional<std::size_t> category;           ///< of the box; only with boxes
    std::vector<std::size_t> attributes;

    /// From the header: "path" (or file, filename, image) and "label" (or class) are needed; upper and lower
    /// case and spaces around names do not matter. nullopt: no path or no label.
    static std::optional<ManifestColumns> find(const std::vector<std::string>& header);
    /// @throws Error when two columns have one name.
    static void checkNames(const std::vector<std::string>& header, const std::string& where);
};

/// Collects one column and finds out whether it is numeric or categorical.
class ColumnBuilder
{
public:
    enum class Kind { FindOut, Categorical, Numeric };
    ColumnBuilder(std::string name, Kind kind)
        : m_name(std::move(name))
        , m_kind(kind)
    {}

    void add(const std::string& field);
    const std::string& name() const { return m_name; }

    /// The column, values sorted (by value when all are numbers). Empty fields are unknown. Left to itself it
    /// is numeric when every field is a finite number and they are not at most kFewIntegers different whole
    /// numbers, which are taken for classes. nullopt: a text column with more than kMaxValues different
    /// texts.
    /// @throws Error when it must be numeric and is not.
    std::optional<RowColumn> finish(const std::string& where) const;

    static constexpr std::size_t kMaxValues = 4096;
    static constexpr std::size_t kFewIntegers = 20;

private:
    std::string m_name;
    Kind m_kind;
    TextNumbers m_texts;
    std::vector<std::int32_t> m_codes;
    std::vector<double> m_numbers;
    bool m_isNumeric = true;
    bool m_isWhole = true;
    bool m_tooMany = false;
};

} // namespace assay::data
