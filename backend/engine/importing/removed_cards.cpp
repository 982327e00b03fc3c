#include "backend/engine/importing/removed_cards.h"

#include "backend/engine/files.h"
#include "backend/protocol/error.h"

#include <QUuid>

#include <algorithm>

namespace assay::engine {

namespace fs = std::filesystem;

namespace {

/// KIND.STEM.RANDOM: the stem may hold anything a file name may, except that it is no path.
constexpr std::size_t kRandomLength = 8;

bool isToken(const std::string& token)
{
    return token.size() > kRandomLength && token.size() < 250 && token.find('/') == std::string::npos &&
           token.find('\0') == std::string::npos && !token.starts_with('.');
}

} // namespace

std::string RemovedCards::setAside(const std::string& kind, const fs::path& card) const
{
    makeFolder(m_folder);
    const std::string random =
        QUuid::createUuid().toString(QUuid::Id128).left(static_cast<int>(kRandomLength)).toStdString();
    const std::string token = kind + "." + card.stem().string() + "." + random;
    std::error_code code;
    fs::rename(card, m_folder / (token + card.extension().string()), code);
    if (code)
        throwFileError(code.value(), card);
    return token;
}

RemovedCards::Card RemovedCards::find(const std::string& token) const
{
    const auto first = token.find('.');
    const auto last = token.rfind('.');
    std::error_code code;
    fs::path file = m_folder / (token + ".json");
    if (!fs::is_regular_file(file, code))
        file = m_folder / (token + ".pt");
    if (!isToken(token) || first == std::string::npos || last <= first || !fs::is_regular_file(file, code))
        throw Error("there is nothing to restore under '" + token.substr(0, 200) + "'", {},
                    "It was restored already, or removed in another workspace.");
    const std::string kind = token.substr(0, first);
    if (kind != "model" && kind != "data" && kind != "attack")
        throw Error("there is nothing to restore under '" + token.substr(0, 200) + "'");
    return {kind, file, token.substr(first + 1, last - first - 1)};
}

} // namespace assay::engine
