#pragma once

#include "backend/protocol/error.h"

#include <QString>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <vector>

namespace assay::test {

using Bytes = std::vector<std::uint8_t>;

inline Bytes readBytes(const std::filesystem::path& file)
{
    std::ifstream input(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
}

/// Makes the file's folder where there is none.
inline void writeBytes(const std::filesystem::path& file, const Bytes& bytes)
{
    if (file.has_parent_path())
        std::filesystem::create_directories(file.parent_path());
    std::ofstream output(file, std::ios::binary);
    output.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

inline void writeText(const std::filesystem::path& file, const std::string& text)
{
    writeBytes(file, Bytes(text.begin(), text.end()));
}

/// Little-endian, at the end.
inline void append(Bytes& bytes, std::uint64_t value, int count)
{
    for (int i = 0; i < count; ++i)
        bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

inline void put(Bytes& bytes, std::size_t offset, std::uint64_t value, int count)
{
    for (int i = 0; i < count; ++i)
        bytes.at(offset + static_cast<std::size_t>(i)) = static_cast<std::uint8_t>(value >> (8 * i));
}

/// The sentence of the Error that @p action throws, without @p file's path in front; "" when it throws none.
inline QString problemOf(const std::filesystem::path& file, const std::function<void()>& action)
{
    try {
        action();
    } catch (const Error& error) {
        return QString::fromStdString(error.what()).replace(QString::fromStdString(file.string()), "FILE");
    }
    return {};
}

} // namespace assay::test
