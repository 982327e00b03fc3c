#pragma once

#include "backend/engine/event_log.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace assay::engine {

/// One run's folder while it is written:
///   spec.json, summary.json   from the beginning; the summary is written again at the end
///   events.cbor               every event, one write per frame, so that a crash loses nothing emitted
///   images/NAME-K.raw         pixels of grids above kInlinePixelBytes; the event names the file
///   artifacts/                files the study leaves behind
///   tables/, figures/ (CSV), metrics.json, provenance.json   written by writeResults(), at the end
/// The event log stays locked while the writer lives: that is how others see that the run is alive.
/// Used by one thread at a time.
class RunWriter
{
public:
    /// Makes a new folder below @p runsFolder, named by time, study and four random digits.
    /// @param title what lists show: the user's name for the run, or else the study's.
    /// @throws Error when it cannot be written.
    static RunWriter create(const std::filesystem::path& runsFolder, const protocol::RunSpec& spec,
                            const std::string& title);
    /// Makes @p folder itself the run's folder. @throws Error when it exists and is not empty.
    static RunWriter createAt(const std::filesystem::path& folder, const protocol::RunSpec& spec,
                              const std::string& title);

    const std::string& id() const { return m_id; }
    const std::filesystem::path& folder() const { return m_folder; }

    /// Stores @p event and @returns it as it is to be sent: a large grid's pixels are moved to a file.
    /// Progress is stored only where a stage begins or is complete; it costs nothing otherwise.
    /// @throws Error when a name is malformed, an event exceeds the frame size, or the disk is full. The log
    /// then ends with the last whole event.
    protocol::Event write(protocol::Event event);

    /// Writes tables, figures, metrics.json and provenance.json. What can be written is written even when
    /// something cannot. @throws the first Error that occurred.
    void writeResults(const Json& provenance);

    /// Stores the last event and the final summary, and frees the lock. @throws as writeResults().
    void finish(const protocol::RunFinished& finished);

    /// Grids with more pixel bytes than this go to a file.
    static constexpr std::size_t kInlinePixelBytes = std::size_t(4) << 20;

private:
    RunWriter(std::filesystem::path folder, protocol::RunSpec spec, std::string title);
    void prepare();
    void spill(protocol::ImageGrid& grid);
    bool worthStoring(const protocol::Progress& progress);
    void remember(const protocol::Event& event);
    void writeSummary(protocol::RunState state, const std::string& error, double seconds);

    std::string m_id;
    std::filesystem::path m_folder;
    protocol::RunSpec m_spec;
    std::string m_title;
    double m_started = 0;
    std::optional<EventLog> m_log;
    std::string m_stage;
    std::map<std::string, int> m_spilled;         ///< files written per grid name
    std::map<std::string, std::string> m_figures; ///< CSV by name; the last of a name wins
    std::map<std::string, std::string> m_tables;
    Json m_metrics = Json::object();
};

/// Name of a figure, table, grid or artifact: [A-Za-z0-9][A-Za-z0-9._-]*, at most 120 long, so that it can be
/// a file's name. @throws Error naming @p kind.
void checkOutputName(const std::string& kind, const std::string& name);

} // namespace assay::engine
