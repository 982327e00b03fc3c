#pragma once

#include "backend/data/dataset.h"

#include <array>
#include <string>

namespace assay::data {

/// One split in memory.
struct ResidentPart
{
    torch::Tensor pixels; ///< uint8 [N,C,H,W]
    torch::Tensor labels; ///< int64 [N]
    SampleTable samples;  ///< empty or [N] each
};

/// A data set that lies in memory whole, whatever files it came from.
class ResidentDataset final : public Dataset
{
public:
    /// @param info name, title, classes and texts; counts, sizes and attribute names are filled in here.
    ///             Without classes the labels' range names them "0", "1", ...
    /// @param where the file or folder, for messages. @param hash see Dataset::hash().
    /// @throws Error when the splits differ in image size or number of channels, sides are not 1 .. 4096, or
    ///         a label is negative or has no class.
    ResidentDataset(DatasetInfo info, ResidentPart train, ResidentPart test, std::string hash,
                    const std::string& where);

    const DatasetInfo& info() const override { return m_info; }
    std::int64_t size(Split split) const override { return part(split).labels.size(0); }
    torch::Tensor pixels(Split split) const override { return part(split).pixels; }
    torch::Tensor labels(Split split) const override { return part(split).labels; }
    const SampleTable& samples(Split split) const override { return part(split).samples; }
    const std::string& hash() const override { return m_hash; }

private:
    const ResidentPart& part(Split split) const { return m_parts[split == Split::Train ? 0 : 1]; }

    DatasetInfo m_info;
    std::array<ResidentPart, 2> m_parts;
    std::string m_hash;
};

/// The rows @p ids (int64 [n], contiguous) of every column, and the boxes of those samples.
SampleTable selectSamples(const SampleTable& table, const torch::Tensor& ids);

} // namespace assay::data
