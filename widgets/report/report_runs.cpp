#include "widgets/report/report_runs.h"

#include "backend/protocol/error.h"
#include "backend/protocol/run_spec.h"
#include "widgets/engine/json_read.h"
#include "widgets/engine/run_record.h"
#include "widgets/report/comparison/compare_runs.h"
#include "widgets/studies/run_folder.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>

#include <algorithm>
#include <optional>

namespace assay::widgets {

namespace {

constexpr qint64 kMostSpecBytes = 16 << 20;

std::optional<Json> jsonFile(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly) || file.size() > kMostSpecBytes)
        return std::nullopt;
    try {
        Json json = protocol::parseJson(file.readAll().toStdString(), path.toStdString());
        return json.is_object() ? std::optional(std::move(json)) : std::nullopt;
    } catch (const Error&) {
        return std::nullopt; // the run is not found by its spec; reading it will say why
    }
}

std::optional<IndexedRun> indexed(const QString& folder, const QString& id)
{
    const auto spec = jsonFile(folder + QStringLiteral("/spec.json"));
    const auto summary = jsonFile(folder + QStringLiteral("/summary.json"));
    if (!spec && !summary)
        return std::nullopt;
    IndexedRun run;
    run.id = id;
    run.key = spec ? specKey(*spec) : QString();
    if (summary) {
        run.started = numberOf(*summary, "started");
        run.finished = textOf(*summary, "state") == QLatin1String("finished");
    }
    return run;
}

} // namespace

QString specKey(const Json& spec)
{
    if (!spec.is_object() || !spec.contains("study"))
        return {};
    Json key = Json::object();
    for (const char* part : {"study", "params", "seed", "device"}) {
        if (const auto it = spec.find(part); it != spec.end())
            key[part] = *it;
    }
    // Objects are kept in the order they were written in; here order means nothing.
    const auto sorted = nlohmann::json::parse(key.dump(-1, ' ', false, Json::error_handler_t::replace));
    const QByteArray text = QByteArray::fromStdString(sorted.dump());
    return QString::fromLatin1(QCryptographicHash::hash(text, QCryptographicHash::Sha256).toHex());
}

RunIndex::RunIndex(QVector<IndexedRun> runs)
    : m_runs(std::move(runs))
{
    std::stable_sort(m_runs.begin(), m_runs.end(),
                     [](const IndexedRun& a, const IndexedRun& b) { return a.started < b.started; });
    for (qsizetype i = 0; i < m_runs.size(); ++i)
        m_byId[m_runs[i].id] = i;
}

RunIndex RunIndex::ofWorkspace(const QString& workspace)
{
    QVector<IndexedRun> runs;
    const QDir folder(QDir(workspace).filePath(QStringLiteral("runs")));
    const QStringList ids = folder.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name);
    for (const QString& id : ids) {
        if (auto run = indexed(folder.filePath(id), id))
            runs << *run;
    }
    return RunIndex(std::move(runs));
}

QString RunIndex::resolve(const RunSource& source) const
{
    const bool exists = contains(source.run);
    if (source.pinned)
        return exists ? source.run : QString();
    QString key = specKey(source.spec);
    if (key.isEmpty() && exists)
        key = m_runs[m_byId[source.run]].key;
    if (!key.isEmpty()) {
        for (auto run = m_runs.rbegin(); run != m_runs.rend(); ++run) {
            if (run->finished && run->key == key)
                return run->id;
        }
    }
    return exists ? source.run : QString();
}

std::shared_ptr<const RunComparison> RunProvider::comparison(const QVector<std::shared_ptr<RunRecord>>& runs,
                                                             const QStringList& names)
{
    for (Compared& known : m_compared) {
        if (known.runs == runs && known.names == names) {
            known.asked = true;
            return known.result;
        }
    }
    auto result = std::make_shared<const RunComparison>(compareRuns(runs, names));
    // What still runs will say something else.
    if (std::all_of(runs.begin(), runs.end(), [](const auto& run) { return isFinal(run->state()); }))
        m_compared.append({runs, names, result});
    return result;
}

void RunProvider::releaseComparisons()
{
    m_compared.removeIf([](const Compared& known) { return !known.asked; });
    for (Compared& known : m_compared)
        known.asked = false;
}

FolderRuns::FolderRuns(const QString& workspace)
    : m_workspace(workspace)
    , m_index(RunIndex::ofWorkspace(workspace))
{}

void FolderRuns::add(const QString& folder)
{
    const QString id = QDir(QDir(folder).absolutePath()).dirName();
    m_elsewhere[id] = folder;
    QVector<IndexedRun> runs = m_index.runs();
    if (auto run = indexed(folder, id); run && !m_index.contains(id))
        m_index = RunIndex(std::move(runs << *run));
}

QString FolderRuns::folder(const QString& id) const
{
    if (const auto elsewhere = m_elsewhere.find(id); elsewhere != m_elsewhere.end())
        return *elsewhere;
    return QDir(m_workspace).filePath(QStringLiteral("runs/") + id);
}

std::shared_ptr<RunRecord> FolderRuns::run(const QString& id, QString& notice)
{
    if (!m_read.contains(id)) {
        const RunFolder read = readRunFolder(folder(id), RunFolderParts::WithGalleries);
        m_read[id] = {read.record, read.notice};
    }
    notice = m_read[id].notice;
    return m_read[id].record;
}

RunSource sourceOf(const RunRecord& run)
{
    return {run.id(), false, protocol::toJson(run.spec())};
}

} // namespace assay::widgets
