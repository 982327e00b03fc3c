#include "widgets/engine/run_record.h"
#include "widgets/figures/plot_style.h"
#include "widgets/report/comparison/compare_tables.h"

#include <QCoreApplication>
#include <QMap>

#include <algorithm>
#include <cmath>

namespace assay::widgets {

namespace {

struct CompareParametersWords
{
    Q_DECLARE_TR_FUNCTIONS(CompareParameters)
};

const QString kAbsentParameter = QStringLiteral("–");

QString parameterText(const Json& value)
{
    if (value.is_string())
        return QString::fromStdString(value.get<std::string>());
    if (value.is_number_float())
        return QString::number(value.get<double>(), 'g', 6);
    if (value.is_null())
        return kAbsentParameter;
    if (!value.is_array())
        return QString::fromStdString(value.dump());
    QStringList parts;
    for (const Json& item : value)
        parts << parameterText(item);
    return parts.isEmpty() ? CompareParametersWords::tr("(none)") : parts.join(QStringLiteral(", "));
}

/// What a run was made with, in the order of its spec: (name, text).
class ParameterList
{
public:
    ParameterList(const RunRecord& run, bool versions)
    {
        add(CompareParametersWords::tr("study"), QString::fromStdString(run.spec().study));
        flatten(run.spec().params, {});
        add(CompareParametersWords::tr("seed"), QString::number(run.spec().seed));
        if (!versions)
            return;
        const Json& made = run.provenance();
        // What it ran on, where that is known; "auto" says little.
        add(CompareParametersWords::tr("device"),
            member(made, "device", QString::fromStdString(run.spec().device)));
        add(CompareParametersWords::tr("study version"), member(made, "study_version", kAbsentParameter));
        add(CompareParametersWords::tr("Assay's commit"), member(made, "commit", kAbsentParameter));
    }

    const QStringList& names() const { return m_names; }
    QString value(const QString& name) const { return m_values.value(name, kAbsentParameter); }

private:
    static QString member(const Json& object, const char* key, const QString& otherwise)
    {
        return object.is_object() && object.contains(key) ? parameterText(object[key]) : otherwise;
    }

    void add(const QString& name, const QString& value)
    {
        m_names << name;
        m_values.insert(name, value);
    }

    void flatten(const Json& params, const QString& prefix)
    {
        if (!params.is_object())
            return;
        for (const auto& [key, value] : params.items()) {
            const QString name = prefix + QString::fromStdString(key);
            if (value.is_object() && !value.empty())
                flatten(value, name + QLatin1Char('.'));
            else if (!value.is_object())
                add(name, parameterText(value));
        }
    }

    QStringList m_names;
    QMap<QString, QString> m_values;
};

/// Inputs of one name that are not the same file in all runs.
void noteChangedInputs(const QVector<std::shared_ptr<RunRecord>>& runs, QStringList& notices)
{
    QMap<std::pair<std::string, QString>, QString> hashOf; // by kind and name
    QStringList changed;
    for (const auto& run : runs) {
        const Json inputs =
            run->provenance().is_object() ? run->provenance().value("inputs", Json()) : Json();
        if (!inputs.is_object())
            continue;
        for (const auto& [kind, list] : inputs.items()) {
            if (!list.is_object())
                continue;
            for (const auto& [name, hash] : list.items()) {
                const std::pair key(kind, QString::fromStdString(name));
                const QString now = parameterText(hash);
                if (hashOf.contains(key) && hashOf[key] != now && !changed.contains(key.second))
                    changed << key.second;
                hashOf.insert(key, now);
            }
        }
    }
    for (const QString& name : changed)
        notices << CompareParametersWords::tr(
                       "“%1” was not the same file in all runs: the hashes in their provenance differ.")
                       .arg(name);
}

/// Rows of what differs; @p agree counts the rest.
std::shared_ptr<protocol::Table> differenceTable(const QVector<std::shared_ptr<RunRecord>>& runs,
                                                 const QStringList& names, bool versions, int& agree)
{
    std::vector<ParameterList> lists;
    QStringList all;
    for (const auto& run : runs) {
        lists.emplace_back(*run, versions);
        for (const QString& name : lists.back().names()) {
            if (!all.contains(name))
                all << name;
        }
    }
    auto table = std::make_shared<protocol::Table>();
    table->columns.resize(1 + lists.size());
    table->columns[0].name = "parameter";
    table->columns[0].label = CompareParametersWords::tr("Parameter").toStdString();
    for (std::size_t k = 0; k < lists.size(); ++k) {
        table->columns[1 + k].name = "run_" + std::to_string(k + 1);
        table->columns[1 + k].label = names[static_cast<qsizetype>(k)].toStdString();
    }
    for (const QString& name : all) {
        const QString first = lists.front().value(name);
        if (std::all_of(lists.begin(), lists.end(), [&](const auto& l) { return l.value(name) == first; })) {
            ++agree;
            continue;
        }
        table->columns[0].texts.push_back(name.toStdString());
        for (std::size_t k = 0; k < lists.size(); ++k)
            table->columns[1 + k].texts.push_back(lists[k].value(name).toStdString());
    }
    return table;
}

} // namespace

QStringList namesByDifference(const QVector<std::shared_ptr<RunRecord>>& runs, std::size_t most)
{
    int agree = 0;
    const auto table = differenceTable(runs, QStringList(runs.size()), false, agree);
    if (table->rows() == 0 || table->rows() > most)
        return {};
    QStringList names;
    for (std::size_t k = 1; k < table->columns.size(); ++k) {
        QStringList parts;
        for (std::size_t row = 0; row < table->rows(); ++row)
            parts << QString::fromStdString(table->columns[0].texts[row] + ' ' +
                                            table->columns[k].texts[row]);
        names << parts.join(QStringLiteral(", "));
    }
    return names;
}

std::shared_ptr<const protocol::Table> compareParameters(const QVector<std::shared_ptr<RunRecord>>& runs,
                                                         const QStringList& names, QStringList& notices)
{
    noteChangedInputs(runs, notices);
    int agree = 0;
    const auto table = differenceTable(runs, names, true, agree);
    if (table->rows() == 0) {
        notices << CompareParametersWords::tr(
                       "The runs agree in everything they were made with: all %1 parameters, seed, device "
                       "and version included.")
                       .arg(agree);
        return nullptr;
    }
    table->name = "comparison-parameters";
    table->title = CompareParametersWords::tr("What differs between the runs").toStdString();
    table->caption =
        CompareParametersWords::tr("Parameters, seed, device and versions that are not the same in all "
                                   "runs; the other %1 agree.")
            .arg(agree)
            .toStdString();
    return table;
}

} // namespace assay::widgets
