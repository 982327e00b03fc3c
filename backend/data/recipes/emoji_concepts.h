#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace assay::data {

/// One thing that emoji sets draw: a tiger, a tram.
struct EmojiConcept
{
    std::string code;          ///< code points in upper-case hex, "1F1EA-1F1EC"
    std::string name;          ///< "tiger face"
    std::string keywords;      ///< space-separated short names
    std::int64_t category = 0; ///< index into emojiClasses()
    int sheetX = 0;            ///< cell in the vendors' sheets
    int sheetY = 0;
};

/// The 15 classes made of Unicode's subcategories, which are too uneven by themselves.
const std::vector<std::string>& emojiClasses();

/// The concepts of the 15 classes that google and twitter both draw, by code. Families are left out
/// (silhouettes that one vendor repeats); of persons and flags, which would outnumber the rest, 100 each are
/// drawn by hash.
/// @param file emoji.json of npm's emoji-datasource. @throws Error when it is malformed.
std::vector<EmojiConcept> readEmojiConcepts(const std::filesystem::path& file);

} // namespace assay::data
