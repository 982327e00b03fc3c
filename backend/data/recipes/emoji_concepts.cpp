#include "backend/data/recipes/emoji_concepts.h"

#include "backend/protocol/error.h"
#include "backend/protocol/json.h"
#include "backend/protocol/run_spec.h"
#include "backend/protocol/text.h"

#include <QCryptographicHash>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

namespace assay::data {

namespace {

constexpr std::size_t kMostOfUneven = 100;

/// Subcategory -> class. "face-costume" (robots, ghosts) and what is not named here belongs to none.
const std::map<std::string, std::string>& classOfSubcategory()
{
    static const std::map<std::string, std::string> table = [] {
        const std::vector<std::pair<std::string, std::vector<std::string>>> groups = {
            {"mammal", {"animal-mammal", "cat-face", "monkey-face"}},
            {"other animal",
             {"animal-amphibian", "animal-bird", "animal-bug", "animal-marine", "animal-reptile"}},
            {"plant", {"plant-flower", "plant-other"}},
            {"produce", {"food-fruit", "food-vegetable"}},
            {"prepared food", {"food-asian", "food-prepared", "food-sweet"}},
            {"drink", {"drink", "dishware"}},
            {"vehicle", {"transport-air", "transport-ground", "transport-water"}},
            {"building", {"place-building", "place-religious", "place-other"}},
            {"clothing", {"clothing"}},
            {"tool", {"tool", "office", "science", "writing"}},
            {"music", {"music", "musical-instrument", "sound"}},
            {"smiley",
             {"face-affection", "face-concerned", "face-glasses", "face-hand", "face-hat", "face-negative",
              "face-neutral-skeptical", "face-sleepy", "face-smiling", "face-tongue", "face-unwell"}},
            {"sport", {"sport", "game"}},
            {"person",
             {"person", "person-activity", "person-fantasy", "person-gesture", "person-resting",
              "person-role", "person-sport"}},
            {"flag", {"country-flag", "flag", "subdivision-flag"}},
        };
        std::map<std::string, std::string> result;
        for (const auto& [name, subcategories] : groups) {
            for (const std::string& subcategory : subcategories)
                result[subcategory] = name;
        }
        return result;
    }();
    return table;
}

std::string digest(const std::string& text)
{
    return QCryptographicHash::hash(QByteArray::fromStdString(text), QCryptographicHash::Sha256)
        .toStdString();
}

/// Keeps the concepts of a class whose codes have the smallest hashes.
void thinOut(std::vector<EmojiConcept>& concepts, std::int64_t category)
{
    std::vector<std::string> digests;
    for (const EmojiConcept& entry : concepts) {
        if (entry.category == category)
            digests.push_back(digest(entry.code));
    }
    if (digests.size() <= kMostOfUneven)
        return;
    std::ranges::sort(digests);
    const std::string last = digests[kMostOfUneven - 1];
    std::erase_if(concepts, [&](const EmojiConcept& entry) {
        return entry.category == category && digest(entry.code) > last;
    });
}

EmojiConcept conceptOf(const Json& item, const std::string& className)
{
    const auto& classes = emojiClasses();
    EmojiConcept entry;
    entry.code = item.at("unified").get<std::string>();
    entry.name = lowered(item.at("name").is_string() ? item.at("name").get<std::string>()
                                                     : item.at("short_name").get<std::string>());
    for (const Json& word : item.at("short_names"))
        entry.keywords += (entry.keywords.empty() ? "" : " ") + word.get<std::string>();
    entry.category = std::ranges::find(classes, className) - classes.begin();
    entry.sheetX = item.at("sheet_x").get<int>();
    entry.sheetY = item.at("sheet_y").get<int>();
    return entry;
}

} // namespace

const std::vector<std::string>& emojiClasses()
{
    static const std::vector<std::string> classes = {
        "mammal",   "other animal", "plant", "produce", "prepared food", "drink",  "vehicle", "building",
        "clothing", "tool",         "music", "smiley",  "sport",         "person", "flag"};
    return classes;
}

std::vector<EmojiConcept> readEmojiConcepts(const std::filesystem::path& file)
{
    std::ifstream input(file, std::ios::binary);
    std::ostringstream text;
    text << input.rdbuf();
    const Json list = protocol::parseJson(text.str(), file.string());
    std::vector<EmojiConcept> concepts;
    try {
        for (const Json& item : list) {
            const auto found = classOfSubcategory().find(item.at("subcategory").get<std::string>());
            if (found == classOfSubcategory().end() || !item.at("has_img_google").get<bool>() ||
                !item.at("has_img_twitter").get<bool>())
                continue;
            concepts.push_back(conceptOf(item, found->second));
        }
    } catch (const Json::exception& error) {
        throw Error(std::string("is not the list of emoji that was expected: ") + error.what(),
                    file.string());
    }
    std::ranges::sort(concepts, {}, &EmojiConcept::code);
    for (const char* uneven : {"person", "flag"})
        thinOut(concepts, std::ranges::find(emojiClasses(), uneven) - emojiClasses().begin());
    return concepts;
}

} // namespace assay::data
