#include "backend/engine/run_writer.h"

#include "backend/engine/files.h"
#include "backend/protocol/codec.h"
#include "backend/protocol/csv.h"
#include "backend/protocol/error.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <exception>
#include <random>

namespace assay::engine {

namespace fs = std::filesystem;
using namespace protocol;

namespace {

std::string newId(const std::string& study)
{
    std::random_device random;
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    char time[32];
    std::strftime(time, sizeof time, "%Y%m%d-%H%M%S", &utc);
    char tail[8];
    std::snprintf(tail, sizeof tail, "%04x", random() & 0xffffu);
    std::string name = study;
    std::ranges::replace(name, '.', '-');
    return std::string(time) + "-" + name + "-" + tail;
}

bool isNameCharacter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

/// JSON has no NaN and no infinities; null says that there is a metric without a value.
Json finite(double value)
{
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

/// Runs several steps although some of them may fail, and remembers the first failure.
class Attempts
{
public:
    template <class Step>
    void operator()(Step&& step)
    {
        try {
            step();
        } catch (...) {
            if (!m_first)
                m_first = std::current_exception();
        }
    }
    void rethrow() const
    {
        if (m_first)
            std::rethrow_exception(m_first);
    }

private:
    std::exception_ptr m_first;
};

} // namespace

void checkOutputName(const std::string& kind, const std::string& name)
{
    constexpr std::size_t kLongest = 120;
    const bool good = !name.empty() && name.size() <= kLongest && name.front() != '.' &&
                      name.front() != '-' && std::ranges::all_of(name, isNameCharacter);
    if (!good)
        throw Error("'" + name + "' is no name for " + kind, {},
                    "Use letters, digits, '.', '_' and '-', at most " + std::to_string(kLongest) +
                        " of them");
}

RunWriter::RunWriter(fs::path folder, RunSpec spec, std::string title)
    : m_id(folder.filename().string())
    , m_folder(std::move(folder))
    , m_spec(std::move(spec))
    , m_title(std::move(title))
    , m_started(secondsNow())
{}

RunWriter RunWriter::create(const fs::path& runsFolder, const RunSpec& spec, const std::string& title)
{
    makeFolder(runsFolder);
    for (;;) {
        const fs::path folder = runsFolder / newId(spec.study);
        std::error_code error;
        if (!fs::create_directory(folder, error)) {
            if (error)
                throwFileError(error.value(), folder);
            continue; // taken: another random tail
        }
        RunWriter writer(folder, spec, title);
        writer.prepare();
        return writer;
    }
}

RunWriter RunWriter::createAt(const fs::path& folder, const RunSpec& spec, const std::string& title)
{
    fs::path absolute = fs::absolute(folder).lexically_normal();
    if (!absolute.has_filename())
        absolute = absolute.parent_path();
    std::error_code error;
    if (fs::exists(absolute, error) && (!fs::is_directory(absolute, error) || !fs::is_empty(absolute, error)))
        throw Error("this folder exists and is not empty", absolute.string(),
                    "Name a new folder with --out, or empty this one");
    makeFolder(absolute);
    RunWriter writer(absolute, spec, title);
    writer.prepare();
    return writer;
}

void RunWriter::prepare()
{
    writeFileAtomically(m_folder / "spec.json", toJson(m_spec).dump(2) + "\n");
    m_log.emplace(m_folder / "events.cbor");
    writeSummary(RunState::Queued, {}, 0);
}

void RunWriter::writeSummary(RunState state, const std::string& error, double seconds)
{
    const Json summary = {{"run", m_id},
                          {"study", m_spec.study},
                          {"title", m_title},
                          {"state", name(state)},
                          {"started", m_started},
                          {"seconds", seconds},
                          {"error", error},
                          {"seed", m_spec.seed},
                          {"device", m_spec.device},
                          {"bytes", folderBytes(m_folder)}};
    writeFileAtomically(m_folder / "summary.json",
                        summary.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void RunWriter::spill(ImageGrid& grid)
{
    const int part = m_spilled[grid.name]++;
    const std::string file = "images/" + grid.name + "-" + std::to_string(part) + ".raw";
    writeFileAtomically(m_folder / file,
                        {reinterpret_cast<const char*>(grid.pixels.data()), grid.pixels.size()});
    grid.file = file;
    grid.pixels.clear();
    grid.pixels.shrink_to_fit();
}

bool RunWriter::worthStoring(const Progress& progress)
{
    const bool begins = progress.stage != m_stage;
    m_stage = progress.stage;
    return begins || (progress.total > 0 && progress.done >= progress.total);
}

void RunWriter::remember(const Event& event)
{
    if (const auto* figure = std::get_if<Figure>(&event))
        m_figures[figure->name] = toCsv(*figure);
    else if (const auto* table = std::get_if<Table>(&event))
        m_tables[table->name] = toCsv(*table);
    else if (const auto* metric = std::get_if<Metric>(&event))
        m_metrics[metric->name] = finite(metric->value);
}

Event RunWriter::write(Event event)
{
    if (const auto* figure = std::get_if<Figure>(&event))
        checkOutputName("a figure", figure->name);
    else if (const auto* table = std::get_if<Table>(&event))
        checkOutputName("a table", table->name);
    else if (const auto* scene = std::get_if<Scene>(&event))
        checkOutputName("a scene", scene->name);
    else if (auto* grid = std::get_if<ImageGrid>(&event)) {
        checkOutputName("an image grid", grid->name);
        if (grid->pixels.size() > kInlinePixelBytes)
            spill(*grid);
    } else if (const auto* progress = std::get_if<Progress>(&event); progress && !worthStoring(*progress))
        return event;
    m_log->append(encodeFrame(event));
    remember(event);
    return event;
}

void RunWriter::writeResults(const Json& provenance)
{
    Attempts attempt;
    const auto json = [](const Json& value) {
        return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    };
    for (const auto& [name, csv] : m_tables)
        attempt([&] { writeFileAtomically(m_folder / "tables" / (name + ".csv"), csv); });
    for (const auto& [name, csv] : m_figures)
        attempt([&] { writeFileAtomically(m_folder / "figures" / (name + ".csv"), csv); });
    attempt([&] { writeFileAtomically(m_folder / "metrics.json", json(m_metrics)); });
    attempt([&] { writeFileAtomically(m_folder / "provenance.json", json(provenance)); });
    attempt.rethrow();
}

void RunWriter::finish(const RunFinished& finished)
{
    Attempts attempt;
    attempt([&] { m_log->append(encodeFrame(Event(finished))); });
    attempt([&] { m_log->sync(); });
    attempt([&] { writeSummary(finished.state, finished.error, finished.seconds); });
    m_log.reset();
    attempt.rethrow();
}

} // namespace assay::engine
