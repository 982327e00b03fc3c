#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace assay::test {

using Bytes = std::vector<std::uint8_t>;

/// An IDX file of unsigned bytes: magic, sizes, values.
Bytes idx(const std::vector<std::uint32_t>& sizes, const Bytes& values);

Bytes gzip(const Bytes& bytes);

void write(const std::filesystem::path& file, const Bytes& bytes);

/// Four small IDX files: @p train and @p test images of 2 x 3 pixels with labels 0, 1, 2, 0, ...
void writeSet(const std::filesystem::path& folder, std::uint32_t train, std::uint32_t test);

} // namespace assay::test
