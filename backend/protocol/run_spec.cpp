#include "backend/protocol/run_spec.h"

#include "backend/protocol/error.h"

namespace assay::protocol {

namespace {

constexpr std::size_t kMaxJsonBytes = 16u << 20;
/// Deeper than any document of ours; keeps recursive consumers of a value safe from hostile files.
constexpr int kMaxJsonDepth = 64;

std::string stringField(const Json& json, const char* key, const std::string& fallback,
                        const std::string& where)
{
    const auto it = json.find(key);
    if (it == json.end())
        return fallback;
    if (!it->is_string())
        throw Error(std::string("'") + key + "' is not a text but " + it->dump(), where);
    return it->get<std::string>();
}

} // namespace

Json toJson(const RunSpec& spec)
{
    Json json;
    json["assay"] = kSpecVersion;
    json["study"] = spec.study;
    if (!spec.title.empty())
        json["title"] = spec.title;
    json["seed"] = spec.seed;
    json["device"] = spec.device;
    json["params"] = spec.params;
    return json;
}

RunSpec specFromJson(const Json& json, const std::string& where)
{
    if (!json.is_object())
        throw Error("this is no run spec: a JSON object was expected", where);
    if (const auto it = json.find("assay"); it != json.end()) {
        if (!it->is_number_integer())
            throw Error("'assay' must be the version number of the spec, but is " + it->dump(), where);
        // A number above 2^63 would come back negative as a signed one.
        if (it->is_number_unsigned() && it->get<std::uint64_t>() > std::uint64_t(kSpecVersion))
            throw Error("the spec has version " + it->dump() + ", this program reads up to version " +
                            std::to_string(kSpecVersion),
                        where, "Update Assay");
    }
    RunSpec spec;
    spec.study = stringField(json, "study", "", where);
    if (spec.study.empty())
        throw Error("the spec names no study", where,
                    "Add \"study\": \"transfer.class-aware\" or another id");
    spec.title = stringField(json, "title", "", where);
    spec.device = stringField(json, "device", "auto", where);
    if (const auto it = json.find("seed"); it != json.end()) {
        if (!it->is_number_unsigned() && !(it->is_number_integer() && it->get<std::int64_t>() >= 0))
            throw Error("'seed' must be a whole number from 0, but is " + it->dump(), where);
        spec.seed = it->get<std::uint64_t>();
    }
    if (const auto it = json.find("params"); it != json.end()) {
        if (!it->is_object())
            throw Error("'params' must be an object of parameter values", where);
        spec.params = *it;
    }
    return spec;
}

Json parseJson(std::string_view text, const std::string& where)
{
    if (text.size() > kMaxJsonBytes)
        throw Error("the JSON text has " + std::to_string(text.size()) +
                        " bytes, more than the 16 MiB that are read",
                    where);
    try {
        const auto limitDepth = [](int depth, Json::parse_event_t, Json&) {
            if (depth > kMaxJsonDepth)
                throw Error("the JSON is nested more than " + std::to_string(kMaxJsonDepth) + " levels deep");
            return true;
        };
        return Json::parse(text, limitDepth);
    } catch (const Json::exception& e) { // of the text, or of a number beyond every double
        // The library's message carries line and column; its prefix is an internal error number.
        std::string message = e.what();
        if (const auto at = message.find("] "); at != std::string::npos)
            message.erase(0, at + 2);
        throw Error(message, where, "Correct the JSON");
    } catch (const Error& e) {
        throw Error(e.happened(), where);
    }
}

} // namespace assay::protocol
