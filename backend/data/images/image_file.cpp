#include "backend/data/images/image_file.h"

#include "backend/protocol/error.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <utility>

namespace assay::data {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t kHeadBytes = 64 << 10;

struct CloseFile
{
    void operator()(std::FILE* file) const { std::fclose(file); }
};

/// Whether @p file is @p folder or below it; both without links.
bool below(const fs::path& file, const fs::path& folder)
{
    const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
    return end == folder.end();
}

} // namespace

std::optional<imaging::ImageKind> kindFromName(const fs::path& file)
{
    using imaging::ImageKind;
    static const std::array<std::pair<const char*, ImageKind>, 7> kEndings = {{
        {".png", ImageKind::Png},
        {".jpg", ImageKind::Jpeg},
        {".jpeg", ImageKind::Jpeg},
        {".bmp", ImageKind::Bmp},
        {".tif", ImageKind::Tiff},
        {".tiff", ImageKind::Tiff},
        {".webp", ImageKind::WebP},
    }};
    std::string ending = file.extension().string();
    std::ranges::transform(ending, ending.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    for (const auto& [known, kind] : kEndings) {
        if (ending == known)
            return kind;
    }
    return std::nullopt;
}

bool namesAnImage(const fs::path& file)
{
    return kindFromName(file).has_value();
}

bool isInside(const std::string& name)
{
    const fs::path path(name);
    return !name.empty() && name.find('\0') == std::string::npos && path.is_relative() &&
           std::ranges::none_of(path, [](const fs::path& part) { return part == ".."; });
}

ImageRoot::ImageRoot(fs::path folder, bool outside)
    : m_folder(std::move(folder))
    , m_outside(outside)
{
    std::error_code code;
    m_real = fs::canonical(m_folder, code);
}

fs::path ImageRoot::resolve(const std::string& name) const
{
    if (!m_outside && !isInside(name))
        throw Error("leads out of the data set's folder", name.substr(0, 300),
                    "Name pictures relative to the folder, or allow files outside it.");
    const fs::path file = m_folder / name;
    std::error_code code;
    const fs::path real = fs::canonical(file, code);
    if (code || !fs::is_regular_file(real, code))
        throw Error("no such file", file.string(), "Put the picture back, or import the data set again.");
    if (!m_outside && !below(real, m_real))
        throw Error("is a link that leads out of the data set's folder", file.string(),
                    "Replace the link by the picture, or allow files outside the folder.");
    return real;
}

std::vector<std::uint8_t> ImageRoot::readHead(const fs::path& file, std::uintmax_t most) const
{
    std::error_code code;
    const std::uintmax_t size = fs::file_size(file, code);
    if (!code && size > kMaxImageFileBytes)
        throw Error("is larger than " + std::to_string(kMaxImageFileBytes >> 20) +
                        " MiB, too large for a picture",
                    file.string());
    const std::unique_ptr<std::FILE, CloseFile> input(code ? nullptr : std::fopen(file.c_str(), "rb"));
    if (!input)
        throw Error("cannot be read", file.string(), "Check the file's permissions.");
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(std::min(size, most)));
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), input.get()));
    return bytes;
}

std::vector<std::uint8_t> ImageRoot::read(const std::string& name) const
{
    return readHead(resolve(name), kMaxImageFileBytes);
}

imaging::ImageHeader ImageRoot::header(const std::string& name) const
{
    const fs::path file = resolve(name);
    std::vector<std::uint8_t> bytes = readHead(file, kHeadBytes);
    if (bytes.empty())
        throw Error("is empty", file.string(), "Fetch or save the picture again.");
    const auto kind = imaging::kindFromHeader(bytes);
    if (!kind)
        throw Error("is neither PNG, JPEG, BMP, TIFF nor WebP", file.string(), "Convert the picture to PNG.");
    auto header = imaging::readHeader(bytes);
    if (!header && bytes.size() == kHeadBytes) // a TIFF's directory, or a JPEG's size behind long profiles
        header = imaging::readHeader(readHead(file, kMaxImageFileBytes));
    if (!header)
        throw Error("is a damaged " + std::string(imaging::kindName(*kind)) + ": it ends inside its header",
                    file.string(), "Fetch or save the picture again.");
    return *header;
}

} // namespace assay::data
