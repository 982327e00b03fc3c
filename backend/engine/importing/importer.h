#pragma once

#include "backend/attacks/scripted/attack_card.h"
#include "backend/attacks/scripted/scripted_attacks.h"
#include "backend/engine/importing/accuracy_check.h"
#include "backend/engine/importing/file_stamp.h"
#include "backend/engine/importing/foreign_files.h"
#include "backend/engine/importing/import_form.h"
#include "backend/engine/inputs.h"
#include "backend/engine/workspace.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace assay::engine {

/// What `import.inspect` answers: what a file or folder is, with the user's corrections applied.
struct ImportReport
{
    std::string kind;   ///< "model", "data", "attack", or "" when nothing recognises it
    std::string format; ///< key of modelFormats() or dataFormats(); "torchscript" of an attack
    std::string title;  ///< of the format
    ImportForm form;
    std::vector<std::string> asks;
    protocol::Findings findings;
    Json details = Json::object();
    std::optional<models::ModelCard> model; ///< what import.add would write
    std::optional<data::DataCard> data;
    std::optional<attacks::AttackCard> attack;
    std::optional<MeasuredAccuracy> accuracy;
};

Json toJson(const ImportReport& report);

/// Takes files from outside into a workspace: writes a card and leaves the files where they are. Safe from
/// any thread; a second call waits for the first.
class Importer
{
public:
    Importer(Inputs& inputs, const Workspace& workspace, attacks::ScriptedAttacks& attacks);

    /// @throws Error when there is no such file. What is wrong with the file is a finding.
    ImportReport inspect(const std::filesystem::path& path, const Json& values);

    struct Added
    {
        std::string kind;
        std::string name; ///< of an attack its id
    };
    /// Inspects again and writes NAME.json to WORKSPACE/models, data or attacks; an attack can be used at
    /// once.
    /// @throws Error when something is still asked, a finding is a problem, or the name is taken.
    Added add(const std::filesystem::path& path, const Json& values);

    /// Sets the card aside as WORKSPACE/removed/TOKEN.json (a script that lies in WORKSPACE/attacks itself:
    /// the script, as TOKEN.pt). @returns the token, good after a restart too.
    /// @throws Error for what came with Assay, or an unknown name.
    std::string remove(const std::string& kind, const std::string& name);
    /// @throws Error for an unknown token, or when the name is taken again.
    Added restore(const std::string& token);

private:
    /// One file or folder without corrections: reading it again at every change of a form would cost too
    /// much.
    struct Found
    {
        std::filesystem::path path;
        std::optional<FileStamp> stamp;
        Recognised by;
        models::ModelImport model;
        data::DataImport data;
        attacks::ScriptAttack attack;
        std::string problem; ///< why the format cannot read it
    };

    const Found& inspected(const std::filesystem::path& path);
    void inspectModel(const std::filesystem::path& path, const Json& values, ImportReport& report);
    void inspectData(const std::filesystem::path& path, const Json& values, ImportReport& report);
    void inspectAttack(const std::filesystem::path& path, const Json& values, ImportReport& report);
    void measure(ImportReport& report, const std::shared_ptr<const data::Dataset>& dataset);
    void finish(ImportReport& report, const Json& values, const std::string& name);
    std::vector<std::string> takenNames(const std::string& kind) const;
    std::filesystem::path folderOf(const std::string& kind) const;
    std::filesystem::path cardOf(const std::string& kind, const std::string& name) const;
    std::filesystem::path removableAttack(const std::string& name) const;

    Inputs& m_inputs;
    Workspace m_workspace;
    attacks::ScriptedAttacks& m_attacks;
    std::mutex m_mutex;                   ///< held by every public function; guards what follows
    std::shared_ptr<const Found> m_found; ///< the file looked at last: a form asks at every change
    std::map<std::string, MeasuredAccuracy> m_accuracies; ///< by file, card and data set
};

} // namespace assay::engine
