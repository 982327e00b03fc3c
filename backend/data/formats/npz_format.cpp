#include "backend/data/formats/npz_format.h"

#include "backend/arrays/array_bundle.h"
#include "backend/data/arrays/import_start.h"
#include "backend/data/arrays/npz_dataset.h"
#include "backend/data/arrays/npz_plan.h"
#include "backend/protocol/error.h"

#include <array>
#include <fstream>

namespace assay::data {

namespace {

namespace fs = std::filesystem;

bool beginsLikeArchive(const fs::path& file)
{
    std::array<std::uint8_t, 4> head{};
    std::ifstream input(file, std::ios::binary);
    input.read(reinterpret_cast<char*>(head.data()), head.size());
    return input.gcount() == 4 && arrays::ZipArchive::recognises(head);
}

bool holdsImages(const arrays::ArrayBundle& bundle)
{
    for (const std::string& name : bundle.names()) {
        const std::size_t rank = bundle.header(name).shape.size();
        if (rank == 3 || rank == 4)
            return true;
    }
    return !guessNpzPlan(bundle).parts.empty();
}

bool recognises(const fs::path& location)
{
    std::error_code code;
    const bool isFolder = fs::is_directory(location, code);
    if (!isFolder && location.extension() == ".npz")
        return true; // so that a damaged one is told what is wrong with it
    if (!isFolder && !beginsLikeArchive(location))
        return false;
    try {
        const arrays::ArrayBundle bundle(location);
        return !bundle.names().empty() && holdsImages(bundle);
    } catch (const Error&) {
        return false;
    }
}

DataImport inspect(const fs::path& location, const DataCorrections& corrections)
{
    DataImport import = startImport(location, kNpzFormat.name, corrections);
    NpzReading reading = readNpzDataset(location, import.card.info, import.card.options);
    import.card.options = std::move(reading.options);
    import.asks = std::move(reading.asks);
    import.findings = std::move(reading.findings);
    if (reading.set)
        finishImport(import, *reading.set);
    return import;
}

std::shared_ptr<const Dataset> open(const DataCard& card)
{
    const NpzReading reading = readNpzDataset(card.location, card.info, card.options);
    if (!reading.set)
        throw Error("the card does not say '" + reading.asks.front() + "'", card.location.string(),
                    "Import the file again.");
    return reading.set;
}

} // namespace

const DataFormat kNpzFormat = {
    .name = "npz", .title = "NPZ arrays", .recognises = recognises, .inspect = inspect, .open = open};

} // namespace assay::data
