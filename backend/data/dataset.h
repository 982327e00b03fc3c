#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
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
    std::string problem;                 ///< when not available: the sentence that says how to mend it
    std::string format = "idx";          ///< how the files are kept, a key of dataFormats()
    std::vector<std::string> boxClasses; ///< what its boxes are called; empty: the images have no boxes
    std::vector<std::string> attributes; ///< names of the columns that samples() has, "domain" among them
    std::string warning;                 ///< in lists: the files changed since the import; empty otherwise
};

enum class Split { Train, Test };

/// A further column of knowledge about the samples of a split: skin tone, glasses, the vendor of a picture.
/// The name "domain" is kept for what tells sites, vendors or styles apart.
struct Attribute
{
    std::string name;
    std::vector<std::string> values; ///< of a categorical attribute; empty for a numeric one
    torch::Tensor codes;             ///< int32 [N], index into values, -1 unknown; undefined when numeric
    torch::Tensor numbers;           ///< float64 [N], NaN unknown; undefined when categorical
};

/// A labelled rectangle in pixels of the image as stored: left, top, width, height.
struct Box
{
    std::int64_t sample = 0;
    float x = 0;
    float y = 0;
    float width = 0;
    float height = 0;
    std::int32_t category = 0; ///< index into SampleTable::boxClasses
};

/// What is known of the samples besides their class; every part may be empty.
struct SampleTable
{
    std::vector<std::string> names;    ///< [N], e.g. the path below the data set's folder
    std::vector<std::string> captions; ///< [N]
    std::vector<Attribute> attributes;
    std::vector<Box> boxes; ///< by ascending sample
    std::vector<std::string> boxClasses;
    const Attribute* find(const std::string& attribute) const; ///< nullptr when absent
};

/// A labelled set of images. Safe from any thread once opened; sample ids are indices into the split and
/// never change. Small sets stay in memory; others decode their files when asked (resident() is false).
class Dataset
{
public:
    virtual ~Dataset() = default;
    virtual const DatasetInfo& info() const = 0;
    virtual std::int64_t size(Split split) const = 0;
    /// uint8 [N,C,H,W] on the CPU, 0..255, RGB order when C is 3. The whole split, not copied; a set that is
    /// not resident reads all of it and keeps it.
    /// @throws Error when the split does not fit kMaxResidentBytes, or a file is broken.
    virtual torch::Tensor pixels(Split split) const = 0;
    /// uint8 [n,C,H,W] on the CPU: those of @p ids (int64 [n], CPU), in that order. Decodes with all cores
    /// where it must. @throws Error naming a broken file.
    virtual torch::Tensor pixelsOf(Split split, const torch::Tensor& ids) const;
    /// Whether pixels() costs nothing.
    virtual bool resident() const { return true; }
    /// uint8 [C,H,W] of one sample at its own size, for inspection; the stored one unless files hold more.
    virtual torch::Tensor original(Split split, std::int64_t id) const;
    /// uint8 [n,C,h,w] on the CPU: the images of @p ids small enough for a gallery, the larger side at most
    /// @p side (1 .. 1024), never larger than pixelsOf() gives them. @throws Error naming a broken file.
    virtual torch::Tensor thumbnails(Split split, const torch::Tensor& ids, std::int64_t side) const;
    /// int64 [N] on the CPU, 0 .. classes-1.
    virtual torch::Tensor labels(Split split) const = 0;
    virtual const SampleTable& samples(Split split) const;
    /// SHA-256 over every input file, hex: for provenance and cache keys.
    virtual const std::string& hash() const = 0;

    /// float32 [n,C,H,W] in [0,1] on @p device: the images of @p ids (int64 [n], CPU).
    torch::Tensor images(Split split, const torch::Tensor& ids, torch::Device device) const;

    static constexpr std::int64_t kMaxResidentBytes = std::int64_t(4) << 30;
};

/// Height and width of the thumbnails of a set: its images with the larger side at most @p side, never
/// enlarged, at least 1 x 1. @throws Error when @p side is not 1 .. 1024.
std::pair<std::int64_t, std::int64_t> thumbnailSize(const DatasetInfo& info, std::int64_t side);

} // namespace assay::data
