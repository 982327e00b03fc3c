#include "widgets/report/report_file.h"

#include "backend/protocol/error.h"
#include "backend/protocol/run_spec.h"
#include "backend/protocol/whole_file.h"
#include "widgets/engine/json_read.h"

#include <QCollator>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSet>

#include <algorithm>
#include <array>
#include <utility>

namespace assay::widgets {

namespace {

constexpr std::array<std::pair<ReportBlock::Kind, const char*>, 6> kKinds{
    {{ReportBlock::Kind::Text, "text"},
     {ReportBlock::Kind::Figure, "figure"},
     {ReportBlock::Kind::Table, "table"},
     {ReportBlock::Kind::Gallery, "gallery"},
     {ReportBlock::Kind::Summary, "summary"},
     {ReportBlock::Kind::Comparison, "comparison"}}};
constexpr qint64 kMostReportBytes = 16 << 20;
constexpr qsizetype kMostStem = 60; // letters of a file's name
constexpr qsizetype kMostParts = 64;
constexpr qsizetype kMostBlocks = 10000;
constexpr double kMostColumns = 12, kMostWidthMm = 1000, kMostShown = 1e6;

Json toJson(const ReportBlock& block)
{
    if (block.kind == ReportBlock::Kind::Unknown) {
        Json json = block.unknown;
        json["id"] = block.id.toStdString();
        return json;
    }
    Json json = Json::object();
    json["id"] = block.id.toStdString();
    json["kind"] = std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& k) {
                       return k.first == block.kind;
                   })->second;
    if (block.kind == ReportBlock::Kind::Text)
        json["markdown"] = block.markdown.toStdString();
    for (const ReportPart& part : block.parts)
        json["parts"].push_back({{"run", part.source.run.toStdString()},
                                 {"pinned", part.source.pinned},
                                 {"spec", part.source.spec},
                                 {"name", part.name.toStdString()}});
    if (!block.caption.isEmpty())
        json["caption"] = block.caption.toStdString();
    if (block.columns > 0)
        json["columns"] = block.columns;
    if (block.widthMm > 0)
        json["width_mm"] = block.widthMm;
    if (block.most > 0)
        json["most"] = block.most;
    return json;
}

ReportPart partFromJson(const Json& json, const QString& where)
{
    ReportPart part;
    part.source.run = textOf(json, "run");
    part.source.pinned = flagOf(json, "pinned");
    if (const auto spec = json.is_object() ? json.find("spec") : json.end();
        spec != json.end() && spec->is_object())
        part.source.spec = *spec;
    part.name = textOf(json, "name");
    // The name of a folder of the workspace: not a way out of it.
    if (part.source.run.isEmpty() || part.source.run.contains(QLatin1Char('/')) ||
        part.source.run.startsWith(QLatin1Char('.')))
        throw Error("a part names no run: \"" + part.source.run.toStdString() + "\"", where.toStdString(),
                    "Take the block out, or name a run of the workspace");
    return part;
}

double limited(const Json& json, const char* key, double most)
{
    const double value = numberOf(json, key);
    return value > 0 ? std::min(value, most) : 0;
}

ReportBlock blockFromJson(const Json& json, const QString& where)
{
    if (!json.is_object())
        throw Error("a block is no object", where.toStdString(), "Take it out of the file");
    ReportBlock block;
    block.id = textOf(json, "id");
    const std::string kind = textOf(json, "kind").toStdString();
    const auto known =
        std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& k) { return kind == k.second; });
    if (known == kKinds.end()) {
        block.kind = ReportBlock::Kind::Unknown;
        block.unknown = json;
        return block;
    }
    block.kind = known->first;
    block.markdown = textOf(json, "markdown");
    const Json parts = arrayOf(json, "parts");
    if (qsizetype(parts.size()) > kMostParts)
        throw Error(std::to_string(parts.size()) + " parts; a block has at most 64", where.toStdString());
    for (const Json& part : parts)
        block.parts << partFromJson(part, where);
    const qsizetype least = block.kind == ReportBlock::Kind::Text ? 0 : 1;
    if (block.parts.size() < least)
        throw Error("a block of kind \"" + kind + "\" shows nothing: its parts are missing",
                    where.toStdString(), "Take it out of the file");
    block.caption = textOf(json, "caption");
    block.columns = int(limited(json, "columns", kMostColumns));
    block.widthMm = limited(json, "width_mm", kMostWidthMm);
    block.most = int(limited(json, "most", kMostShown));
    return block;
}

} // namespace

