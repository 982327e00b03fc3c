#pragma once

#include <string>

namespace assay {

/// @p text with A to Z in lower case; every other byte, those of UTF-8 included, is kept.
inline std::string lowered(std::string text)
{
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

} // namespace assay
