#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::models {

/// A tensor storage that a pickle of PyTorch's zip format refers to.
struct StorageClaim
{
    std::string key; ///< name of the entry below "data/"
    std::uint64_t items = 0;
    std::uint64_t itemBytes = 1;
};

/// The storages referred to by @p pickle, which is walked through and not executed: nothing is imported,
/// called or built. Knows the instructions that LibTorch's own reader knows.
/// @throws Error naming @p where for a malformed pickle, an unknown instruction or an unknown storage type.
std::vector<StorageClaim> storageClaims(std::string_view pickle, const std::string& where);

} // namespace assay::models