Json toJson(const Report& report)
{
    Json json = Json::object();
    json["assay_report"] = kReportVersion;
    json["title"] = report.title.toStdString();
    json["author"] = report.author.toStdString();
    if (!report.preset.isEmpty())
        json["preset"] = report.preset.toStdString();
    if (report.greySafe)
        json["grey_safe"] = true;
    json["blocks"] = Json::array();
    for (const ReportBlock& block : report.blocks)
        json["blocks"].push_back(toJson(block));
    return json;
}

Report reportFromJson(const Json& json, const QString& where)
{
    const double version = numberOf(json, "assay_report");
    if (version < 1)
        throw Error("this is no report: \"assay_report\" with its version was expected", where.toStdString(),
                    "Choose a file from the folder reports of a workspace");
    if (version > kReportVersion)
        throw Error("the report is of version " + QString::number(version).toStdString() +
                        "; this Assay reads up to " + std::to_string(kReportVersion),
                    where.toStdString(), "Open it with a newer Assay");
    Report report;
    report.title = textOf(json, "title");
    report.author = textOf(json, "author");
    report.preset = textOf(json, "preset");
    report.greySafe = flagOf(json, "grey_safe");
    const Json blocks = arrayOf(json, "blocks");
    if (qsizetype(blocks.size()) > kMostBlocks)
        throw Error(std::to_string(blocks.size()) + " blocks; at most 10000 are read", where.toStdString());
    QSet<QString> seen;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        ReportBlock block = blockFromJson(blocks[i], QStringLiteral("%1, block %2").arg(where).arg(i + 1));
        if (block.id.isEmpty() || seen.contains(block.id))
            block.id = report.freshId();
        while (seen.contains(block.id))
            block.id += QLatin1Char('x');
        seen << block.id;
        report.blocks << block;
    }
    return report;
}

Report readReport(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw Error("cannot be read: " + file.errorString().toStdString(), path.toStdString(),
                    "Check that the file exists and may be read");
    const QByteArray bytes = file.read(kMostReportBytes + 1);
    if (bytes.size() > kMostReportBytes)
        throw Error("more than 16 MiB is no report", path.toStdString());
    return reportFromJson(protocol::parseJson(bytes.toStdString(), path.toStdString()), path);
}

void writeReport(const Report& report, const QString& path)
{
    const QByteArray bytes =
        QByteArray::fromStdString(toJson(report).dump(1, ' ', false, Json::error_handler_t::replace)) + '\n';
    QDir().mkpath(QFileInfo(path).path());
    writeWhole(path, bytes);
}

QString reportFolder(const QString& workspace)
{
    return QDir(workspace).filePath(QStringLiteral("reports"));
}

QString reportPath(const QString& workspace, const QString& name)
{
    return QStringLiteral("%1/%2.json").arg(reportFolder(workspace), name);
}

QStringList reportNames(const QString& workspace)
{
    QStringList names;
    const QFileInfoList files =
        QDir(reportFolder(workspace)).entryInfoList({QStringLiteral("*.json")}, QDir::Files);
    for (const QFileInfo& file : files)
        names << file.completeBaseName();
    QCollator order;
    order.setNumericMode(true);
    std::sort(names.begin(), names.end(), order);
    return names;
}

QString freshReportName(const QString& workspace, const QString& title)
{
    static const QRegularExpression other(QStringLiteral("[^\\w]+"),
                                          QRegularExpression::UseUnicodePropertiesOption);
    // By way of UTF-8, which half a character does not survive: expressions match nothing in a text that has
    // one.
    QString stem = QString::fromUtf8(title.toUtf8()).replace(other, QStringLiteral("-"));
    stem.truncate(kMostStem);
    if (!stem.isEmpty() && stem.back().isHighSurrogate())
        stem.chop(1);
    static const QRegularExpression ends(QStringLiteral("^-+|-+$"));
    stem.remove(ends);
    if (stem.isEmpty())
        stem = QStringLiteral("report");
    QString name = stem;
    for (int i = 2; QFileInfo::exists(reportPath(workspace, name)); ++i)
        name = QStringLiteral("%1-%2").arg(stem).arg(i);
    return name;
}

} // namespace assay::widgets
