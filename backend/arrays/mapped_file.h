#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

class QFile;

namespace assay::arrays {

/// A file mapped read-only into memory: pages are read when they are touched, nothing is copied. Immutable,
/// safe from any thread. The file must not be shortened while it is mapped, so data that outlives loading is
/// copied out.
class MappedFile
{
public:
    /// @throws Error when there is no such regular file or it cannot be read. An empty file gives no bytes.
    explicit MappedFile(const std::filesystem::path& file);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    const std::string& name() const { return m_name; }
    std::span<const std::uint8_t> bytes() const { return m_bytes; }

private:
    std::string m_name;
    std::unique_ptr<QFile> m_file;
    std::span<const std::uint8_t> m_bytes;
};

} // namespace assay::arrays
