#include "backend/engine/requests.h"

#include "backend/engine/catalogue.h"
#include "backend/engine/failure.h"
#include "backend/engine/run_list.h"
#include "backend/engine/run_reader.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"

#include <algorithm>

namespace assay::engine {

using namespace protocol;

namespace {

const std::vector<std::string> kMethods = {"catalogue",  "runs",     "run.start", "run.cancel", "run.open",
                                           "run.delete", "run.file", "preview",   "validate",   "shutdown"};

const Json& member(const Json& params, const char* key)
{
    static const Json absent;
    if (!params.is_object())
        return absent;
    const auto it = params.find(key);
    return it != params.end() ? *it : absent;
}

std::string textOf(const Json& params, const char* key)
{
    const Json& value = member(params, key);
    if (!value.is_string())
        throw Error(std::string("'") + key + "' must be a text", "request");
    return value.get<std::string>();
}

std::uint64_t numberOf(const Json& params, const char* key)
{
    const Json& value = member(params, key);
    if (!value.is_number_unsigned() && !(value.is_number_integer() && value.get<std::int64_t>() >= 0))
        throw Error(std::string("'") + key + "' must be a whole number from 0", "request");
    return value.get<std::uint64_t>();
}

Json objectOf(const Json& params, const char* key)
{
    const Json& value = member(params, key);
    if (!value.is_object())
        throw Error(std::string("'") + key + "' must be an object", "request");
    return value;
}

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

bool Requests::isUrgent(const std::string& method)
{
    return method == "run.cancel" || method == "preview" || method == "shutdown";
}

void Requests::answer(const Request& request)
{
    try {
        if (request.method == "preview")
            preview(request); // replies when its frames were sent
        else
            m_send(result(request));
    } catch (...) {
        m_send(Reply{request.id, false, {}, {}, failureSentence(std::current_exception(), request.method)});
    }
}

Reply Requests::result(const Request& request)
{
    const Json& params = request.params;
    const auto ok = [&](Json json) { return Reply{request.id, true, std::move(json), {}, {}}; };
    const std::string& method = request.method;
    if (method == "catalogue")
        return ok(catalogue(m_engine));
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
