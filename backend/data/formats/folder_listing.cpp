#include "backend/data/formats/folder_listing.h"

#include "backend/data/images/image_import.h"
#include "backend/protocol/error.h"

#include <QUtf8StringView>

#include <algorithm>
#include <array>
#include <optional>

namespace assay::data {

namespace fs = std::filesystem;

namespace {

using protocol::Finding;

constexpr const char* kArrange =
    "Put the pictures of each class into a folder of their own, named after the class.";
constexpr int kFoldersLookedInto = 20;
constexpr int kEntriesLookedAt = 200;

enum class SplitFolder { Train, Test, Validation };

std::optional<SplitFolder> splitFolder(std::string name)
{
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (name == "train" || name == "training")
        return SplitFolder::Train;
    if (name == "test" || name == "testing")
        return SplitFolder::Test;
    if (name == "val" || name == "valid" || name == "validation")
        return SplitFolder::Validation;
    return std::nullopt;
}

bool hidden(const fs::path& path)
{
    const std::string name = path.filename().string();
    return name.starts_with('.') || name == "__MACOSX" || name == "Thumbs.db";
}

/// What lies directly in one folder, each list sorted by bytes.
struct Contents
{
    std::vector<std::string> folders;
    std::vector<std::string> images;
};

class Lister
{
public:
    Lister(const fs::path& root, bool outside)
        : m_root(root)
        , m_outside(outside)
    {}

    FolderListing list()
    {
        const Contents top = read(m_root);
        if (divided(top.folders))
            listSplits(top);
        else
            listClasses("", top, ImageRows::Place::Unknown);
        m_listing.hasSplits = divided(top.folders);
        if (m_listing.rows.names.empty())
            throw Error(m_loose > 0 ? "holds pictures but no class folders"
                                    : "holds no class folders with pictures",
                        m_root.string(), kArrange);
        tell();
        return std::move(m_listing);
    }

private:
    static bool divided(const std::vector<std::string>& folders)
    {
        std::array<bool, 3> seen{};
        bool others = false;
        for (const std::string& folder : folders) {
            const auto split = splitFolder(folder);
            if (split)
                seen[static_cast<std::size_t>(*split)] = true;
            others = others || !split;
        }
        const bool any = seen[0] || seen[1] || seen[2];
        return any && (!others || (seen[0] && (seen[1] || seen[2])));
    }

    Contents read(const fs::path& folder)
    {
        Contents contents;
        std::error_code code;
        fs::directory_iterator it(folder, code);
        if (code)
            throw Error("cannot be read", folder.string(), "Check the folder's permissions.");
        for (; it != fs::directory_iterator(); it.increment(code)) {
            const std::string name = it->path().filename().string();
            if (hidden(it->path()))
                ++m_hidden;
            else if (!QUtf8StringView(name.data(), static_cast<qsizetype>(name.size())).isValidUtf8())
                ++m_unreadableNames;
            else if (it->is_directory(code))
                (it->is_symlink(code) && !m_outside ? m_links : contents.folders).push_back(name);
            else if (!it->is_regular_file(code) || !namesAnImage(it->path()))
                ++m_others;
            else
                contents.images.push_back(name);
            if (static_cast<std::int64_t>(contents.images.size() + contents.folders.size()) > kMaxImages)
                throw Error("holds more than " + std::to_string(kMaxImages) + " files", folder.string(),
                            "Divide it into several data sets.");
        }
        std::ranges::sort(contents.folders);
        std::ranges::sort(contents.images);
        return contents;
    }

    void listSplits(const Contents& top)
    {
        const bool tested = std::ranges::any_of(
            top.folders, [](const auto& name) { return splitFolder(name) == SplitFolder::Test; });
        m_loose += static_cast<std::int64_t>(top.images.size());
        for (const std::string& folder : top.folders) {
            const auto split = splitFolder(folder);
            if (!split || (*split == SplitFolder::Validation && tested)) {
                m_unused.push_back(folder);
                continue;
            }
            listClasses(folder + "/", read(m_root / folder),
                        *split == SplitFolder::Train ? ImageRows::Place::Train : ImageRows::Place::Test);
        }
    }

