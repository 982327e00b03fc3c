#include "backend/engine/process_setup.h"
#include "backend/engine/server.h"

#include "app/cli/arguments.h"
#include "app/cli/commands.h"

namespace assay::cli {

namespace {

int serve(const Words& words)
{
    const Arguments arguments("serve", words, {{"--workspace"}});
    arguments.rest(0, 0, "nothing");
    engine::giveWayToWindow();
    const auto pipes = engine::ProtocolPipes::claim();
    return engine::serve(pipes, arguments.value("--workspace"));
}

} // namespace

const Command kServe = {
    "serve", "speak the protocol on standard input and output",
    "usage: assay-cli serve [--workspace DIR]\n\n"
    "What the window starts, here or behind 'ssh HOST assay-cli serve'. Speaks the protocol of\n"
    "docs/protocol.md; everything that is printed goes to standard error. Ends when its input\n"
    "closes. Exit status 2: the peer speaks another version, or no protocol at all.\n",
    serve};

} // namespace assay::cli
