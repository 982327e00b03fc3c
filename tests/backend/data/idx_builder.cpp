#include "idx_builder.h"

#include <zlib.h>

#include <fstream>
#include <stdexcept>

namespace assay::test {

Bytes idx(const std::vector<std::uint32_t>& sizes, const Bytes& values)
{
    Bytes bytes = {0, 0, 8, static_cast<std::uint8_t>(sizes.size())};
    for (const std::uint32_t size : sizes) {
        for (int shift = 24; shift >= 0; shift -= 8)
            bytes.push_back(static_cast<std::uint8_t>(size >> shift));
    }
    bytes.insert(bytes.end(), values.begin(), values.end());
    return bytes;
}

Bytes gzip(const Bytes& bytes)
{
    z_stream stream{};
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("deflateInit2");
    Bytes packed(deflateBound(&stream, bytes.size()) + 64);
    stream.next_in = const_cast<Bytef*>(bytes.data());
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = packed.data();
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

void write(const std::filesystem::path& file, const Bytes& bytes)
{
    std::ofstream output(file, std::ios::binary);
    output.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

void writeSet(const std::filesystem::path& folder, std::uint32_t train, std::uint32_t test)
{
    std::filesystem::create_directories(folder);
    for (const auto& [prefix, count] : {std::pair("train", train), std::pair("t10k", test)}) {
        Bytes pixels(count * 6);
        for (std::size_t i = 0; i < pixels.size(); ++i)
            pixels[i] = static_cast<std::uint8_t>(i);
        Bytes labels(count);
        for (std::size_t i = 0; i < labels.size(); ++i)
            labels[i] = static_cast<std::uint8_t>(i % 3);
        write(folder / (std::string(prefix) + "-images-idx3-ubyte"), idx({count, 2, 3}, pixels));
        write(folder / (std::string(prefix) + "-labels-idx1-ubyte.gz"), gzip(idx({count}, labels)));
    }
}

} // namespace assay::test
