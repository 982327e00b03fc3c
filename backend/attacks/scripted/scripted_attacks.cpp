#include "backend/attacks/scripted/scripted_attacks.h"

#include "backend/attacks/scripted/script_attack.h"
#include "backend/models/torchscript/script_program.h"
#include "backend/protocol/error.h"

#include <algorithm>

namespace assay::attacks {

namespace {

std::vector<std::filesystem::path> scriptFiles(const std::filesystem::path& folder)
{
    std::vector<std::filesystem::path> files;
    std::error_code code;
    for (std::filesystem::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
        std::error_code ignored;
        if (it->path().extension() == ".pt" && it->is_regular_file(ignored))
            files.push_back(it->path());
    }
    std::ranges::sort(files);
    return files;
}

} // namespace

ScriptedAttacks::ScriptedAttacks(AttackRegistry& registry, const std::vector<std::filesystem::path>& folders)
    : m_registry(registry)
{
    for (const std::filesystem::path& folder : folders) {
        for (const std::filesystem::path& file : scriptFiles(folder))
            open(file);
    }
}

ScriptedAttacks::~ScriptedAttacks()
{
    for (const ScriptRecord& record : m_records) {
        if (!record.id.empty())
            m_registry.remove(record.id);
    }
}

std::vector<ScriptRecord> ScriptedAttacks::records() const
{
    const std::lock_guard lock(m_mutex);
    return m_records;
}

void ScriptedAttacks::close(const std::filesystem::path& file)
{
    const std::lock_guard lock(m_mutex);
    std::erase_if(m_records, [&](const ScriptRecord& record) {
        if (record.file != file)
            return false;
        if (!record.id.empty())
            m_registry.remove(record.id);
        return true;
    });
}

ScriptRecord ScriptedAttacks::open(const std::filesystem::path& file)
{
    close(file);
    ScriptRecord record{.file = file, .id = {}, .title = {}, .problem = {}, .warning = {}};
    try {
        ScriptAttack attack = openScriptAttack(file);
        const std::string id = attack.entry.info.id;
        record.title = attack.entry.info.title;
        record.warning = attack.warning;
        m_registry.add(std::move(attack.entry));
        record.id = id;
    } catch (const Error& error) {
        record.title.clear();
        record.problem = error.where().empty() ? file.string() + ": " + error.what() : error.what();
    } catch (const std::exception& error) { // LibTorch's, of a script that nobody thought of
        record.problem = file.string() + ": cannot be used: " + models::scriptSentence(error) + ".";
    }
    const std::lock_guard lock(m_mutex);
    m_records.push_back(record);
    return record;
}

} // namespace assay::attacks
