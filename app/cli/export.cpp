#include "app/cli/commands.h"
#include "backend/engine/workspace.h"
#include "backend/protocol/error.h"

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace assay::cli {

namespace {

/// Drawing needs fonts and Qt Gui, which the engine does not link: the window's program does it.
int exportRuns(const Words& words)
{
    const std::string program = (engine::Installation::find().programs / "assay").string();
    std::vector<std::string> all = {program, "export"};
    all.insert(all.end(), words.begin(), words.end());
    std::vector<char*> arguments;
    for (auto& word : all)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execv(program.c_str(), arguments.data());
    throw Error("figures are drawn by the program 'assay', which cannot be started: " +
                    std::string(std::strerror(errno)),
                program, "Install it beside assay-cli");
}

} // namespace

const Command kExport = {"export", "figures of runs as PDF, SVG, PNG or CSV, and reports (by the program assay)",
                         "usage: assay-cli export RUN... --to DIR [--format pdf,svg,png,csv]\n"
                         "       assay-cli export RUN... --report OUT [--title TEXT]\n"
                         "       assay-cli export --document REPORT --report OUT\n\n"
                         "Starts 'assay export' with the same arguments; see 'assay export --help'.\n",
                         exportRuns};

} // namespace assay::cli
