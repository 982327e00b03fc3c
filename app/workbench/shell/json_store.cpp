#include "app/workbench/shell/json_store.h"

#include "backend/protocol/run_spec.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

#include <exception>

namespace assay::workbench {

namespace {

struct JsonStoreWords
{
    Q_DECLARE_TR_FUNCTIONS(assay::workbench::JsonStore)
};

constexpr qint64 kMaxBytes = 4 << 20;

void write(const QString& path, const QByteArray& bytes)
{
    QDir().mkpath(QFileInfo(path).path());
    QSaveFile file(path);
    if (file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.flush())
        file.commit();
}

} // namespace

JsonStore::JsonStore(QString path, std::vector<Upgrade> upgrades)
    : m_path(std::move(path))
    , m_upgrades(std::move(upgrades))
{
    m_writer.setMaxThreadCount(1);
    load();
}

JsonStore::~JsonStore()
{
    m_writer.waitForDone();
}

void JsonStore::load()
{
    QFile file(m_path);
    if (!file.exists())
        return;
    if (!file.open(QIODevice::ReadOnly) || file.size() > kMaxBytes)
        return setAside(file.isOpen() ? JsonStoreWords::tr("it is larger than 4 MiB") : file.errorString());
    const QByteArray bytes = file.readAll();
    file.close();
    try {
        Json json = protocol::parseJson(std::string_view(bytes.constData(), size_t(bytes.size())), "");
        const Json version = json.is_object() ? json.value("version", Json()) : Json();
        if (!version.is_number_integer() || version.get<int>() < 0)
            return setAside(JsonStoreWords::tr("it names no version"));
        const auto current = int(m_upgrades.size());
        if (version.get<int>() > current) {
            m_readOnly = true;
            m_problem = JsonStoreWords::tr(
                            "%1 was written by a newer Assay (version %2, this one reads up to %3). It "
                            "is left alone and "
                            "changes are not kept.")
                            .arg(m_path)
                            .arg(version.get<int>())
                            .arg(current);
            return;
        }
        for (int from = version.get<int>(); from < current; ++from)
            m_upgrades[size_t(from)](json);
        json.erase("version");
        m_json = std::move(json);
    } catch (const std::exception& error) {
        setAside(QString::fromUtf8(error.what()));
    }
}

void JsonStore::setAside(const QString& reason)
{
    m_json = Json::object();
    const QString aside = m_path + QStringLiteral(".broken");
    QFile::remove(aside);
    if (QFile::rename(m_path, aside))
        m_problem = JsonStoreWords::tr("%1 could not be read (%2) and was set aside as %3.")
                        .arg(m_path, reason, aside);
    else
        m_problem = JsonStoreWords::tr("%1 could not be read (%2).").arg(m_path, reason);
}

void JsonStore::saveLater()
{
    if (m_readOnly)
        return;
    Json json = Json::object();
    json["version"] = m_upgrades.size();
    for (const auto& [key, value] : m_json.items())
        json[key] = value;
    m_writer.start(
        [path = m_path, bytes = QByteArray::fromStdString(json.dump(2) + "\n")] { write(path, bytes); });
}

void JsonStore::flush()
{
    saveLater();
    m_writer.waitForDone();
}

} // namespace assay::workbench
