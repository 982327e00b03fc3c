#include "backend/data/arrays/import_start.h"

namespace assay::data {

namespace fs = std::filesystem;

namespace {

std::string plainName(const fs::path& location)
{
    const fs::path plain = location.filename().empty() ? location.parent_path() : location;
    std::error_code code;
    return (fs::is_directory(location, code) ? plain.filename() : plain.stem()).string();
}

} // namespace

DataImport startImport(const fs::path& location, const char* format, const DataCorrections& corrections)
{
    DataImport import;
    DataCard& card = import.card;
    card.location = fs::absolute(location).lexically_normal();
    card.options = corrections.options;
    DatasetInfo& info = card.info;
    info.format = format;
    info.name = corrections.name.value_or(plainName(location));
    info.title = corrections.title.value_or(plainName(location));
    info.source = card.location.string();
    info.licence = corrections.licence.value_or("unknown");
    info.note = corrections.note.value_or("");
    info.classes = corrections.classes.value_or(std::vector<std::string>());
    return import;
}

void finishImport(DataImport& import, const Dataset& set)
{
    const DatasetInfo& found = set.info();
    DatasetInfo& info = import.card.info;
    info.classes = found.classes;
    info.trainCount = found.trainCount;
    info.testCount = found.testCount;
    info.channels = found.channels;
    info.height = found.height;
    info.width = found.width;
    info.attributes = found.attributes;
    info.boxClasses = found.boxClasses;
    import.card.sha256 = set.hash();
}

} // namespace assay::data
