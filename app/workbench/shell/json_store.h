#pragma once

#include "backend/protocol/json.h"

#include <QString>
#include <QThreadPool>

#include <functional>
#include <vector>

namespace assay::workbench {

/// A small JSON file with a version, for preferences and sessions. A file that cannot be read is set aside
/// with a sentence and never keeps the program from starting; one of a newer version is left alone and not
/// overwritten.
class JsonStore
{
public:
    /// Brings a file from version i to i + 1, where i is its position. A throwing step undoes all of them.
    using Upgrade = std::function<void(Json&)>;

    JsonStore(QString path, std::vector<Upgrade> upgrades);
    ~JsonStore();

    /// What is in the file now; an empty object when there is none.
    const Json& json() const { return m_json; }
    void set(Json json) { m_json = std::move(json); }
    /// What was wrong with the file, in a sentence; empty when nothing was.
    const QString& problem() const { return m_problem; }
    const QString& path() const { return m_path; }

    /// Writes in the background, whole or not at all; the last call wins.
    void saveLater();
    /// Waits until the file is written.
    void flush();

private:
    void load();
    void setAside(const QString& reason);

    QString m_path;
    std::vector<Upgrade> m_upgrades;
    Json m_json = Json::object();
    QString m_problem;
    bool m_readOnly = false;
    QThreadPool m_writer; ///< one thread, so that writes keep their order
};

} // namespace assay::workbench
