#pragma once

#include <filesystem>
#include <string>

namespace assay::engine {

/// A folder of cards that were set aside, each as TOKEN.json (scripts that lay in the workspace: TOKEN.pt);
/// the token says the kind and the file's name.
class RemovedCards
{
public:
    explicit RemovedCards(std::filesystem::path folder)
        : m_folder(std::move(folder))
    {}

    /// Moves @p card here. @returns the token. @throws Error when it cannot be moved.
    std::string setAside(const std::string& kind, const std::filesystem::path& card) const;

    struct Card
    {
        std::string kind;
        std::filesystem::path file;
        std::string stem; ///< of the file it was, without its ending
    };
    /// @throws Error when @p token is none of ours.
    Card find(const std::string& token) const;

private:
    std::filesystem::path m_folder;
};

} // namespace assay::engine
