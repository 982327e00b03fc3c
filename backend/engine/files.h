#pragma once

#include "backend/protocol/json.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace assay::engine {

/// Writes @p bytes to a temporary file beside @p file, flushes it to the disk and renames it, so that a
/// reader (or a crash) never sees half a file. Parent folders are made.
/// @throws Error with the sentence of throwFileError().
void writeFileAtomically(const std::filesystem::path& file, std::string_view bytes);

/// The whole of a file. @throws Error when it is missing, unreadable or longer than @p maxBytes.
std::string readFile(const std::filesystem::path& file, std::uint64_t maxBytes);

/// Reads a JSON file of at most 16 MiB. @throws Error also when it is no JSON.
Json readJsonFile(const std::filesystem::path& file);

/// Makes the folder and its parents. @throws Error.
void makeFolder(const std::filesystem::path& folder);

/// Turns an errno into one sentence about @p file that says how to mend it: a full disk, missing permission,
/// ...
[[noreturn]] void throwFileError(int error, const std::filesystem::path& file);

/// SHA-256 as hex, of bytes or of a file's content. @throws Error when the file cannot be read.
std::string sha256(std::string_view bytes);
std::string sha256OfFile(const std::filesystem::path& file);

/// Seconds since the epoch, UTC.
double secondsNow();

/// Sum of the sizes of all files under @p folder; what vanishes meanwhile is left out.
std::uint64_t folderBytes(const std::filesystem::path& folder);

} // namespace assay::engine
