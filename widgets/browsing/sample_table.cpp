#include "widgets/browsing/sample_table.h"

#include "backend/protocol/error.h"
#include "widgets/engine/json_read.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace assay::widgets {

namespace {

constexpr std::size_t kMostColumns = 4096;
/// More distinct numbers than this are shown as ranges.
constexpr std::size_t kMostDistinct = 8;
constexpr int kRanges = 4;

struct SampleTableWords
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::SampleTable)
};

[[noreturn]] void fail(const QString& what)
{
    throw Error(
        SampleTableWords::tr("the table of the samples could not be read: %1").arg(what).toStdString());
}

QStringList textsOf(const Json& list)
{
    QStringList texts;
    for (const Json& item : list)
        texts << (item.is_string() ? QString::fromStdString(item.get<std::string>()) : QString());
    return texts;
}

/// Takes columns off the front of the bytes.
class ColumnReader
{
public:
    ColumnReader(std::span<const std::uint8_t> bytes, std::size_t count)
        : m_bytes(bytes)
        , m_count(count)
    {}

    template <class Number>
    std::vector<Number> numbers(const QString& column)
    {
        const auto from = take(m_count, sizeof(Number), column);
        std::vector<Number> values(m_count);
        if (m_count > 0)
            std::memcpy(values.data(), from.data(), from.size());
        return values;
    }

    std::vector<QString> texts(const QString& column)
    {
        if (m_bytes.size() / sizeof(std::uint32_t) < m_count)
            cutShort(column);
        std::vector<QString> values(m_count);
        for (QString& value : values) {
            std::uint32_t length = 0;
            std::memcpy(&length, take(1, sizeof length, column).data(), sizeof length);
            const auto from = take(length, 1, column);
            value = QString::fromUtf8(reinterpret_cast<const char*>(from.data()), qsizetype(length));
        }
        return values;
    }

    std::size_t left() const { return m_bytes.size(); }

private:
    std::span<const std::uint8_t> take(std::size_t items, std::size_t size, const QString& column)
    {
        if (m_bytes.size() / size < items)
            cutShort(column);
        const auto front = m_bytes.first(items * size);
        m_bytes = m_bytes.subspan(items * size);
        return front;
    }
    [[noreturn]] static void cutShort(const QString& column)
    {
        fail(SampleTableWords::tr("column '%1' is cut short").arg(column));
    }

    std::span<const std::uint8_t> m_bytes;
    std::size_t m_count;
};

void keepWithin(std::vector<std::int32_t>& codes, qsizetype values)
{
    for (std::int32_t& code : codes) {
        if (code < 0 || code >= values)
            code = -1;
    }
}

QString numberText(double value)
{
    return QLocale().toString(value, 'g', 4);
}

/// Cuts numbers into their distinct values when these are few, else into ranges of about equal counts.
void addRanges(SampleAttribute& attribute)
{
    std::vector<double> sorted;
    std::copy_if(attribute.numbers.begin(), attribute.numbers.end(), std::back_inserter(sorted),
                 [](double value) { return std::isfinite(value); });
    std::sort(sorted.begin(), sorted.end());
    std::vector<double> upper = sorted; // the last number of each range
    upper.erase(std::unique(upper.begin(), upper.end()), upper.end());
    const bool distinct = upper.size() <= kMostDistinct;
    if (!distinct) {
        upper.clear();
        for (std::size_t i = 1; i <= kRanges; ++i)
            upper.push_back(sorted[(sorted.size() * i) / kRanges - 1]);
        upper.erase(std::unique(upper.begin(), upper.end()), upper.end());
    }
    for (std::size_t i = 0; i < upper.size(); ++i) {
        const double low =
            i == 0 ? sorted.front() : *std::upper_bound(sorted.begin(), sorted.end(), upper[i - 1]);
        attribute.values
            << (distinct || low == upper[i]
                    ? numberText(upper[i])
                    : SampleTableWords::tr("%1 to %2").arg(numberText(low), numberText(upper[i])));
    }
    attribute.codes.resize(attribute.numbers.size(), -1);
    for (std::size_t i = 0; i < attribute.numbers.size(); ++i) {
        const double value = attribute.numbers[i];
        if (std::isfinite(value))
            attribute.codes[i] =
                std::int32_t(std::lower_bound(upper.begin(), upper.end(), value) - upper.begin());
    }
}

void readColumn(SampleTable& table, const Json& column, ColumnReader& reader)
{
    const QString name = textOf(column, "name");
    const QString type = textOf(column, "type");
    if (name == QLatin1String("label") && type == QLatin1String("i32")) {
        table.labels = reader.numbers<std::int32_t>(name);
        keepWithin(table.labels, table.classes.size());
    } else if (type == QLatin1String("i32")) {
        SampleAttribute attribute{name, textsOf(arrayOf(column, "values")), {}, {}};
        attribute.codes = reader.numbers<std::int32_t>(name);
        keepWithin(attribute.codes, attribute.values.size());
        table.attributes.push_back(std::move(attribute));
    } else if (type == QLatin1String("f64")) {
        SampleAttribute attribute{name, {}, {}, reader.numbers<double>(name)};
        addRanges(attribute);
        table.attributes.push_back(std::move(attribute));
    } else if (type == QLatin1String("text")) {
        std::vector<QString> texts = reader.texts(name);
        if (name == QLatin1String("#name"))
            table.names = std::move(texts);
        else if (name == QLatin1String("#caption"))
            table.captions = std::move(texts);
    } else {
        fail(SampleTableWords::tr("column '%1' has the unknown type '%2'").arg(name, type));
    }
}

} // namespace

QString SampleTable::className(std::int64_t id) const
{
    return id >= 0 && std::size_t(id) < labels.size() ? classes.value(labels[std::size_t(id)]) : QString();
}

SampleTable readSampleTable(const Json& head, std::span<const std::uint8_t> bytes)
{
    const double count = numberOf(head, "count", -1);
    // Every sample has at least the four bytes of its label.
    if (!(count >= 0) || count > double(bytes.size()) || count != std::floor(count))
        fail(SampleTableWords::tr("it does not say how many there are"));
    SampleTable table;
    table.count = std::int64_t(count);
    table.classes = textsOf(arrayOf(head, "classes"));
    const auto side = [&head](const char* key) { return int(std::clamp(numberOf(head, key), 0.0, 1e6)); };
    table.channels = side("channels");
    table.height = side("height");
    table.width = side("width");
    const Json columns = arrayOf(head, "columns");
    if (columns.size() > kMostColumns)
        fail(SampleTableWords::tr("it has more than %1 columns").arg(kMostColumns));
    ColumnReader reader(bytes, std::size_t(table.count));
    for (const Json& column : columns)
        readColumn(table, column, reader);
    if (reader.left() > 0)
        fail(SampleTableWords::tr("%1 bytes are left over").arg(reader.left()));
    table.labels.resize(std::size_t(table.count), -1);
    return table;
}

} // namespace assay::widgets
