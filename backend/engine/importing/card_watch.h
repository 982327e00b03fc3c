#pragma once

#include "backend/engine/workspace.h"

#include <filesystem>
#include <string>

namespace assay::engine {

/// Notices cards, and scripted attacks, that appear in, change in or vanish from a workspace or the user's
/// folder of attacks, whoever did it. Looking costs a listing of the folders, no file is read. Not safe from
/// several threads.
class CardWatch
{
public:
    explicit CardWatch(const Workspace& workspace);

    /// Whether the cards are others than when it was asked last (or made).
    bool changed();

private:
    std::string look() const;

    std::filesystem::path m_folders[4];
    std::string m_seen; ///< names, sizes and times of the cards
};

} // namespace assay::engine
