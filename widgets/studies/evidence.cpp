#include "widgets/studies/evidence.h"

#include "backend/protocol/error.h"
#include "widgets/engine/json_read.h"
#include "widgets/engine/run_record.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include <algorithm>

namespace assay::widgets {

namespace {

struct EvidenceWords
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::Evidence)
};

QString quoted(const QString& word)
{
    static const QRegularExpression plain(QStringLiteral("^[A-Za-z0-9_./:=,@%+-]+$"));
    if (plain.match(word).hasMatch())
        return word;
    QString inner = word;
    inner.replace(QLatin1Char('\''), QStringLiteral("'\\''"));
    return QLatin1Char('\'') + inner + QLatin1Char('\'');
}

QString argument(const Json& value)
{
    if (value.is_string())
        return QString::fromStdString(value.get<std::string>());
    if (!value.is_array())
        return QString::fromStdString(value.dump());
    QStringList items;
    for (const Json& item : value)
        items << argument(item);
    return items.join(QLatin1Char(','));
}

} // namespace

Evidence makeEvidence(const RunRecord& run, const protocol::Figure& figure, const std::optional<Json>& params)
{
    protocol::RunSpec spec = run.spec();
    if (params)
        spec.params = *params;
    Json json = Json::object();
    json["assay"] = QCoreApplication::applicationVersion().toStdString();
    json["run"] = run.id().toStdString();
    json["spec"] = toJson(spec);
    json["figure"] = figure.name;
    json["figure_sha256"] = figureHash(figure).toStdString();
    json["provenance"] = run.provenance();
    return Evidence{json};
}

Claim readClaim(const Evidence& evidence, const QString& where)
{
    if (evidence.json.contains("runs"))
        throw Error("it shows a comparison of several runs, not a figure of one", where.toStdString(),
                    "Select those runs in the library and compare them");
    Claim claim;
    claim.run = textOf(evidence.json, "run");
    claim.figure = textOf(evidence.json, "figure");
    claim.hash = textOf(evidence.json, "figure_sha256");
    if (claim.run.isEmpty() || claim.figure.isEmpty() || claim.hash.isEmpty() ||
        !evidence.json.contains("spec"))
        throw Error("the evidence inside is incomplete: run, figure, hash and spec were expected",
                    where.toStdString(), "Export the figure again");
    claim.spec = protocol::specFromJson(evidence.json.at("spec"), where.toStdString());
    return claim;
}

Verdict compare(const Claim& claim, const RunRecord& run)
{
    const auto& figures = run.figures();
    const std::string name = claim.figure.toStdString();
    const auto it =
        std::find_if(figures.begin(), figures.end(), [&](const auto& f) { return f.name == name; });
    if (it == figures.end() || !it->value)
        return {false, EvidenceWords::tr("Run %1 has no figure “%2” to compare with the file.")
                           .arg(run.id(), claim.figure)};
    const QString title = QString::fromStdString(it->value->title);
    if (figureHash(*it->value) == claim.hash)
        return {true,
                EvidenceWords::tr("“%1” of run %2 has the same digits as the file.").arg(title, run.id())};
    return {false, EvidenceWords::tr("“%1” of run %2 has other digits than the file.").arg(title, run.id())};
}

QString commandLine(const protocol::RunSpec& spec, const Json& defaults)
{
    QStringList words{QStringLiteral("assay-cli"), QStringLiteral("run"), QString::fromStdString(spec.study)};
    const auto set = [&words](const QString& name, const QString& value) {
        words << QStringLiteral("--set") << name + QLatin1Char('=') + value;
    };
    for (const auto& [key, value] : spec.params.items()) {
        const auto known = defaults.find(key);
        if (!value.is_null() && (known == defaults.end() || *known != value))
            set(QString::fromStdString(key), argument(value));
    }
    set(QStringLiteral("seed"), QString::number(spec.seed));
    if (spec.device != "auto")
        words << QStringLiteral("--device") << QString::fromStdString(spec.device);
    std::transform(words.begin(), words.end(), words.begin(), quoted);
    return words.join(QLatin1Char(' '));
}

} // namespace assay::widgets
