#include "backend/attacks/scripted/script_verdicts.h"

#include "backend/attacks/scripted/script_attack.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

#include <torch/version.h>

namespace assay::attacks {

namespace {

constexpr qint64 kMaxVerdictBytes = 4 << 20;

std::string verdictKey(const std::string& sha256)
{
    return sha256 + " interface " + std::to_string(kScriptInterface) + " libtorch " TORCH_VERSION;
}

/// Reads what is readable of a verdict. nullopt: it is none.
std::optional<ScriptVerdict> verdictFrom(const Json& json)
{
    ScriptVerdict verdict;
    for (const auto& [key, text] : {std::pair{"problem", &verdict.problem}, std::pair{"mend", &verdict.mend},
                                    std::pair{"warning", &verdict.warning}}) {
        if (!json.is_object() || !json.contains(key) || !json[key].is_string())
            return std::nullopt;
        *text = json[key].get<std::string>();
    }
    return verdict;
}

/// The verdicts in a file; none when it is absent, damaged or of another kind.
Json readVerdicts(const std::filesystem::path& file)
{
    QFile input(QString::fromStdString(file.string()));
    if (file.empty() || !input.open(QIODevice::ReadOnly) || input.size() > kMaxVerdictBytes)
        return Json::object();
    const QByteArray bytes = input.readAll();
    Json json = Json::parse(bytes.begin(), bytes.end(), nullptr, false);
    if (!json.is_object() || !json.contains("verdicts") || !json["verdicts"].is_object())
        return Json::object();
    return json["verdicts"];
}

} // namespace

ScriptVerdicts::ScriptVerdicts(std::filesystem::path file)
    : m_file(std::move(file))
    , m_kept(readVerdicts(m_file))
{}

std::optional<ScriptVerdict> ScriptVerdicts::find(const std::string& sha256) const
{
    const std::lock_guard lock(m_mutex);
    const std::string key = verdictKey(sha256);
    for (const Json* json : {&m_fresh, &m_kept}) {
        if (const auto it = json->find(key); it != json->end())
            return verdictFrom(*it);
    }
    return std::nullopt;
}

void ScriptVerdicts::keep(const std::string& sha256, const ScriptVerdict& verdict)
{
    if (find(sha256) == verdict)
        return;
    const std::lock_guard lock(m_mutex);
    m_fresh[verdictKey(sha256)] = {
        {"problem", verdict.problem}, {"mend", verdict.mend}, {"warning", verdict.warning}};
}

void ScriptVerdicts::save()
{
    const std::lock_guard lock(m_mutex);
    if (m_fresh.empty())
        return;
    Json merged = readVerdicts(m_file); // another process may have added some
    for (const auto& [key, verdict] : m_fresh.items()) {
        merged.erase(key);
        merged[key] = verdict;
    }
    while (merged.size() > kMost)
        merged.erase(merged.begin());
    m_kept = std::move(merged);
    m_fresh = Json::object();
    if (m_file.empty())
        return;
    const QString name = QString::fromStdString(m_file.string());
    QDir().mkpath(QFileInfo(name).absolutePath());
    QSaveFile output(name);
    const std::string text =
        Json({{"verdicts", m_kept}}).dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
    if (output.open(QIODevice::WriteOnly) &&
        output.write(text.data(), static_cast<qint64>(text.size())) == static_cast<qint64>(text.size()) &&
        output.flush())
        output.commit(); // a failure loses nothing but time
}

} // namespace assay::attacks
