#pragma once

#include "backend/imaging/image_header.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace assay::data {

/// Picture files larger than this are refused.
inline constexpr std::uintmax_t kMaxImageFileBytes = std::uintmax_t(512) << 20;

/// Whether @p file ends in .png, .jpg, .jpeg, .bmp, .tif, .tiff or .webp, in any case.
bool namesAnImage(const std::filesystem::path& file);

/// The kind that the ending of @p file announces; nullopt for other endings.
std::optional<imaging::ImageKind> kindFromName(const std::filesystem::path& file);

/// The folder that a data set's pictures lie in, and whether links may lead out of it.
class ImageRoot
{
public:
    /// @param outside pictures may lie elsewhere: absolute names and links that lead out are followed.
    explicit ImageRoot(std::filesystem::path folder, bool outside = false);

    const std::filesystem::path& folder() const { return m_folder; }

    /// The file called @p name below the folder. @throws Error when it does not exist, is no regular file, or
    /// lies outside though it must not.
    std::filesystem::path resolve(const std::string& name) const;

    /// Its bytes. @throws Error also when it cannot be read or is larger than kMaxImageFileBytes.
    std::vector<std::uint8_t> read(const std::string& name) const;

    /// Its header: from the first 64 KiB where that is enough.
    /// @throws Error as read(), or when the file is none of the kinds that are decoded.
    imaging::ImageHeader header(const std::string& name) const;

private:
    std::vector<std::uint8_t> readHead(const std::filesystem::path& file, std::uintmax_t most) const;

    std::filesystem::path m_folder;
    std::filesystem::path m_real; ///< m_folder without links
    bool m_outside;
};

/// Whether @p name stays below the folder it is relative to, by its letters alone: relative, not empty, no
/// "..", no byte 0.
bool isInside(const std::string& name);

} // namespace assay::data
