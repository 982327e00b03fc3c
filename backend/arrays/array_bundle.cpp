#include "backend/arrays/array_bundle.h"

#include "backend/protocol/error.h"

#include <algorithm>

namespace assay::arrays {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".npy";
constexpr std::size_t kMaxFiles = 10'000;

} // namespace

ArrayBundle::ArrayBundle(const fs::path& location)
    : m_location(location)
{
    std::error_code code;
    if (fs::is_directory(location, code)) {
        std::size_t seen = 0;
        for (const auto& entry : fs::directory_iterator(location, code)) {
            if (++seen > kMaxFiles)
                throw Error("holds more than 10000 files", location.string(),
                            "Keep the arrays of one data set in a folder of their own.");
            if (entry.path().extension() == kEnding && entry.is_regular_file(code))
                m_files[entry.path().stem().string()] = entry.path();
        }
        return;
    }
    if (location.extension() == kEnding) {
        m_files[location.stem().string()] = location;
        return;
    }
    m_archive.emplace(location);
    for (const ZipEntry& entry : m_archive->entries()) {
        if (entry.name.ends_with(kEnding))
            m_entries[entry.name.substr(0, entry.name.size() - kEnding.size())] = &entry;
    }
}

std::vector<std::string> ArrayBundle::names() const
{
    std::vector<std::string> names;
    for (const auto& [name, entry] : m_entries)
        names.push_back(name);
    for (const auto& [name, file] : m_files)
        names.push_back(name);
    return names;
}

std::string ArrayBundle::where(const std::string& name) const
{
    const auto file = m_files.find(name);
    return file != m_files.end() ? file->second.string()
                                 : m_location.string() + ", array '" + name.substr(0, 100) + "'";
}

NpyHeader ArrayBundle::header(const std::string& name) const
{
    if (const auto file = m_files.find(name); file != m_files.end()) {
        const MappedFile mapped(file->second);
        return readNpyHeader(mapped.bytes().first(std::min(mapped.bytes().size(), kMaxNpyHeader)),
                             where(name));
    }
    const auto entry = m_entries.find(name);
    if (entry == m_entries.end())
        throw Error("is not there", where(name));
    return readNpyHeader(m_archive->head(*entry->second, kMaxNpyHeader), where(name));
}

NpyArray ArrayBundle::array(const std::string& name, std::uint64_t maxBytes) const
{
    const NpyHeader announced = header(name);
    if (announced.byteCount() > maxBytes)
        throw Error("takes " + std::to_string(announced.byteCount()) + " bytes; at most " +
                        std::to_string(maxBytes) + " are read",
                    where(name), "Keep fewer samples, or save them as uint8.");
    if (const auto file = m_files.find(name); file != m_files.end())
        return readNpy(file->second);
    const ZipEntry& entry = *m_entries.at(name);
    if (entry.isStored) {
        const std::string_view bytes = m_archive->stored(entry);
        return readNpy({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, where(name));
    }
    auto bytes =
        std::make_shared<const std::vector<std::uint8_t>>(m_archive->read(entry, maxBytes + kMaxNpyHeader));
    return readNpy(*bytes, where(name), bytes);
}

std::vector<fs::path> ArrayBundle::files() const
{
    std::vector<fs::path> files;
    for (const auto& [name, file] : m_files)
        files.push_back(file);
    if (m_archive)
        files.push_back(m_location);
    return files;
}

} // namespace assay::arrays
