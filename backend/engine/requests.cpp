#include "backend/engine/requests.h"

#include "backend/engine/browsing/browse_requests.h"
#include "backend/engine/catalogue.h"
#include "backend/engine/failure.h"
#include "backend/engine/importing/import_requests.h"
#include "backend/engine/patch_requests.h"
#include "backend/engine/plugin_requests.h"
#include "backend/engine/request_params.h"
#include "backend/engine/run_list.h"
#include "backend/engine/run_reader.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"

#include <algorithm>

namespace assay::engine {

using namespace protocol;

namespace {

const std::vector<std::string> kMethods = {
    "catalogue",      "runs",          "run.start",  "run.cancel",      "run.open",    "run.delete",
    "run.file",       "preview",       "validate",   "import.inspect",  "import.add",  "import.remove",
    "import.restore", "model.inspect", "data.table", "data.thumbnails", "data.sample", "plugin.check",
    "plugin.allow",   "plugin.enable", "patch.keep", "patch.remove",    "shutdown"};

Json validate(const Engine& engine, const Json& params)
{
    Json list = Json::array();
    const Study& study = engine.registries().study(textOf(params, "study"));
    for (const auto& [field, message] : problems(study.schema(), objectOf(params, "params")))
        list.push_back({{"field", field}, {"message", message}});
    return {{"problems", list}};
}

Reply filePart(const Engine& engine, const Request& request)
{
    Reply reply{request.id, true, {}, {}, {}};
    std::uint64_t size = 0;
    const auto folder = runFolder(engine.workspace().runs(), textOf(request.params, "run"));
    const std::string bytes =
        readRunFile(folder, textOf(request.params, "file"), numberOf(request.params, "offset"),
                    numberOf(request.params, "length"), size);
    reply.bytes.assign(bytes.begin(), bytes.end());
    reply.result = {{"size", size}};
    return reply;
}

} // namespace

Requests::Requests(Engine& engine, Sender send)
    : m_engine(engine)
    , m_send(std::move(send))
{}

Requests::Lane Requests::laneOf(const std::string& method)
{
    if (method == "run.cancel" || method == "preview" || method == "shutdown")
        return Lane::Reader;
    if (method.starts_with("import.") || method.starts_with("plugin.") || method == "model.inspect")
        return Lane::Import;
    if (method == "data.sample")
        return Lane::Sample;
    if (method.starts_with("data."))
        return Lane::Browse;
    return Lane::Service;
}

void Requests::answer(const Request& request, const std::vector<std::uint64_t>& alsoFor)
{
    const auto sendTo = [&](Reply reply) {
        m_send(reply);
        for (const std::uint64_t id : alsoFor) {
            reply.id = id;
            m_send(reply);
        }
    };
    try {
        if (request.method == "preview")
            preview(request); // replies when its frames were sent
        else
            sendTo(result(request));
    } catch (...) {
        sendTo(Reply{request.id, false, {}, {}, failureSentence(std::current_exception(), request.method)});
    }
}

Reply Requests::result(const Request& request)
{
    const Json& params = request.params;
    const auto ok = [&](Json json) { return Reply{request.id, true, std::move(json), {}, {}}; };
    const std::string& method = request.method;
    if (method == "catalogue") {
        m_engine.refreshAttacks(); // scripts that were edited meanwhile
        return ok(catalogue(m_engine));
    }
    if (method == "runs")
        return ok({{"runs", m_engine.runs()}});
    if (method == "run.start")
        return ok({{"run", m_engine.start(specFromJson(objectOf(params, "spec"), "spec")).run}});
    if (method == "run.cancel") {
        m_engine.cancel(textOf(params, "run"));
        return ok(Json::object());
    }
    if (method == "run.open")
        return ok(openRun(textOf(params, "run")));
    if (method == "run.delete") {
        m_engine.deleteRun(textOf(params, "run"));
        return ok(Json::object());
    }
    if (method == "run.file")
        return filePart(m_engine, request);
    if (method == "validate")
        return ok(validate(m_engine, params));
    if (method == "shutdown")
        return ok(Json::object());
    if (auto reply = answerImport(m_engine, request))
        return std::move(*reply);
    if (auto reply = answerPlugins(m_engine, request))
        return std::move(*reply);
    if (auto reply = answerPatches(m_engine, request))
        return std::move(*reply);
    if (auto reply = answerBrowsing(m_engine, m_thumbnails, request))
        return std::move(*reply);
    throw Error("the engine knows no method '" + method.substr(0, 80) + "'", {},
                suggestion(method.substr(0, 80), kMethods));
}

void Requests::preview(const Request& request)
{
    m_engine.preview(textOf(request.params, "run"), objectOf(request.params, "params"), request.id,
                     [send = m_send, id = request.id](bool superseded, const std::string& error) {
                         const Json done = superseded ? Json({{"superseded", true}}) : Json::object();
                         send(Reply{id, error.empty(), done, {}, error});
                     });
}

Json Requests::openRun(const std::string& run)
{
    RunReader reader(runFolder(m_engine.workspace().runs(), run));
    std::uint64_t sequence = 0;
    while (auto event = reader.next())
        m_send(RunEvent{run, sequence++, true, std::move(*event)});
    return {{"events", reader.count()}, {"notice", reader.notice()}};
}

} // namespace assay::engine
