#pragma once

#include "backend/engine/importing/accuracy_check.h"
#include "backend/engine/importing/file_stamp.h"
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
    std::string kind;   ///< "model", "data", or "" when nothing recognises it
    std::string format; ///< key of modelFormats() or dataFormats()
    std::string title;  ///< of the format
    ImportForm form;
    std::vector<std::string> asks;
    protocol::Findings findings;
    Json details = Json::object();
    std::optional<models::ModelCard> model; ///< what import.add would write
    std::optional<data::DataCard> data;
    std::optional<MeasuredAccuracy> accuracy;
};

Json toJson(const ImportReport& report);

/// Takes files from outside into a workspace: writes a card and leaves the files where they are. Safe from
/// any thread; a second call waits for the first.
class Importer
{
public:
    Importer(Inputs& inputs, const Workspace& workspace);

    /// @throws Error when there is no such file. What is wrong with the file is a finding.
    ImportReport inspect(const std::filesystem::path& path, const Json& values);

    struct Added
    {
        std::string kind;
        std::string name;
    };
    /// Inspects again and writes WORKSPACE/models/NAME.json or WORKSPACE/data/NAME.json.
    /// @throws Error when something is still asked, a finding is a problem, or the name is taken.
    Added add(const std::filesystem::path& path, const Json& values);

    /// Sets the card aside as WORKSPACE/removed/TOKEN.json. @returns the token, good after a restart too.
    /// @throws Error for what came with Assay, or an unknown name.
    std::string remove(const std::string& kind, const std::string& name);
    /// @throws Error for an unknown token, or when the name is taken again.
    Added restore(const std::string& token);

private:
    struct Found; ///< a file as its format sees it without corrections

    const Found& inspected(const std::filesystem::path& path);
    void inspectModel(const std::filesystem::path& path, const Json& values, ImportReport& report);
    void inspectData(const std::filesystem::path& path, const Json& values, ImportReport& report);
    void measure(ImportReport& report, const data::Dataset& dataset);
    void finish(ImportReport& report, const Json& values, const std::string& name);
    std::vector<std::string> takenNames(const std::string& kind) const;
    std::filesystem::path cardOf(const std::string& kind, const std::string& name) const;

    Inputs& m_inputs;
    Workspace m_workspace;
    std::mutex m_mutex;                   ///< held by every public function; guards what follows
    std::shared_ptr<const Found> m_found; ///< the file looked at last: a form asks at every change
    std::map<std::string, MeasuredAccuracy> m_accuracies; ///< by file, card and data set
};

} // namespace assay::engine
