#include "backend/data/formats/data_format.h"
#include "backend/protocol/error.h"
#include "backend/protocol/json_fields.h"
#include "backend/protocol/run_spec.h"
#include "backend/protocol/whole_file.h"

#include <fstream>
#include <sstream>

namespace assay::data {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t kMaxCardBytes = 1 << 20;

} // namespace

Json toJson(const DataCard& card)
{
    const DatasetInfo& info = card.info;
    return {{"name", info.name},
            {"title", info.title},
            {"format", info.format},
            {"location", card.location.string()},
            {"options", card.options},
            {"sha256", card.sha256},
            {"source", info.source},
            {"licence", info.licence},
            {"note", info.note},
            {"classes", info.classes},
            {"attributes", info.attributes},
            {"box_classes", info.boxClasses},
            {"train", info.trainCount},
            {"test", info.testCount},
            {"channels", info.channels},
            {"height", info.height},
            {"width", info.width}};
}

DataCard dataCardFromJson(const Json& json, const std::string& where)
{
    const protocol::JsonFields reader(json, where, "the data card");
    DataCard card;
    DatasetInfo& info = card.info;
    info.name = reader.text("name");
    info.title = reader.text("title", false);
    info.format = reader.text("format");
    card.location = reader.text("location");
    card.options = reader.object("options");
    card.sha256 = reader.text("sha256", false);
    info.source = reader.text("source", false);
    info.licence = reader.text("licence", false);
    info.note = reader.text("note", false);
    info.classes = reader.texts("classes", false);
    info.attributes = reader.texts("attributes", false);
    info.boxClasses = reader.texts("box_classes", false);
    info.trainCount = reader.count("train", false);
    info.testCount = reader.count("test", false);
    info.channels = reader.count("channels", false);
    info.height = reader.count("height", false);
    info.width = reader.count("width", false);
    return card;
}

DataCard readDataCard(const fs::path& file)
{
    const std::string where = file.string();
    std::error_code code;
    if (!fs::is_regular_file(file, code))
        throw Error("no such file", where);
    if (fs::file_size(file, code) > kMaxCardBytes || code)
        throw Error("is larger than 1 MiB, too large for a data card", where);
    std::ifstream input(file, std::ios::binary);
    std::ostringstream text;
    text << input.rdbuf();
    DataCard card = dataCardFromJson(protocol::parseJson(text.str(), where), where);
    if (card.location.is_relative()) // files that lie beside their card may be moved with it
        card.location = (fs::absolute(file).parent_path() / card.location).lexically_normal();
    return card;
}

void writeDataCard(const fs::path& file, const DataCard& card)
{
    writeWhole(file, toJson(card).dump(2) + "\n");
}

} // namespace assay::data
