#include "backend/models/card.h"

#include "backend/protocol/error.h"
#include "backend/protocol/run_spec.h"

#include <QSaveFile>

#include <cmath>
#include <fstream>
#include <sstream>

namespace assay::models {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxCardBytes = 1 << 20;

/// Reads one field after another; every message names the card and the field.
class CardReader
{
public:
    CardReader(const Json& json, std::string where)
        : m_json(json)
        , m_where(std::move(where))
    {
        if (!json.is_object())
            throw Error("a model card must be a JSON object", m_where);
    }

    std::string text(const char* key, bool required = true) const
    {
        const Json* value = find(key, required);
        if (!value)
            return {};
        if (!value->is_string())
            fail(key, "must be a text");
        return value->get<std::string>();
    }

    std::int64_t count(const char* key, bool required = true) const
    {
        const Json* value = find(key, required);
        if (!value)
            return 0;
        if (!value->is_number_integer() || value->get<std::int64_t>() < 0)
            fail(key, "must be an integer of at least 0");
        return value->get<std::int64_t>();
    }

    double fraction(const char* key) const
    {
        const Json* value = find(key, false);
        if (!value)
            return 0;
        if (!value->is_number() || !(value->get<double>() >= 0 && value->get<double>() <= 1))
            fail(key, "must be a fraction from 0 to 1");
        return value->get<double>();
    }

    std::vector<double> reals(const char* key) const
    {
        std::vector<double> result;
        for (const Json& item : list(key)) {
            if (!item.is_number() || !std::isfinite(item.get<double>()))
                fail(key, "must be a list of numbers");
            result.push_back(item.get<double>());
        }
        return result;
    }

    std::vector<std::string> texts(const char* key) const
    {
        std::vector<std::string> result;
        for (const Json& item : list(key)) {
            if (!item.is_string())
                fail(key, "must be a list of texts");
            result.push_back(item.get<std::string>());
        }
        return result;
    }

    Json object(const char* key, bool required = false) const
    {
        const Json* value = find(key, required);
        if (!value)
            return Json::object();
        if (!value->is_object())
            fail(key, "must be a JSON object");
        return *value;
    }

private:
    const Json* find(const char* key, bool required) const
    {
        const auto it = m_json.find(key);
        if (it != m_json.end())
            return &*it;
        if (required)
            fail(key, "is missing");
        return nullptr;
    }

    const Json& list(const char* key) const
    {
        const Json* value = find(key, true);
        if (!value->is_array())
            fail(key, "must be a list");
        return *value;
    }

    [[noreturn]] void fail(const char* key, const char* what) const
    {
        throw Error("field '" + std::string(key) + "' " + what, m_where, "Correct the model card.");
    }

    const Json& m_json;
    std::string m_where;
};

} // namespace

Json toJson(const ModelCard& card)
{
    return {
        {"name", card.name},
        {"title", card.title},
        {"summary", card.summary},
        {"architecture", card.architecture},
        {"options", card.options},
        {"input",
         {{"channels", card.input.channels},
          {"height", card.input.height},
          {"width", card.input.width},
          {"mean", card.input.mean},
          {"stddev", card.input.stddev}}},
        {"classes", card.classes},
        {"dataset", card.dataset},
        {"recipe", card.recipe},
        {"test_accuracy", card.testAccuracy},
        {"parameters", card.parameters},
        {"sha256", card.sha256},
    };
}

ModelCard cardFromJson(const Json& json, const std::string& where)
{
    const CardReader reader(json, where);
    ModelCard card;
    card.name = reader.text("name");
    card.title = reader.text("title", false);
    card.summary = reader.text("summary", false);
    card.architecture = reader.text("architecture");
    card.options = reader.object("options");
    const Json inputJson = reader.object("input", true);
    const CardReader input(inputJson, where);
    card.input = {.channels = input.count("channels"),
                  .height = input.count("height"),
                  .width = input.count("width"),
                  .mean = input.reals("mean"),
                  .stddev = input.reals("stddev")};
    card.classes = reader.texts("classes");
    card.dataset = reader.text("dataset", false);
    card.recipe = reader.object("recipe");
    card.testAccuracy = reader.fraction("test_accuracy");
    card.parameters = reader.count("parameters", false);
    card.sha256 = reader.text("sha256", false);
    return card;
}

ModelCard readCard(const fs::path& file)
{
    const std::string where = file.string();
    std::error_code code;
    if (!fs::is_regular_file(file, code))
        throw Error("no such file", where);
    if (fs::file_size(file, code) > kMaxCardBytes || code)
        throw Error("is larger than 1 MiB, too large for a model card", where);
    std::ifstream input(file, std::ios::binary);
    std::ostringstream text;
    text << input.rdbuf();
    return cardFromJson(protocol::parseJson(text.str(), where), where);
}

void writeCard(const fs::path& file, const ModelCard& card)
{
    const std::string text = toJson(card).dump(2) + "\n";
    QSaveFile output(QString::fromStdString(file.string()));
    if (!output.open(QIODevice::WriteOnly) ||
        output.write(text.data(), static_cast<qint64>(text.size())) != static_cast<qint64>(text.size()) ||
        !output.commit())
        throw Error("cannot be written: " + output.errorString().toStdString(), file.string(),
                    "Check the folder's permissions and free space.");
}

} // namespace assay::models
