#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace assay::models {

/// Whether the file that begins with @p head is a zip archive with compiled code and constants, as
/// torch.jit.save writes it; a damaged one is told by its class names, where its first bytes hold them. Reads
/// no more than its directory.
bool isScriptArchive(const std::filesystem::path& file, std::span<const std::uint8_t> head);

/// Looks through a script before LibTorch loads it, since LibTorch believes what an archive says of itself:
/// - the archive is sound (see ZipArchive) and no larger than 16 GiB,
/// - each tensor's storage is backed by an entry of at least the size its pickle claims,
/// - no class has a __setstate__, which would run while loading, before its operators have been checked,
/// - no object of LibTorch's own native classes (quantised weights, remote workers) is made.
/// @throws Error saying which of these is not so.
void checkScriptArchive(const std::filesystem::path& file);

} // namespace assay::models
