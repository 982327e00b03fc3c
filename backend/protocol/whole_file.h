#pragma once

#include <filesystem>
#include <string_view>

class QByteArray;
class QSaveFile;
class QString;

namespace assay {

/// Writes @p bytes as @p file, whole or not at all: until all of them have found room, what stood there
/// stays.
/// @throws Error "FILE: the file cannot be written: WHY."
void writeWhole(const std::filesystem::path& file, std::string_view bytes);
void writeWhole(const QString& file, const QByteArray& bytes);

/// Puts a file that was written in parts in its place. QSaveFile::commit() alone does not tell that the last
/// bytes, which wait in memory, found no room, and would put a cut file in the place of the old one.
/// @throws Error as writeWhole().
void commitWhole(QSaveFile& file);

/// The error of a file that could not be opened or written.
[[noreturn]] void throwNotWritten(const QSaveFile& file);

} // namespace assay
