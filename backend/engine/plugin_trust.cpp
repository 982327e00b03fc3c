#include "backend/engine/plugin_trust.h"

#include "backend/engine/files.h"
#include "backend/protocol/error.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace assay::engine {

namespace fs = std::filesystem;

namespace {

constexpr std::array kFatal = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGALRM};

const char* reason(int number)
{
    switch (number) {
    case SIGSEGV:
        return "it touched memory that is not its own (SIGSEGV)";
    case SIGBUS:
        return "it touched memory that is not there (SIGBUS)";
    case SIGILL:
        return "it ran an instruction that this processor does not have (SIGILL)";
    case SIGFPE:
        return "it divided by zero (SIGFPE)";
    case SIGABRT:
        return "it aborted (SIGABRT)";
    case SIGALRM:
        return "it was still loading after 30 seconds";
    default:
        return "it ended the process";
    }
}
static_assert(PluginTrust::kLoadSeconds == 30);

/// What the note consists of is made before the plugin's code runs: a signal handler may only open and write.
struct Note
{
    std::string file;
    std::string text;
    std::array<struct sigaction, kFatal.size()> before;
    std::array<char, 1 << 16> stack; ///< so that a plugin that overflows its own is noticed too
};
Note* s_note = nullptr; // signal handlers have no other way to their data; set only by LoadGuard

void leaveNote(const char* how)
{
    if (!s_note)
        return;
    const int fd = ::open(s_note->file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0)
        return;
    if (::write(fd, s_note->text.data(), s_note->text.size()) < 0 || ::write(fd, how, std::strlen(how)) < 0) {
        // Nothing is left to try while the process is dying.
    }
    ::close(fd);
}

void onFatalSignal(int number)
{
    leaveNote(reason(number));
    std::signal(number, SIG_DFL);
    std::raise(number);
}

fs::path disabledFile(const fs::path& folder)
{
    return folder / "plugins-disabled.json";
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

std::string PluginTrust::crashOf(const std::string& hash) const
{
    constexpr std::uint64_t kMaxNote = 64 << 10;
    try {
        const std::string note = readFile(crashFile(m_folder, hash), kMaxNote);
        const auto end = note.find('\n');
        return end == std::string::npos ? std::string() : note.substr(end + 1);
    } catch (const Error&) {
        return {};
    }
}

bool PluginTrust::isDisabled(const std::string& id) const
{
    return readList(disabledFile(m_folder)).contains(id);
}

void PluginTrust::setDisabled(const std::string& id, const fs::path& file, bool disabled) const
{
    Json list = readList(disabledFile(m_folder));
    if (list.contains(id) == disabled)
        return;
    if (disabled)
        list[id] = file.filename().string();
    else
        list.erase(id);
    writeFileAtomically(disabledFile(m_folder), list.dump(2) + "\n");
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
    static const int registered = std::atexit([] { leaveNote(reason(0)); });
    (void)registered;
    const stack_t stack{s_note->stack.data(), 0, s_note->stack.size()};
    ::sigaltstack(&stack, nullptr);
    struct sigaction action
    {};
    action.sa_handler = onFatalSignal;
    action.sa_flags = SA_ONSTACK | static_cast<int>(SA_RESETHAND);
    for (std::size_t i = 0; i < kFatal.size(); ++i)
        ::sigaction(kFatal[i], &action, &s_note->before[i]);
    ::alarm(kLoadSeconds);
}

PluginTrust::LoadGuard::~LoadGuard()
{
    ::alarm(0);
    for (std::size_t i = 0; i < kFatal.size(); ++i)
        ::sigaction(kFatal[i], &s_note->before[i], nullptr);
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
    delete std::exchange(s_note, nullptr);
}

} // namespace assay::engine
