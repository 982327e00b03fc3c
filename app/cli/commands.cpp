#include "app/cli/commands.h"

#include "backend/engine/failure.h"
#include "backend/engine/process_setup.h"
#include "backend/engine/provenance.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"

#include <algorithm>
#include <cstdio>

namespace assay::cli {

namespace {

const std::vector<const Command*>& commands()
{
    static const std::vector<const Command*> all = {&kList,   &kDescribe, &kRun,     &kAttack, &kServe,
                                                    &kData,   &kImport,   &kInspect, &kZoo,    &kPlugins,
                                                    &kExport, &kEncrypt,  &kDecrypt};
    return all;
}

const Command& find(const std::string& name)
{
    std::vector<std::string> names;
    for (const Command* command : commands()) {
        if (command->name == name)
            return *command;
        names.push_back(command->name);
    }
    throw Error("there is no command '" + name + "'", {}, protocol::suggestion(name, names));
}

int overview()
{
    std::string text = "assay-cli: the engine and command line of Assay\n\nusage: assay-cli COMMAND ...\n\n";
    for (const Command* command : commands())
        text += "  " + command->name + std::string(12 - command->name.size(), ' ') + command->summary + "\n";
    text += "\nassay-cli COMMAND --help says more. Exit status: 0 done, 1 the run failed, 2 the request was "
            "wrong,\n"
            "130 cancelled.\n";
    std::fputs(text.c_str(), stdout);
    return kDone;
}

bool asksForHelp(const std::string& word)
{
    return word == "--help" || word == "-h";
}

int dispatch(const Words& words)
{
    if (words.empty()) {
        std::fputs("assay-cli: name a command. See 'assay-cli --help'.\n", stderr);
        return kWrongRequest;
    }
    if (asksForHelp(words[0]) || (words[0] == "help" && words.size() == 1))
        return overview();
    if (words[0] == "--version") {
        std::printf("assay-cli %s (%s)\n", engine::version(), engine::commit());
        return kDone;
    }
    const Command& command = find(words[0] == "help" ? words[1] : words[0]);
    if (words[0] == "help" || std::ranges::any_of(words, asksForHelp)) {
        std::fputs(command.help.c_str(), stdout);
        return kDone;
    }
    engine::setUpProcess();
    return command.run({words.begin() + 1, words.end()});
}

} // namespace

int runProgram(const Words& words)
{
    try {
        return dispatch(words);
    } catch (const Error& error) {
        std::fprintf(stderr, "assay-cli: %s\n", error.what());
        return kWrongRequest;
    } catch (const Cancelled&) {
        std::fputs("assay-cli: cancelled.\n", stderr);
        return kCancelled;
    } catch (...) {
        const auto text = engine::failureSentence(std::current_exception(), "assay-cli");
        std::fprintf(stderr, "%s\n", text.c_str());
        return kFailed;
    }
}

} // namespace assay::cli
