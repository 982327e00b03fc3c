#include "backend/data/formats/idx_file.h"

#include "backend/protocol/error.h"

#include <torch/types.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <vector>

namespace assay::data {

namespace {

constexpr int kUnsignedByte = 0x08;
constexpr std::int64_t kReadStep = std::int64_t(1) << 20;

struct CloseGz
{
    void operator()(gzFile file) const { gzclose(file); }
};
using GzHandle = std::unique_ptr<std::remove_pointer_t<gzFile>, CloseGz>;

/// zlib's reader passes plain files through unchanged, so one path serves both forms.
class Source
{
public:
    explicit Source(const std::filesystem::path& file)
        : m_name(file.string())
    {
        std::error_code code;
        if (!std::filesystem::is_regular_file(file, code))
            throw Error("no such file", m_name);
        m_file.reset(gzopen(m_name.c_str(), "rb"));
        if (!m_file)
            throw Error("cannot be opened", m_name, "Check the file's permissions.");
        gzbuffer(m_file.get(), 1 << 17);
    }

    const std::string& name() const { return m_name; }

    /// Bytes really read; fewer than asked only at the end.
    std::int64_t read(std::uint8_t* to, std::int64_t count)
    {
        std::int64_t done = 0;
        while (done < count) {
            const auto step = static_cast<unsigned>(std::min<std::int64_t>(count - done, 1 << 30));
            const int got = gzread(m_file.get(), to + done, step);
            if (got < 0)
                throw Error("the gzip data is damaged", m_name, "Fetch the file again.");
            if (got == 0)
                break;
            done += got;
        }
        return done;
    }

private:
    std::string m_name;
    GzHandle m_file;
};

std::vector<std::int64_t> readHeader(Source& source, int rank)
{
    std::array<std::uint8_t, 4> magic{};
    if (source.read(magic.data(), 4) != 4 || magic[0] != 0 || magic[1] != 0)
        throw Error("is no IDX file: it does not begin with two zero bytes", source.name());
    if (magic[2] != kUnsignedByte)
        throw Error("has element type " + std::to_string(magic[2]) + "; only 8 (unsigned byte) is read",
                    source.name(), "Convert the values to unsigned bytes.");
    if (magic[3] != rank)
        throw Error("has " + std::to_string(magic[3]) + " dimensions; " + std::to_string(rank) +
                        " were expected",
                    source.name(), "Check that images and labels are not swapped.");
    std::vector<std::int64_t> sizes;
    std::int64_t total = 1;
    for (int i = 0; i < rank; ++i) {
        std::array<std::uint8_t, 4> raw{};
        if (source.read(raw.data(), 4) != 4)
            throw Error("ends inside its header", source.name(), "Fetch the file again.");
        const std::int64_t size = std::int64_t(raw[0]) << 24 | raw[1] << 16 | raw[2] << 8 | raw[3];
        // Checked before multiplying, so that the product cannot overflow.
        if (size != 0 && total > kMaxIdxBytes / size)
            throw Error("announces more than " + std::to_string(kMaxIdxBytes >> 30) + " GiB", source.name());
        total *= size;
        sizes.push_back(size);
    }
    return sizes;
}

/// Grows with what arrives: a header that announces gigabytes costs nothing until they are there.
std::vector<std::uint8_t> readBody(Source& source, std::int64_t total)
{
    std::vector<std::uint8_t> bytes;
    while (static_cast<std::int64_t>(bytes.size()) < total) {
        const auto before = static_cast<std::int64_t>(bytes.size());
        const std::int64_t step = std::min(total - before, std::max(kReadStep, before));
        bytes.resize(static_cast<std::size_t>(before + step));
        const std::int64_t got = source.read(bytes.data() + before, step);
        if (got < step)
            throw Error("ends after " + std::to_string(before + got) + " of " + std::to_string(total) +
                            " bytes of data",
                        source.name(), "Fetch the file again.");
    }
    std::uint8_t extra = 0;
    if (source.read(&extra, 1) != 0)
        throw Error("goes on after the " + std::to_string(total) + " bytes its header announces",
                    source.name());
    return bytes;
}

} // namespace

torch::Tensor readIdx(const std::filesystem::path& file, int rank)
{
    Source source(file);
    const std::vector<std::int64_t> sizes = readHeader(source, rank);
    std::int64_t total = 1;
    for (const std::int64_t size : sizes)
        total *= size;
    const std::vector<std::uint8_t> bytes = readBody(source, total);
    torch::Tensor result = torch::empty(sizes, torch::kUInt8);
    if (total > 0)
        std::memcpy(result.data_ptr<std::uint8_t>(), bytes.data(), bytes.size());
    return result;
}

} // namespace assay::data
