#include "backend/engine/importing/card_watch.h"

#include <algorithm>
#include <vector>

namespace assay::engine {

namespace fs = std::filesystem;

CardWatch::CardWatch(const Workspace& workspace)
    : m_folders{workspace.models(), workspace.data(), workspace.attacks(), userAttackFolder()}
    , m_seen(look())
{}

std::string CardWatch::look() const
{
    std::vector<std::string> cards;
    for (const fs::path& folder : m_folders) {
        std::error_code code;
        for (const auto& entry : fs::directory_iterator(folder, code)) {
            if (entry.path().extension() != ".json" && entry.path().extension() != ".pt")
                continue;
            std::error_code vanished;
            cards.push_back(entry.path().string() + '\n' + std::to_string(entry.file_size(vanished)) + '\n' +
                            std::to_string(entry.last_write_time(vanished).time_since_epoch().count()) +
                            '\n');
        }
    }
    std::ranges::sort(cards);
    std::string text;
    for (const std::string& card : cards)
        text += card;
    return text;
}

bool CardWatch::changed()
{
    std::string now = look();
    if (now == m_seen)
        return false;
    m_seen = std::move(now);
    return true;
}

} // namespace assay::engine
