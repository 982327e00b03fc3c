#include "app/workbench/shell/session.h"

#include "backend/protocol/error.h"
#include "widgets/engine/json_read.h"

namespace assay::workbench {

using widgets::numberOf;
using widgets::textOf;

namespace {

std::string encoded(const QByteArray& bytes)
{
    return bytes.toBase64().toStdString();
}

QByteArray decoded(const Json& json, const char* key)
{
    return QByteArray::fromBase64(textOf(json, key).toLatin1());
}

} // namespace

Session::Session(const QString& workspace)
    : m_store(workspace + QStringLiteral("/.assay/session.json"), {[](Json&) {}})
{}

SessionState Session::read() const
{
    const Json& json = m_store.json();
    SessionState state;
    state.geometry = decoded(json, "geometry");
    state.docks = decoded(json, "docks");
    state.current = int(numberOf(json, "current"));
    state.shelf = int(numberOf(json, "shelf"));
    for (const Json& item : widgets::arrayOf(json, "documents")) {
        try {
            SessionState::Document document;
            document.spec = protocol::specFromJson(item.value("spec", Json()));
            document.run = textOf(item, "run");
            state.documents.append(document);
        } catch (const std::exception&) {
            // One unreadable tab does not keep the others from opening.
        }
    }
    for (const Json& item : widgets::arrayOf(json, "pages"))
        state.pages.append({textOf(item, "kind"), textOf(item, "name")});
    return state;
}

void Session::write(const SessionState& state)
{
    Json json = Json::object();
    json["geometry"] = encoded(state.geometry);
    json["docks"] = encoded(state.docks);
    json["current"] = state.current;
    json["shelf"] = state.shelf;
    Json documents = Json::array();
    for (const auto& document : state.documents)
        documents.push_back({{"spec", toJson(document.spec)}, {"run", document.run.toStdString()}});
    json["documents"] = std::move(documents);
    Json pages = Json::array();
    for (const auto& page : state.pages)
        pages.push_back({{"kind", page.kind.toStdString()}, {"name", page.name.toStdString()}});
    json["pages"] = std::move(pages);
    if (json == m_store.json())
        return;
    m_store.set(std::move(json));
    m_store.saveLater();
}

} // namespace assay::workbench
