#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/interrupt.h"
#include "app/cli/run_report.h"
#include "backend/engine/engine.h"
#include "backend/engine/files.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"

#include <charconv>
#include <memory>
#include <mutex>

namespace assay::cli {

namespace {

using protocol::RunSpec;

bool isSpecFile(const std::string& word)
{
    return word.ends_with(".json") || word.find('/') != std::string::npos;
}

std::uint64_t seedFrom(const std::string& text)
{
    std::uint64_t seed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
    if (error != std::errc() || end != text.data() + text.size() || text.empty())
        throw Error("'seed' is '" + text + "'; it must be a whole number from 0 to 18446744073709551615",
                    "--set");
    return seed;
}

/// FIELD.PART.NAME sets one value of an object: a part's key may hold points, a field's and a value's name
/// not.
bool applyToPart(RunSpec& spec, const protocol::Schema& schema, const std::string& name,
                 const std::string& text)
{
    const auto first = name.find('.'), last = name.rfind('.');
    if (first == std::string::npos || first == last)
        return false;
    const protocol::Field* field = schema.find(name.substr(0, first));
    if (!field || field->type != protocol::FieldType::Object)
        return false;
    const std::string key = name.substr(first + 1, last - first - 1), inner = name.substr(last + 1);
    const protocol::ObjectPart* part = protocol::findPart(*field, key);
    const protocol::Field* known = part ? protocol::findField(*part, inner) : nullptr;
    // Whoever validates the spec says what is wrong with a name that is not known.
    spec.params[field->name][key][inner] = known ? protocol::parseValue(*known, text) : Json(text);
    return true;
}

void apply(RunSpec& spec, const protocol::Schema& schema, const std::string& assignment)
{
    const auto equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0)
        throw Error("'" + assignment + "' is no assignment", "--set", "Write it as field=value");
    const std::string name = assignment.substr(0, equals);
    const std::string text = assignment.substr(equals + 1);
    if (const protocol::Field* field = schema.find(name)) {
        spec.params[name] = protocol::parseValue(*field, text);
        return;
    }
    if (applyToPart(spec, schema, name, text))
        return;
    if (name == "seed") { // belongs to every spec, not to the study's parameters
        spec.seed = seedFrom(text);
        return;
    }
    std::vector<std::string> known = {"seed"};
    for (const auto& field : schema.fields)
        known.push_back(field.name);
    throw Error("'" + name + "' is no parameter of " + spec.study, "--set",
                protocol::suggestion(name, known));
}

RunSpec specOf(const Arguments& arguments, const engine::Engine& engine)
{
    const std::string what = arguments.rest(1, 1, "the id of a study or the file of a spec").front();
    RunSpec spec;
    if (isSpecFile(what))
        spec = protocol::specFromJson(engine::readJsonFile(what), what);
    else
        spec.study = what;
    const auto schema = engine.registries().study(spec.study).schema();
    for (const auto& assignment : arguments.values("--set"))
        apply(spec, schema, assignment);
    if (arguments.has("--device"))
        spec.device = arguments.value("--device");
    return spec;
}

/// What Ctrl-C acts on: no engine before the run is queued and after its end.
struct Target
{
    RunReport report;
    std::mutex mutex; ///< guards the two below
    engine::Engine* engine = nullptr;
    bool asked = false;
};

int run(const Words& words)
{
    const Arguments arguments("run", words, {{"--set"}, {"--workspace"}, {"--out"}, {"--device"}});
    arguments.rest(1, 1, "the id of a study or the file of a spec");
    const auto target = std::make_shared<Target>(); // shared with the thread that waits for signals
    const Interrupt interrupt([target] {
        const std::lock_guard lock(target->mutex);
        target->asked = true;
        target->report.say("Cancelling; press Ctrl-C again to end at once.");
        if (target->engine)
            target->engine->batch().cancelAll();
    });

    engine::Engine engine(arguments.value("--workspace"), target->report);
    const auto started = engine.start(specOf(arguments, engine), arguments.value("--out"));
    {
        const std::lock_guard lock(target->mutex);
        target->engine = &engine;
        if (target->asked)
            engine.batch().cancelAll();
    }
    engine.batch().wait(started.run);
    {
        const std::lock_guard lock(target->mutex);
        target->engine = nullptr;
    }
    return target->report.conclude(started.folder.string());
}

} // namespace

const Command kRun = {
    "run", "run a study and leave a folder with its figures and numbers",
    "usage: assay-cli run STUDY|SPEC.json [--set field=value]... [--workspace DIR] [--out DIR]\n"
    "                     [--device auto|cpu|cuda|cuda:N]\n\n"
    "  --set field=value   a parameter ('assay-cli describe STUDY' lists them), or seed=N; lists as a,b,c\n"
    "  --workspace DIR     where runs, models and data lie; the demonstration's folder when absent\n"
    "  --out DIR           make DIR itself, which must be new or empty, the run's folder\n"
    "  --device NAME       wins over the spec's\n\n"
    "Progress goes to standard error; the last line of standard output is the run's folder. Ctrl-C cancels "
    "and keeps\n"
    "what there is; a second one ends at once. Exit status: 0 done, 1 the run failed, 2 the request was "
    "wrong,\n"
    "130 cancelled.\n",
    run};

} // namespace assay::cli
