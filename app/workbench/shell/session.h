#pragma once

#include "app/workbench/shell/json_store.h"
#include "backend/protocol/run_spec.h"

#include <QByteArray>
#include <QList>
#include <QString>

namespace assay::workbench {

/// What was open in a workspace and how the window was laid out.
struct SessionState
{
    struct Document
    {
        protocol::RunSpec spec; ///< the form's values
        QString run;            ///< empty when none was shown
        bool operator==(const Document&) const = default;
    };
    /// A data set or model that is looked at.
    struct Page
    {
        QString kind; ///< "dataset" or "model"
        QString name;
        bool operator==(const Page&) const = default;
    };
    QByteArray geometry;
    QByteArray docks;
    QList<Document> documents;
    QList<Page> pages;
    int current = 0; ///< 0 is the catalogue, then the documents, then the pages
    int shelf = 0;   ///< of the library
};

/// The session file of a workspace: .assay/session.json in it.
class Session
{
public:
    explicit Session(const QString& workspace);

    /// False before the first session of this workspace.
    bool exists() const { return !m_store.json().empty(); }
    SessionState read() const;
    void write(const SessionState& state);
    void flush() { m_store.flush(); }
    const QString& problem() const { return m_store.problem(); }

private:
    JsonStore m_store;
};

} // namespace assay::workbench
