#include "widgets/browsing/sample_filter.h"

namespace assay::widgets {

namespace {

bool hasWords(const SampleTable& table, std::size_t row, const QStringList& words)
{
    static const QString none;
    const QString& name = row < table.names.size() ? table.names[row] : none;
    const QString& caption = row < table.captions.size() ? table.captions[row] : none;
    for (const QString& word : words) {
        if (!name.contains(word, Qt::CaseInsensitive) && !caption.contains(word, Qt::CaseInsensitive))
            return false;
    }
    return true;
}

/// Which conditions a sample fails matters only when it is one: then it counts for that one alone.
class Counter
{
public:
    Counter(const SampleTable& table, const SampleFilter& filter, FilteredSamples& out)
        : m_table(table)
        , m_filter(filter)
        , m_out(out)
        , m_wanted(table.attributes.size(), -1)
    {
        out.classCounts.assign(std::size_t(table.classes.size()), 0);
        for (const SampleAttribute& attribute : table.attributes)
            out.valueCounts.emplace_back(std::size_t(attribute.values.size()), 0);
        for (auto it = filter.values.begin(); it != filter.values.end(); ++it) {
            if (it.key() >= 0 && std::size_t(it.key()) < m_wanted.size())
                m_wanted[std::size_t(it.key())] = it.value();
        }
    }

    void add(std::size_t row)
    {
        constexpr int kNone = -2, kClass = -1;
        int failed = kNone;
        const std::int32_t label = m_table.labels[row];
        if (!m_filter.classes.isEmpty() && !m_filter.classes.contains(label))
            failed = kClass;
        for (std::size_t a = 0; a < m_wanted.size(); ++a) {
            if (m_wanted[a] < 0 || m_table.attributes[a].codes[row] == m_wanted[a])
                continue;
            if (failed != kNone)
                return;
            failed = int(a);
        }
        if (failed == kNone)
            m_out.ids.append(qint64(row));
        if (label >= 0 && (failed == kNone || failed == kClass))
            ++m_out.classCounts[std::size_t(label)];
        for (std::size_t a = 0; a < m_wanted.size(); ++a) {
            const std::int32_t code = m_table.attributes[a].codes[row];
            if (code >= 0 && (failed == kNone || failed == int(a)))
                ++m_out.valueCounts[a][std::size_t(code)];
        }
    }

private:
    const SampleTable& m_table;
    const SampleFilter& m_filter;
    FilteredSamples& m_out;
    std::vector<int> m_wanted; ///< code of each attribute, -1 for any
};

} // namespace

FilteredSamples filtered(const SampleTable& table, const SampleFilter& filter)
{
    FilteredSamples out;
    Counter counter(table, filter, out);
    const QStringList words = filter.text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    for (std::size_t row = 0; row < std::size_t(table.count); ++row) {
        if (hasWords(table, row, words))
            counter.add(row);
    }
    return out;
}

} // namespace assay::widgets