    void listClasses(const std::string& prefix, const Contents& contents, ImageRows::Place place)
    {
        m_loose += static_cast<std::int64_t>(contents.images.size());
        for (const std::string& name : contents.folders) {
            const Contents below = read(m_root / (prefix + name));
            for (const std::string& nested : below.folders)
                m_nested.push_back(prefix + name + "/" + nested);
            for (const std::string& image : below.images)
                m_listing.rows.add(prefix + name + "/" + image, name, place, m_root.string());
            if (below.images.empty())
                m_empty.push_back(prefix + name);
        }
    }

    static std::string some(const std::vector<std::string>& names)
    {
        constexpr std::size_t kNamed = 3;
        std::string text;
        for (std::size_t i = 0; i < std::min(kNamed, names.size()); ++i)
            text += (i == 0 ? "" : ", ") + names[i];
        return names.size() > kNamed ? text + ", ..." : text;
    }

    void tell()
    {
        const auto say = [this](Finding::Level level, const std::string& sentence) {
            m_listing.findings.push_back({level, sentence});
        };
        const auto count = [](const auto& list) { return static_cast<std::int64_t>(list.size()); };
        if (!m_unused.empty())
            say(Finding::Level::Warning, counted(count(m_unused), "folder") + " beside train and test " +
                                             (m_unused.size() == 1 ? "is" : "are") + " not used: " +
                                             some(m_unused) + ". Import such a folder by itself to use it.");
        if (!m_nested.empty())
            say(Finding::Level::Warning, counted(count(m_nested), "folder") + " inside class folders " +
                                             (m_nested.size() == 1 ? "is" : "are") +
                                             " passed over: " + some(m_nested) +
                                             ". Move the pictures up into their class folders.");
        if (!m_links.empty())
            say(Finding::Level::Warning,
                counted(count(m_links), "linked folder") + (m_links.size() == 1 ? " is" : " are") +
                    " passed over: " + some(m_links) + ". Set 'outside' to follow links.");
        if (!m_empty.empty())
            say(Finding::Level::Warning, counted(count(m_empty), "class folder") +
                                             (m_empty.size() == 1 ? " holds" : " hold") +
                                             " no pictures: " + some(m_empty) + ". Remove or fill them.");
        if (m_loose > 0)
            say(Finding::Level::Warning, counted(m_loose, "picture") + " outside class folders " +
                                             (m_loose == 1 ? "is" : "are") + " passed over. " + kArrange);
        if (m_unreadableNames > 0)
            say(Finding::Level::Warning,
                counted(m_unreadableNames, "name") +
                    " that cannot be read as UTF-8 text: passed over. Rename such files.");
        if (m_others > 0)
            say(Finding::Level::Info, counted(m_others, "file") + " of other kinds " +
                                          (m_others == 1 ? "is" : "are") + " passed over.");
        if (m_hidden > 0)
            say(Finding::Level::Info,
                counted(m_hidden, "hidden file") + (m_hidden == 1 ? " is" : " are") + " passed over.");
    }

    const fs::path& m_root;
    const bool m_outside;
    FolderListing m_listing;
    std::int64_t m_hidden = 0;
    std::int64_t m_others = 0;
    std::int64_t m_loose = 0;
    std::int64_t m_unreadableNames = 0;
    std::vector<std::string> m_links;
    std::vector<std::string> m_nested;
    std::vector<std::string> m_empty;
    std::vector<std::string> m_unused;
};

/// Whether one of the first entries of @p folder is a picture, or one below it is.
bool hasImages(const fs::path& folder, int levels)
{
    std::error_code code;
    int entries = 0;
    int folders = 0;
    for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
        if (++entries > kEntriesLookedAt)
            break;
        if (hidden(it->path()))
            continue;
        if (it->is_regular_file(code) && namesAnImage(it->path()))
            return true;
        if (levels > 0 && it->is_directory(code) && ++folders <= kFoldersLookedInto &&
            hasImages(it->path(), levels - 1))
            return true;
    }
    return false;
}

} // namespace

FolderListing listFolder(const fs::path& folder, bool outside)
{
    return Lister(folder, outside).list();
}

bool looksLikeImageFolder(const fs::path& folder)
{
    std::error_code code;
    return fs::is_directory(folder, code) && hasImages(folder, 2);
}

} // namespace assay::data
