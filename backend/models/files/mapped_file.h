#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace assay::models {

/// A file's bytes in memory without reading them: pages come when they are touched and go when memory is
/// short. The mapping is private: what is written to it never reaches the file. Whoever overwrites the file
/// in place (replacing it by a rename is harmless) changes the bytes under the reader, and who shortens it
/// ends the process at the next touch: keep mappings of other people's files no longer than it takes to load
/// them.
class MappedFile
{
public:
    /// shared: every tensor over the file holds it. @throws Error when the file is absent or cannot be read.
    static std::shared_ptr<const MappedFile> open(const std::filesystem::path& file);

    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::span<const std::uint8_t> bytes() const { return {m_data, m_size}; }

    /// Says that the pages that lie wholly in @p range, part of bytes(), are not needed any more: they leave
    /// this process's memory and come back from the file when they are touched again.
    void forget(std::span<const std::uint8_t> range) const;

private:
    MappedFile(std::uint8_t* data, std::size_t size);

    std::uint8_t* m_data;
    std::size_t m_size;
};

/// A tensor whose elements are @p bytes of @p file, without a copy; where the file lays them at an address
/// the type may not have, and for flags (any byte but 0 and 1 would be undefined behaviour), with one. When
/// the last tensor of these bytes goes, their pages are forgotten.
/// @param bytes part of file->bytes(), as long as @p sizes and @p type say.
torch::Tensor mappedTensor(const std::shared_ptr<const MappedFile>& file, std::span<const std::uint8_t> bytes,
                           c10::IntArrayRef sizes, c10::ScalarType type);

} // namespace assay::models
