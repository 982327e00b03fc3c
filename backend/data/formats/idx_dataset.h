#pragma once

#include "backend/data/dataset.h"

#include <filesystem>

namespace assay::data {

/// A data set in MNIST's layout: four IDX files in one folder, train-images-idx3-ubyte[.gz],
/// train-labels-idx1-ubyte[.gz], t10k-images-idx3-ubyte[.gz], t10k-labels-idx1-ubyte[.gz].
class IdxDataset final : public Dataset
{
public:
    /// Reads all four files.
    /// @param info name, title, classes and texts; counts and sizes are filled in here. Without classes the
    ///             labels' range names them "0", "1", ...
    /// @throws Error when a file is missing or malformed, images and labels differ in number, the splits
    /// differ
    ///         in image size, or a label has no class.
    IdxDataset(const std::filesystem::path& folder, DatasetInfo info);

    /// Whether @p folder holds all four files, compressed or not.
    static bool present(const std::filesystem::path& folder);

    const DatasetInfo& info() const override { return m_info; }
    std::int64_t size(Split split) const override { return m_parts[index(split)].labels.size(0); }
    torch::Tensor pixels(Split split) const override { return m_parts[index(split)].pixels; }
    torch::Tensor labels(Split split) const override { return m_parts[index(split)].labels; }
    const std::string& hash() const override { return m_hash; }

private:
    struct Part
    {
        torch::Tensor pixels; ///< uint8 [N,1,H,W]
        torch::Tensor labels; ///< int64 [N]
    };
    static std::size_t index(Split split) { return split == Split::Train ? 0 : 1; }
    void checkLabels(const std::filesystem::path& folder);

    DatasetInfo m_info;
    Part m_parts[2];
    std::string m_hash;
};

} // namespace assay::data
