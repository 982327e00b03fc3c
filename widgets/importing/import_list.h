#pragma once

#include "widgets/engine/engine_client.h"
#include "widgets/importing/inspection.h"

#include <QAbstractListModel>
#include <QElapsedTimer>
#include <QList>
#include <QTimer>

#include <functional>

namespace assay::widgets {

/// How the room asks the engine: EngineClient::request, or a test's answers.
using AskEngine = std::function<void(const std::string& method, const Json& params, QObject* context,
                                     EngineClient::ReplyHandler handler)>;
AskEngine askOf(EngineClient& engine);

/// Something that is about to be imported.
struct ImportFile
{
    enum class State {
        Waiting, ///< for its turn
        Looking, ///< the engine is reading it, or what was corrected a moment ago
        Stopped, ///< the user did not want to wait
        Failed,  ///< it could not be read; `error` says why
        Unknown, ///< nothing recognises it
        Asking,
        Held,    ///< a value in the form is not allowed
        Blocked, ///< a finding is a problem, or the import was refused (`error`)
        Ready,
        Adding,
        Added,
    };

    QString path;
    QString hint;                      ///< what the window itself found out about it, or empty
    Json corrections = Json::object(); ///< by field: what the user said otherwise than was found
    State state = State::Waiting;
    Inspection inspection; ///< the last one, kept while a newer one is on its way
    QString error;
    QString name;        ///< in the workspace, once added
    QElapsedTimer since; ///< of Looking and Adding
    quint64 serial = 0;  ///< counts what the inspection depends on: a reply of an older one is dropped

    bool isBusy() const
    {
        return state == State::Waiting || state == State::Looking || state == State::Adding;
    }
    QString fileName() const;
    /// Why it cannot be imported now and what to do about it, in a sentence; empty when it can.
    QString obstacle() const;
};

/// The files of the import dialogue. Asks the engine for one inspection at a time, the file in front first,
/// and again when values are corrected; a reply that a newer question has overtaken is dropped. Nothing
/// waits.
class ImportList : public QAbstractListModel
{
    Q_OBJECT
public:
    enum Role { StateRole = Qt::UserRole };

    explicit ImportList(AskEngine ask, QObject* parent = nullptr);

    /// @returns its row; a path that is there already keeps its row and its values.
    int add(const QString& path, const QString& hint = {}, const Json& corrections = Json::object());
    const ImportFile& file(int row) const { return m_files[row].file; }
    int count() const { return int(m_files.size()); }
    /// The file in front is looked at before the others.
    void setCurrent(int row);

    /// Replaces the corrections of a file; it is looked at again after a short pause in typing.
    void correct(int row, const Json& corrections);
    /// A value is not allowed: nothing is asked until it is corrected.
    void hold(int row);
    /// The pause is over: what was corrected is looked at now.
    void hurry();
    /// Looks at the file once more: it was stopped, failed or has changed.
    void look(int row);
    /// Gives up waiting for a file.
    void stop(int row);
    /// Imports a file that is ready; any other is left alone.
    void import(int row);
    int readyCount() const;
    void importReady();

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

Q_SIGNALS:
    /// A file has got another state or inspection.
    void changed(int row);
    void imported(const QString& kind, const QString& name, const QString& path);

private:
    struct Entry
    {
        quint64 id = 0;
        ImportFile file;
        bool wanted = true; ///< the newest question has not been put yet
    };
    int rowOf(quint64 id) const;
    void set(int row, ImportFile::State state);
    void next();
    void send(int row);
    void take(quint64 id, quint64 serial, const protocol::Reply& reply);
    void takeAdded(quint64 id, const protocol::Reply& reply);
    static ImportFile::State stateOf(const Inspection& inspection);

    AskEngine m_ask;
    QList<Entry> m_files;
    quint64 m_lastId = 0;
    quint64 m_current = 0;
    quint64 m_asked = 0;  ///< the file whose inspection is on its way; 0: none
    quint64 m_flight = 0; ///< tells the reply of that question from those given up
    quint64 m_typing = 0; ///< the file that waits for the pause
    QTimer m_pause;
};

} // namespace assay::widgets
