#include "widgets/importing/import_list.h"

#include "widgets/engine/json_read.h"

#include <QFileInfo>

#include <algorithm>

namespace assay::widgets {

using State = ImportFile::State;

namespace {

/// A pause in typing: shorter asks for half a number, longer feels idle.
constexpr int kPauseMs = 300;

} // namespace

AskEngine askOf(EngineClient& engine)
{
    return [&engine](const std::string& method, const Json& params, QObject* context,
                     EngineClient::ReplyHandler handler) {
        engine.request(method, params, context, std::move(handler));
    };
}

QString ImportFile::fileName() const
{
    const QFileInfo info(path);
    return info.fileName().isEmpty() ? path : info.fileName();
}

QString ImportFile::obstacle() const
{
    switch (state) {
    case State::Waiting:
    case State::Looking:
        return ImportList::tr("It is being looked at.");
    case State::Stopped:
        return ImportList::tr("It has not been looked at. Press “Look again”.");
    case State::Failed:
        return ImportList::tr("It cannot be read.");
    case State::Unknown:
        return ImportList::tr("It is nothing that can be imported.");
    case State::Asking:
        return ImportList::tr("Fill in what only you can know: %1.").arg(askedLabels(inspection));
    case State::Held:
        return ImportList::tr("Mend the marked values first.");
    case State::Blocked:
        return ImportList::tr("Mend the problem above first.");
    case State::Adding:
        return ImportList::tr("It is being imported.");
    case State::Added:
        return ImportList::tr("It is in the workspace.");
    case State::Ready:
        break;
    }
    return {};
}

ImportList::ImportList(AskEngine ask, QObject* parent)
    : QAbstractListModel(parent)
    , m_ask(std::move(ask))
{
    m_pause.setSingleShot(true);
    m_pause.setInterval(kPauseMs);
    connect(&m_pause, &QTimer::timeout, this, &ImportList::hurry);
}

int ImportList::add(const QString& path, const QString& hint, const Json& corrections)
{
    for (int row = 0; row < count(); ++row) {
        if (file(row).path == path && file(row).state != State::Added)
            return row;
    }
    Entry entry;
    entry.id = ++m_lastId;
    entry.file.path = path;
    entry.file.hint = hint;
    entry.file.corrections = corrections;
    const int row = count();
    beginInsertRows({}, row, row);
    m_files.append(entry);
    endInsertRows();
    if (m_current == 0)
        m_current = entry.id;
    next();
    return row;
}

void ImportList::setCurrent(int row)
{
    m_current = m_files[row].id;
    next();
}

void ImportList::correct(int row, const Json& corrections)
{
    Entry& entry = m_files[row];
    if (m_typing != 0 && m_typing != entry.id)
        hurry();
    entry.file.corrections = corrections;
    entry.file.error.clear();
    ++entry.file.serial;
    entry.wanted = true;
    m_typing = entry.id;
    m_pause.start();
    set(row, State::Looking);
}

void ImportList::hold(int row)
{
    Entry& entry = m_files[row];
    entry.wanted = false;
    ++entry.file.serial;
    if (m_typing == entry.id)
        m_typing = 0;
    set(row, State::Held);
}

void ImportList::hurry()
{
    m_pause.stop();
    m_typing = 0;
    next();
}

void ImportList::look(int row)
{
    Entry& entry = m_files[row];
    entry.file.error.clear();
    ++entry.file.serial;
    entry.wanted = true;
    set(row, State::Waiting);
    next();
}

void ImportList::stop(int row)
{
    Entry& entry = m_files[row];
    if (entry.file.state != State::Looking && entry.file.state != State::Waiting)
        return;
    entry.wanted = false;
    ++entry.file.serial;
    if (m_asked == entry.id)
        m_asked = 0;
    if (m_typing == entry.id)
        m_typing = 0;
    set(row, State::Stopped);
    next();
}

void ImportList::import(int row)
{
    Entry& entry = m_files[row];
    if (entry.file.state != State::Ready)
        return;
    const quint64 id = entry.id;
    const Json params = {{"path", entry.file.path.toStdString()}, {"values", entry.file.corrections}};
    set(row, State::Adding);
    m_ask("import.add", params, this, [this, id](const protocol::Reply& reply) { takeAdded(id, reply); });
}

int ImportList::readyCount() const
{
    return int(std::count_if(m_files.begin(), m_files.end(),
                             [](const Entry& e) { return e.file.state == State::Ready; }));
}

void ImportList::importReady()
{
    for (int row = 0; row < count(); ++row)
        import(row);
}

int ImportList::rowOf(quint64 id) const
{
    const auto it = std::find_if(m_files.begin(), m_files.end(), [id](const Entry& e) { return e.id == id; });
    return it == m_files.end() ? -1 : int(it - m_files.begin());
}

void ImportList::set(int row, State state)
{
    ImportFile& file = m_files[row].file;
    const bool began = state == State::Adding || (state == State::Looking && file.state != State::Looking);
    file.state = state;
    if (began)
        file.since.start();
    Q_EMIT dataChanged(index(row), index(row));
    Q_EMIT changed(row);
}

void ImportList::next()
{
    if (m_asked != 0)
        return;
    int row = rowOf(m_current);
    const auto isDue = [this](const Entry& e) { return e.wanted && e.id != m_typing; };
    if (row < 0 || !isDue(m_files[row])) {
        const auto it = std::find_if(m_files.begin(), m_files.end(), isDue);
        row = it == m_files.end() ? -1 : int(it - m_files.begin());
    }
    if (row >= 0)
        send(row);
}

void ImportList::send(int row)
{
    Entry& entry = m_files[row];
    entry.wanted = false;
    m_asked = entry.id;
    const quint64 flight = ++m_flight;
    const quint64 id = entry.id;
    const quint64 serial = entry.file.serial;
    const Json params = {{"path", entry.file.path.toStdString()}, {"values", entry.file.corrections}};
    set(row, State::Looking);
    m_ask("import.inspect", params, this, [this, flight, id, serial](const protocol::Reply& reply) {
        if (flight == m_flight)
            m_asked = 0;
        take(id, serial, reply);
        next();
    });
}

void ImportList::take(quint64 id, quint64 serial, const protocol::Reply& reply)
{
    const int row = rowOf(id);
    if (row < 0 || m_files[row].file.serial != serial)
        return;
    ImportFile& file = m_files[row].file;
    if (!reply.ok) {
        file.error = QString::fromStdString(reply.error);
        // What was found before stays in sight, so that the value that was refused can be mended.
        set(row, file.inspection.isRecognised() ? State::Blocked : State::Failed);
        return;
    }
    file.inspection = readInspection(reply.result);
    file.error.clear();
    set(row, stateOf(file.inspection));
}

void ImportList::takeAdded(quint64 id, const protocol::Reply& reply)
{
    const int row = rowOf(id);
    if (row < 0)
        return;
    ImportFile& file = m_files[row].file;
    if (!reply.ok) {
        file.error = QString::fromStdString(reply.error);
        set(row, State::Blocked);
        return;
    }
    file.name = textOf(reply.result, "name");
    const QString kind = textOf(reply.result, "kind", file.inspection.kind);
    const QString path = file.path;
    set(row, State::Added);
    Q_EMIT imported(kind, m_files[row].file.name, path);
}

State ImportList::stateOf(const Inspection& inspection)
{
    if (!inspection.isRecognised())
        return State::Unknown;
    if (inspection.hasProblem())
        return State::Blocked;
    return inspection.asks.isEmpty() ? State::Ready : State::Asking;
}

int ImportList::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : count();
}

QVariant ImportList::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const ImportFile& f = file(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return f.fileName();
    case Qt::ToolTipRole:
        return f.obstacle().isEmpty() ? f.path : f.path + QLatin1Char('\n') + f.obstacle();
    case Qt::AccessibleTextRole:
        return f.obstacle().isEmpty() ? tr("%1. Ready to be imported.").arg(f.fileName())
                                      : f.fileName() + QStringLiteral(". ") + f.obstacle();
    case StateRole:
        return int(f.state);
    }
    return {};
}

} // namespace assay::widgets
