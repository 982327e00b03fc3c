#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace assay::data {

/// What a data set is, for lists and cards; cheap to make, no pixels are read for it.
struct DatasetInfo
{
    std::string name;   ///< workspace name, "fashion-mnist"
    std::string title;  ///< "Fashion-MNIST"
    std::string source; ///< where it comes from, e.g. the Debian package
    std::string licence;
    std::string note; ///< known correlations, pseudo-labels, ...: what a reader must know
    std::vector<std::string> classes;
    std::int64_t trainCount = 0;
    std::int64_t testCount = 0;
    std::int64_t channels = 0;
    std::int64_t height = 0;
    std::int64_t width = 0;
    bool available = true;
    std::string problem; ///< when not available: the sentence that says how to mend it
};

enum class Split { Train, Test };

/// A labelled set of images that fit in memory. Immutable and safe from any thread once opened.
/// Sample ids are indices into the split and never change.
class Dataset
{
public:
    virtual ~Dataset() = default;
    virtual const DatasetInfo& info() const = 0;
    virtual std::int64_t size(Split split) const = 0;
    /// uint8 [N,C,H,W] on the CPU, 0..255, RGB order when C is 3. The whole split, not copied.
    virtual torch::Tensor pixels(Split split) const = 0;
    /// int64 [N] on the CPU, 0 .. classes-1.
    virtual torch::Tensor labels(Split split) const = 0;
    /// SHA-256 over every input file, hex: for provenance and cache keys.
    virtual const std::string& hash() const = 0;

    /// float32 [n,C,H,W] in [0,1] on @p device: the images of @p ids (int64 [n], CPU).
    torch::Tensor images(Split split, const torch::Tensor& ids, torch::Device device) const;
};

} // namespace assay::data
