#include "backend/data/formats/manifest_file.h"

#include "backend/arrays/csv_reader.h"
#include "backend/arrays/csv_table.h"
#include "backend/arrays/mapped_file.h"
#include "backend/data/formats/manifest_columns.h"
#include "backend/data/images/image_import.h"
#include "backend/protocol/error.h"
#include "backend/protocol/json_fields.h"

#include <QUtf8StringView>

#include <algorithm>
#include <cmath>
#include <fstream>

namespace assay::data {

namespace fs = std::filesystem;

namespace {

using protocol::Finding;

constexpr std::size_t kHead = 64 * 1024;
constexpr std::size_t kMaxAttributes = 512;
constexpr std::size_t kMaxCells = std::size_t(1) << 27; ///< 12 bytes each while reading

ImageRows::Place placeOf(const std::string& split, bool& validation)
{
    std::string word = split;
    std::ranges::transform(word, word.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (word == "train" || word == "training")
        return ImageRows::Place::Train;
    validation = word == "val" || word == "valid" || word == "validation";
    if (word == "test" || word == "testing" || validation)
        return ImageRows::Place::Test;
    return ImageRows::Place::Unknown;
}

class ManifestReader
{
public:
    ManifestReader(const fs::path& file, std::span<const std::uint8_t> bytes, bool outside,
                   const Json& options)
        : m_where(file.string())
        , m_csv(bytes, m_where)
        , m_outside(outside)
    {
        const protocol::JsonFields fields(options, m_where, "the options");
        m_categorical = fields.texts("categorical", false);
        m_numeric = fields.texts("numeric", false);
    }

    Manifest read()
    {
        std::vector<std::string> record;
        if (!m_csv.next(record))
            throw Error("is empty", m_where, "Give it a header with the columns path and label.");
        readHeader(record);
        while (m_csv.next(record))
            readRow(record);
        if (m_manifest.rows.names.empty())
            throw Error("lists no pictures", m_where, "Add a row for each picture.");
        finish();
        return std::move(m_manifest);
    }

private:
    [[noreturn]] void fail(const std::string& what, const std::string& mend) const
    {
        throw Error("line " + std::to_string(m_csv.line()) + " " + what, m_where, mend);
    }

    void readHeader(const std::vector<std::string>& header)
    {
        const auto columns = ManifestColumns::find(header);
        if (!columns)
            throw Error("has no columns path and label in its first line", m_where,
                        "Name the columns there; a path and a label are needed.");
        ManifestColumns::checkNames(header, m_where);
        m_columns = *columns;
        m_fields = header.size();
        m_manifest.hasSplits = m_columns.split.has_value();
        if (m_columns.attributes.size() > kMaxAttributes)
            throw Error("has " + std::to_string(header.size()) + " columns; at most " +
                            std::to_string(kMaxAttributes) + " attributes are read",
                        m_where, "Remove columns.");
        for (const std::size_t column : m_columns.attributes) {
            const std::string& name = header[column];
            const auto listed = [&](const auto& list) { return std::ranges::find(list, name) != list.end(); };
            m_builders.emplace_back(name, listed(m_numeric) ? ColumnBuilder::Kind::Numeric
                                          : listed(m_categorical) || name == "domain"
                                              ? ColumnBuilder::Kind::Categorical
                                              : ColumnBuilder::Kind::FindOut);
        }
    }

    void readRow(const std::vector<std::string>& record)
    {
        if (record.size() != m_fields)
            fail("has " + std::to_string(record.size()) + " fields; the header has " +
                     std::to_string(m_fields),
                 "Quote fields that hold a separator.");
        const std::string& path = record[m_columns.path];
        const std::string& label = record[m_columns.label];
        if (path.empty() || label.empty())
            fail(path.empty() ? "has no path" : "has no label", "Fill it in, or remove the line.");
        if (!m_outside && !isInside(path))
            fail("has the path '" + path.substr(0, 200) + "', which leads out of the file's folder",
                 "Name pictures relative to the file, or allow files outside.");
        const auto row = static_cast<std::int32_t>(m_manifest.rows.names.size());
        const bool boxed = hasBox(record);
        if (const std::int32_t known = m_paths.numberOf(path); known < row) {
            addFurther(static_cast<std::size_t>(known), label, boxed);
        } else {
            m_manifest.rows.add(path, label, placeIn(record), m_where);
            m_boxed.push_back(boxed);
            if (m_columns.caption)
                m_manifest.rows.captions.push_back(record[*m_columns.caption]);
            if (m_manifest.rows.names.size() * m_builders.size() > kMaxCells)
                fail("makes more than " + std::to_string(kMaxCells >> 20) + " million attribute values",
                     "Remove columns.");
            for (std::size_t i = 0; i < m_builders.size(); ++i)
                m_builders[i].add(record[m_columns.attributes[i]]);
        }
        if (boxed)
            addBox(record, m_paths.numberOf(path));
    }

    /// A row whose picture is known already: only another box of the same picture is allowed.
    void addFurther(std::size_t row, const std::string& label, bool boxed)
    {
        const ImageRows& rows = m_manifest.rows;
        if (!boxed || !m_boxed[row])
            fail("lists the picture '" + rows.names[row].substr(0, 200) + "' again",
                 "List each picture once, or give each of its rows a box.");
        if (rows.classNames.texts()[static_cast<std::size_t>(rows.classes[row])] != label)
            fail("gives the picture '" + rows.names[row].substr(0, 200) + "' another label",
                 "Give all rows of a picture the same label; a box's own class stands in the column "
                 "category.");
    }

    ImageRows::Place placeIn(const std::vector<std::string>& record)
    {
        if (!m_columns.split)
            return ImageRows::Place::Unknown;
        bool validation = false;
        const auto place = placeOf(record[*m_columns.split], validation);
        if (place == ImageRows::Place::Unknown)
            fail("has the split '" + record[*m_columns.split].substr(0, 80) + "'",
                 "Write train, test or val.");
        m_validation.push_back(validation);
        m_hasTest = m_hasTest || (place == ImageRows::Place::Test && !validation);
        return place;
    }

    bool hasBox(const std::vector<std::string>& record) const
    {
        if (!m_columns.box)
            return false;
        const auto filled = std::ranges::count_if(
            *m_columns.box, [&](std::size_t column) { return !record[column].empty(); });
        if (filled != 0 && filled != 4)
            fail("has a box with " + std::to_string(filled) + " of its 4 numbers",
                 "Fill in x, y, width and height, or none of them.");
        return filled == 4;
    }

    void addBox(const std::vector<std::string>& record, std::int32_t row)
    {
        std::array<float, 4> numbers{};
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            const auto value = arrays::csvValue(record[(*m_columns.box)[i]]);
            const bool side = i >= 2;
            if (!value || !std::isfinite(*value) || std::abs(*value) > 1e6 || (side && *value <= 0))
                fail("has a box that is no rectangle",
                     "Write x, y, width and height as numbers of pixels, width and height above 0.");
            numbers[i] = static_cast<float>(*value);
        }
        const std::string& category =
            m_columns.category ? record[*m_columns.category] : record[m_columns.label];
        m_manifest.rows.boxes.push_back({.sample = row,
                                         .x = numbers[0],
                                         .y = numbers[1],
                                         .width = numbers[2],
                                         .height = numbers[3],
                                         .category = m_categories.numberOf(category)});
    }

    void finish()
    {
        m_manifest.rows.boxClasses = m_categories.texts();
        for (const ColumnBuilder& builder : m_builders) {
            if (auto column = builder.finish(m_where))
                m_manifest.rows.columns.push_back(std::move(*column));
            else
                m_manifest.findings.push_back(
                    {Finding::Level::Info,
                     "The column '" + builder.name() + "' is not used: it is empty, or holds more than " +
                         std::to_string(ColumnBuilder::kMaxValues) + " different texts."});
        }
        tellAttributes();
        if (m_hasTest)
            dropValidation();
    }

    void tellAttributes()
    {
        std::string names;
        for (const RowColumn& column : m_manifest.rows.columns)
            names += (names.empty() ? "" : ", ") + column.name +
                     (column.values.empty() ? " (numbers)"
                                            : " (" + std::to_string(column.values.size()) + " values)");
        if (!names.empty())
            m_manifest.findings.push_back({Finding::Level::Info, "Attributes: " + names + "."});
    }

    /// With rows for testing, those for validation belong to neither split.
    void dropValidation()
    {
        ImageRows& rows = m_manifest.rows;
        std::vector<std::int64_t> newRow(rows.names.size(), -1);
        std::size_t kept = 0;
        for (std::size_t row = 0; row < rows.names.size(); ++row) {
            if (m_validation[row])
                continue;
            newRow[row] = static_cast<std::int64_t>(kept);
            const auto move = [&](auto& list) {
                if (!list.empty())
                    list[kept] = std::move(list[row]);
            };
            if (kept != row) {
                move(rows.names);
                move(rows.classes);
                move(rows.places);
                move(rows.captions);
                for (RowColumn& column : rows.columns) {
                    move(column.codes);
                    move(column.numbers);
                }
            }
            ++kept;
        }
        const std::size_t dropped = rows.names.size() - kept;
        if (dropped == 0)
            return;
        const auto cut = [kept](auto& list) { list.resize(std::min(kept, list.size())); };
        cut(rows.names);
        cut(rows.classes);
        cut(rows.places);
        cut(rows.captions);
        for (RowColumn& column : rows.columns) {
            cut(column.codes);
            cut(column.numbers);
        }
        std::erase_if(rows.boxes, [&](Box& box) {
            box.sample = newRow[static_cast<std::size_t>(box.sample)];
            return box.sample < 0;
        });
        m_manifest.findings.push_back(
            {Finding::Level::Warning, counted(static_cast<std::int64_t>(dropped), "picture") +
                                          " for validation beside those for testing: not used. Change the "
                                          "column split to use them."});
    }

    std::string m_where;
    arrays::CsvReader m_csv;
    bool m_outside;
    std::vector<std::string> m_categorical;
    std::vector<std::string> m_numeric;
    ManifestColumns m_columns;
    std::size_t m_fields = 0;
    std::vector<ColumnBuilder> m_builders;
    TextNumbers m_paths;
    TextNumbers m_categories;
    std::vector<bool> m_boxed;      ///< by row: its first line has a box
    std::vector<bool> m_validation; ///< by row
    bool m_hasTest = false;
    Manifest m_manifest;
};

} // namespace

Manifest readManifest(const fs::path& file, bool outside, const Json& options)
{
    const arrays::MappedFile mapped(file);
    const auto bytes = mapped.bytes();
    if (bytes.size() > kMaxManifestBytes)
        throw Error("is larger than " + std::to_string(kMaxManifestBytes >> 30) +
                        " GiB, too large for a manifest",
                    file.string(), "Divide it into several data sets.");
    if (!QUtf8StringView(reinterpret_cast<const char*>(bytes.data()), static_cast<qsizetype>(bytes.size()))
             .isValidUtf8())
        throw Error("is no UTF-8 text", file.string(), "Save it again as CSV in UTF-8.");
    return ManifestReader(file, bytes, outside, options).read();
}

bool looksLikeManifest(const fs::path& file)
{
    const std::string ending = file.extension().string();
    std::error_code code;
    if ((ending != ".csv" && ending != ".CSV" && ending != ".tsv") || !fs::is_regular_file(file, code))
        return false;
    std::ifstream input(file, std::ios::binary);
    std::vector<char> head(kHead);
    input.read(head.data(), static_cast<std::streamsize>(head.size()));
    const auto got = static_cast<std::size_t>(input.gcount());
    try {
        arrays::CsvReader reader(std::span(reinterpret_cast<const std::uint8_t*>(head.data()), got),
                                 file.string());
        std::vector<std::string> record;
        return reader.next(record) && ManifestColumns::find(record).has_value();
    } catch (const Error&) {
        return false;
    }
}

} // namespace assay::data
