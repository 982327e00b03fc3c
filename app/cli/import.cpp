#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/quiet_listener.h"
#include "app/cli/text_table.h"
#include "backend/engine/engine.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"

#include <cstdio>

namespace assay::cli {

namespace {

/// `--set FIELD=VALUE` by the form of the file; what a field means may depend on earlier ones, and a field
/// that only another value brings into the form is read as JSON, or else as text.
Json valuesOf(const Arguments& arguments, const protocol::Schema& schema)
{
    Json values = Json::object();
    for (const std::string& assignment : arguments.values("--set")) {
        const auto equals = assignment.find('=');
        if (equals == std::string::npos || equals == 0)
            throw Error("'" + assignment + "' is no assignment", "--set", "Write it as field=value");
        const std::string name = assignment.substr(0, equals);
        const protocol::Field* field = schema.find(name);
        if (!field) {
            std::vector<std::string> known;
            for (const auto& each : schema.fields)
                known.push_back(each.name);
            throw Error("'" + name + "' is no field of this import", "--set",
                        protocol::suggestion(name, known));
        }
        values[name] = protocol::parseValue(*field, assignment.substr(equals + 1));
    }
    return values;
}

std::string shown(const Json& value)
{
    if (value.is_string())
        return value.get<std::string>();
    if (value.is_null())
        return "?";
    constexpr std::size_t kLongest = 70;
    std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
    return text.size() > kLongest ? text.substr(0, kLongest) + "..." : text;
}

void print(const engine::ImportReport& report)
{
    if (!report.kind.empty())
        std::printf("%s (%s)\n\n", report.title.c_str(), engine::nounOf(report.kind).c_str());
    std::vector<std::vector<std::string>> rows = {{"FIELD", "VALUE", "MEANING"}};
    for (const auto& field : report.form.schema.fields)
        rows.push_back({field.name, shown(report.form.values.at(field.name)), field.label});
    if (rows.size() > 1)
        std::fputs(textTable(rows).c_str(), stdout);
    constexpr const char* kLevels[] = {"", "warning: ", "problem: "};
    for (const auto& finding : report.findings)
        std::printf("%s%s\n", kLevels[static_cast<int>(finding.level)], finding.text.c_str());
    for (const std::string& field : report.asks)
        std::printf("asked: give --set %s=VALUE\n", field.c_str());
}

bool isReady(const engine::ImportReport& report)
{
    for (const auto& finding : report.findings) {
        if (finding.level == protocol::Finding::Level::Problem)
            return false;
    }
    return report.asks.empty();
}

/// What is called @p name in the workspace: a model before a data set before an attack; "model" of nothing.
std::string kindOf(const engine::Engine& engine, const std::string& name)
{
    if (name.starts_with(attacks::kScriptPrefix))
        return "attack";
    for (const auto& card : engine.inputs().models().list()) {
        if (card.name == name)
            return "model";
    }
    if (engine.inputs().dataCards().find(name))
        return "data";
    for (const auto& record : engine.scriptedAttacks()) {
        if (record.name == name)
            return "attack";
    }
    return "model";
}

/// `--layout NAME` is `--set layout=NAME`.
std::string layoutOf(const Arguments& arguments)
{
    if (arguments.has("--layout"))
        return arguments.value("--layout");
    for (const std::string& assignment : arguments.values("--set")) {
        if (assignment.starts_with("layout="))
            return assignment.substr(7);
    }
    return {};
}

int remove(engine::Engine& engine, const std::string& name)
{
    const std::string token = engine.removeImport(kindOf(engine, name), name);
    std::printf("%s is removed; its files are untouched. To undo: assay-cli import --restore %s\n",
                name.c_str(), token.c_str());
    return kDone;
}

int import(const Words& words)
{
    const Arguments arguments("import", words,
                              {{"--set"},
                               {"--layout"},
                               {"--dry-run", false},
                               {"--json", false},
                               {"--remove"},
                               {"--restore"},
                               {"--workspace"}});
    const bool takesPath = !arguments.has("--remove") && !arguments.has("--restore");
    const auto& rest = arguments.rest(takesPath ? 1 : 0, takesPath ? 1 : 0, "a file or folder");
    QuietListener nobody;
    engine::Engine engine(arguments.value("--workspace"), nobody);
    if (arguments.has("--remove"))
        return remove(engine, arguments.value("--remove"));
    if (arguments.has("--restore")) {
        const auto back = engine.restoreImport(arguments.value("--restore"));
        std::printf("%s is back.\n", back.name.c_str());
        return kDone;
    }
    engine::ImportReport report = engine.importer().inspect(rest[0], Json::object());
    // The layout brings fields of its own into the form.
    const std::string layout = layoutOf(arguments);
    if (!layout.empty())
        report = engine.importer().inspect(rest[0], {{"layout", layout}});
    Json values = valuesOf(arguments, report.form.schema);
    if (!layout.empty())
        values["layout"] = layout;
    if (!values.empty())
        report = engine.importer().inspect(rest[0], values);
    const bool dry = arguments.has("--dry-run");
    if (dry && arguments.has("--json"))
        std::printf("%s\n", toJson(report).dump(2, ' ', false, Json::error_handler_t::replace).c_str());
    else if (dry)
        print(report);
    if (dry)
        return isReady(report) ? kDone : kWrongRequest;
    const auto added = engine.addImport(rest[0], values);
    if (arguments.has("--json")) {
        std::printf("%s\n", Json({{"kind", added.kind}, {"name", added.name}}).dump(2).c_str());
        return kDone;
    }
    for (const auto& finding : report.findings)
        std::fprintf(stderr, "%s\n", finding.text.c_str());
    std::printf("%s\n", added.name.c_str());
    return kDone;
}

} // namespace

const Command kImport = {
    "import", "take a model, images or an attack from outside into the workspace",
    "usage: assay-cli import PATH [--set FIELD=VALUE]... [--layout NAME] [--dry-run] [--json]\n"
    "                        [--workspace DIR]\n"
    "       assay-cli import --remove NAME [--workspace DIR]\n"
    "       assay-cli import --restore TOKEN [--workspace DIR]\n\n"
    "Models: TorchScript (.pt), weights as safetensors or .pth of a built-in architecture, ONNX, TF.js\n"
    "graph models, and predictions with labels (NPZ, CSV). Images: a folder a class, CIFAR binaries,\n"
    "IDX, NPY and NPZ, CSV manifests, COCO boxes. Attacks: TorchScript with a method `step` (.pt), which\n"
    "is then called script:NAME. The file stays where it is; a card that describes it is written to the\n"
    "workspace. What was recognised is corrected with --set; --dry-run shows it and writes nothing. The\n"
    "last line of standard output is the name.\n\n"
    "--layout says how a network's answer is laid out, where its shape does not: classes, or boxes as\n"
    "yolov5, yolov8, boxes, centernet or grid (docs/models.md, \"Detectors\").\n\n"
    "Exit status 2: something must be given with --set, or the file cannot be used; one line says what.\n"
    "--remove sets the card aside, --restore puts it back.\n",
    import};

} // namespace assay::cli
