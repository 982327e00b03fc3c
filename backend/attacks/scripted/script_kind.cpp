#include "backend/attacks/scripted/script_kind.h"

#include "backend/models/files/mapped_file.h"
#include "backend/models/files/zip_archive.h"
#include "backend/models/torchscript/script_method.h"
#include "backend/protocol/error.h"

#include <string>
#include <string_view>

namespace assay::attacks {

namespace {

/// Which methods any class of a script has.
struct NamedMethods
{
    bool forward = false;
    bool step = false;
};

NamedMethods namedMethods(const std::filesystem::path& file)
{
    NamedMethods named;
    const auto mapped = models::MappedFile::open(file);
    const models::ZipArchive archive(mapped->bytes(), file.string());
    for (const auto& entry : archive.entries()) {
        if (entry.name.find("/code/") == std::string::npos || !entry.name.ends_with(".py"))
            continue;
        std::string text(entry.bytes, '\0');
        archive.unpack(entry, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
        named.forward |= text.find("def forward(") != std::string::npos;
        named.step |= text.find("def step(") != std::string::npos;
    }
    return named;
}

ScriptKind kindOf(bool forward, bool step)
{
    if (forward)
        return step ? ScriptKind::Both : ScriptKind::Network;
    return step ? ScriptKind::Attack : ScriptKind::Neither;
}

} // namespace

ScriptKind scriptKind(const std::filesystem::path& file)
{
    NamedMethods named;
    try {
        named = namedMethods(file);
    } catch (const Error&) {
        return ScriptKind::Network;
    }
    if (!named.step)
        return kindOf(named.forward, false);
    try {
        // Some class has a step; whether it is the script's own, or a part's, only the script itself tells.
        const torch::jit::Module module = models::loadScript(file);
        return kindOf(module.find_method("forward").has_value(), module.find_method("step").has_value());
    } catch (const Error&) {
        return named.forward ? ScriptKind::Network : ScriptKind::Attack;
    }
}

} // namespace assay::attacks
