#include "sample_files.h"

#include <opencv2/imgcodecs.hpp>

namespace assay::test {

namespace {

void put(Bytes& bytes, std::uint64_t value, int count)
{
    for (int i = 0; i < count; ++i)
        bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

/// Byte by byte: GCC 12 mistakes insert() into a short vector for a read past its end.
void append(Bytes& bytes, const Bytes& more, std::size_t from = 0)
{
    for (std::size_t i = from; i < more.size(); ++i)
        bytes.push_back(more[i]);
}

void putAt(Bytes& bytes, std::size_t at, std::uint64_t value, int count, bool big)
{
    for (int i = 0; i < count; ++i)
        bytes.at(at + static_cast<std::size_t>(big ? count - 1 - i : i)) =
            static_cast<std::uint8_t>(value >> (8 * i));
}

void putTag(Bytes& bytes, int tag, int type, std::uint32_t count, std::uint32_t value)
{
    put(bytes, static_cast<std::uint64_t>(tag), 2);
    put(bytes, static_cast<std::uint64_t>(type), 2);
    put(bytes, count, 4);
    put(bytes, value, 4);
}

} // namespace

cv::Mat sample(int rows, int columns, int channels, int depth)
{
    cv::Mat mat(rows, columns, CV_MAKETYPE(depth, channels));
    std::uint32_t state = 12345;
    for (int row = 0; row < rows; ++row) {
        for (int i = 0; i < columns * channels; ++i) {
            state = state * 1664525u + 1013904223u;
            if (depth == CV_8U)
                mat.ptr<std::uint8_t>(row)[i] = static_cast<std::uint8_t>(state >> 24);
            else
                mat.ptr<std::uint16_t>(row)[i] = static_cast<std::uint16_t>(state >> 16);
        }
    }
    return mat;
}

Bytes encoded(const std::string& ending, const cv::Mat& mat)
{
    Bytes bytes;
    std::vector<int> options;
    if (ending == ".webp")
        options = {cv::IMWRITE_WEBP_QUALITY, 101}; // above 100: lossless
    cv::imencode(ending, mat, bytes, options);
    return bytes;
}

Bytes withOrientation(const Bytes& jpeg, int orientation)
{
    Bytes block = {'E', 'x', 'i', 'f', 0, 0, 'I', 'I', 42, 0};
    put(block, 8, 4);
    put(block, 1, 2);
    putTag(block, 274, 3, 1, static_cast<std::uint32_t>(orientation));
    put(block, 0, 4);
    Bytes bytes = {0xff, 0xd8, 0xff, 0xe1, 0, static_cast<std::uint8_t>(block.size() + 2)};
    append(bytes, block);
    append(bytes, jpeg, 2);
    return bytes;
}

Bytes tiff(int width, int height, int channels, const Bytes& pixels, int orientation, int extra)
{
    const std::uint32_t tags = extra >= 0 ? 11 : 10;
    const std::uint32_t bitsAt = 8 + 2 + 12 * tags + 4;
    const std::uint32_t pixelsAt = bitsAt + 8;
    Bytes bytes = {'I', 'I', 42, 0};
    put(bytes, 8, 4);
    put(bytes, tags, 2);
    putTag(bytes, 256, 4, 1, static_cast<std::uint32_t>(width));
    putTag(bytes, 257, 4, 1, static_cast<std::uint32_t>(height));
    putTag(bytes, 258, 3, static_cast<std::uint32_t>(channels), channels == 1 ? 8 : bitsAt);
    putTag(bytes, 259, 3, 1, 1);
    putTag(bytes, 262, 3, 1, channels == 1 ? 1 : 2);
    putTag(bytes, 273, 4, 1, pixelsAt);
    putTag(bytes, 274, 3, 1, static_cast<std::uint32_t>(orientation));
    putTag(bytes, 277, 3, 1, static_cast<std::uint32_t>(channels));
    putTag(bytes, 278, 4, 1, static_cast<std::uint32_t>(height));
    putTag(bytes, 279, 4, 1, static_cast<std::uint32_t>(pixels.size()));
    if (extra >= 0)
        putTag(bytes, 338, 3, 1, static_cast<std::uint32_t>(extra));
    put(bytes, 0, 4);
    for (int i = 0; i < 4; ++i)
        put(bytes, 8, 2);
    append(bytes, pixels);
    return bytes;
}

Bytes withSize(const std::string& ending, Bytes bytes, std::uint32_t width, std::uint32_t height)
{
    if (ending == ".png") {
        putAt(bytes, 16, width, 4, true);
        putAt(bytes, 20, height, 4, true);
    } else if (ending == ".bmp") {
        putAt(bytes, 18, width, 4, false);
        putAt(bytes, 22, height, 4, false);
    } else if (ending == ".jpg") {
        for (std::size_t at = 2; at + 9 < bytes.size();) {
            if (bytes[at + 1] == 0xc0) {
                putAt(bytes, at + 5, height, 2, true);
                putAt(bytes, at + 7, width, 2, true);
                break;
            }
            at += 2u + (bytes[at + 2] << 8 | bytes[at + 3]);
        }
    } else if (ending == ".tiff") { // as tiff() writes it
        putAt(bytes, 18, width, 4, false);
        putAt(bytes, 30, height, 4, false);
    } else if (ending == ".webp") { // lossless: 14 bits each, which cannot say more than 16384
        putAt(bytes, 21, (width - 1) | (height - 1) << 14, 4, false);
    }
    return bytes;
}

} // namespace assay::test
