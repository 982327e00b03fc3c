#include "backend/engine/plugin_trust.h"

#include "backend/engine/files.h"
#include "backend/protocol/error.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace assay::engine {

namespace fs = std::filesystem;

namespace {

constexpr std::array kFatal = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

/// What the note consists of is made before the plugin's code runs: a signal handler may only open and write.
struct Note
{
    std::string file;
    std::string text;
    std::array<struct sigaction, kFatal.size()> before;
    std::array<char, 1 << 16> stack; ///< so that a plugin that overflows its own is noticed too
};
Note* s_note = nullptr; // signal handlers have no other way to their data; set only by LoadGuard

void leaveNote()
{
    if (!s_note)
        return;
    const int fd = ::open(s_note->file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0)
        return;
    if (::write(fd, s_note->text.data(), s_note->text.size()) < 0) {
        // Nothing is left to try while the process is dying.
    }
    ::close(fd);
}

void onFatalSignal(int number)
{
    leaveNote();
    std::signal(number, SIG_DFL);
    std::raise(number);
}

fs::path allowedFile(const fs::path& folder)
{
    return folder / "plugins-allowed.json";
}

/// One note per file, so that two processes do not overwrite each other's.
fs::path crashFile(const fs::path& folder, const std::string& hash)
{
    return folder / "plugins-crashed" / (hash + ".txt");
}

/// The list, or an empty one: a poisoned list allows nothing, and the next `allow` writes a new one.
Json readList(const fs::path& file)
{
    try {
        Json list = readJsonFile(file);
        if (list.is_object())
            return list;
    } catch (const std::exception&) {
        // Absent or unreadable.
    }
    return Json::object();
}

} // namespace

PluginTrust::PluginTrust(fs::path configFolder)
    : m_folder(std::move(configFolder))
{}

bool PluginTrust::isAllowed(const std::string& hash) const
{
    return readList(allowedFile(m_folder)).contains(hash);
}

bool PluginTrust::hasCrashed(const std::string& hash) const
{
    std::error_code error;
    return fs::exists(crashFile(m_folder, hash), error);
}

std::string PluginTrust::allow(const fs::path& file) const
{
    const std::string hash = sha256OfFile(file);
    Json list = readList(allowedFile(m_folder));
    list[hash] = file.filename().string();
    writeFileAtomically(allowedFile(m_folder), list.dump(2) + "\n");
    std::error_code error;
    fs::remove(crashFile(m_folder, hash), error);
    return hash;
}

PluginTrust::LoadGuard::LoadGuard(const PluginTrust& trust, const fs::path& file, const std::string& hash)
{
    const fs::path note = crashFile(trust.m_folder, hash);
    std::error_code error;
    fs::create_directories(note.parent_path(), error); // where it cannot be made, crashes are not remembered
    s_note = new Note{note.string(), file.string() + "\n", {}, {}};
    static const int registered = std::atexit(leaveNote);
    (void)registered;
    const stack_t stack{s_note->stack.data(), 0, s_note->stack.size()};
    ::sigaltstack(&stack, nullptr);
    struct sigaction action
    {};
    action.sa_handler = onFatalSignal;
    action.sa_flags = SA_ONSTACK | static_cast<int>(SA_RESETHAND);
    for (std::size_t i = 0; i < kFatal.size(); ++i)
        ::sigaction(kFatal[i], &action, &s_note->before[i]);
}

PluginTrust::LoadGuard::~LoadGuard()
{
    for (std::size_t i = 0; i < kFatal.size(); ++i)
        ::sigaction(kFatal[i], &s_note->before[i], nullptr);
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
    delete std::exchange(s_note, nullptr);
}

} // namespace assay::engine
