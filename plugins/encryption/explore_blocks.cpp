#include "plugins/encryption/explore_blocks.h"

#include "backend/engine/reporting/scene_picture.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace assay::encryption {

namespace {

constexpr std::int64_t kFramePixels = 48; ///< side of the picture of the frame
constexpr std::int64_t kFrameLine = 3;

/// PE knows no blocks: its pixels stay, and so does any square of them.
std::int64_t blockSide(const CipherSpec& spec)
{
    return spec.scheme == Scheme::Pe ? 1 : spec.block;
}

bool movesExploredBlocks(const CipherSpec& spec)
{
    return spec.scheme == Scheme::Ele || (spec.scheme == Scheme::Etc && spec.permute);
}

/// Every value of one square another one.
torch::Tensor changedBlock(const torch::Tensor& images, std::int64_t row, std::int64_t column,
                           std::int64_t side)
{
    torch::Tensor other = images.clone();
    torch::Tensor block = other.narrow(2, row, side).narrow(3, column, side);
    block.copy_(255 - block);
    return other;
}

/// Upper left corner of where two images differ.
std::pair<std::int64_t, std::int64_t> firstDifference(const torch::Tensor& a, const torch::Tensor& b)
{
    const torch::Tensor at = a.ne(b).any(1).squeeze(0).nonzero();
    return {at.select(1, 0).min().item<std::int64_t>(), at.select(1, 1).min().item<std::int64_t>()};
}

/// What EtC made of a block of noise. @param plain,encrypted uint8 [C,M,M].
std::string changeOfBlock(const torch::Tensor& plain, const torch::Tensor& encrypted)
{
    static constexpr std::array<std::array<int, 3>, 6> kOrders = {
        {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}};
    const bool coloured = plain.size(0) == 3;
    for (int turn = 0; turn < 4; ++turn)
        for (const bool mirrored : {false, true})
            for (const bool inverted : {false, true})
                for (const auto& order : kOrders) {
                    torch::Tensor tried = plain.rot90(turn, {1, 2});
                    if (mirrored)
                        tried = tried.flip(2);
                    if (inverted)
                        tried = 255 - tried;
                    if (coloured)
                        tried = torch::stack({tried[order[0]], tried[order[1]], tried[order[2]]});
                    if (!tried.equal(encrypted)) {
                        if (!coloured)
                            break; // the orders are all the same
                        continue;
                    }
                    std::string words = turn == 0 ? "" : "turned left by " + std::to_string(90 * turn) + "°";
                    const auto add = [&](const std::string& word) {
                        words += (words.empty() ? "" : ", ") + word;
                    };
                    if (mirrored)
                        add("mirrored");
                    if (inverted)
                        add("inverted");
                    if (coloured && order != kOrders[0])
                        add(std::string("colours ") + "RGB"[order[0]] + "RGB"[order[1]] + "RGB"[order[2]]);
                    return words.empty() ? "as it was" : words;
                }
    return "changed";
}

std::string changeInPlace(const CipherSpec& spec)
{
    switch (spec.scheme) {
    case Scheme::Pe:
        return spec.channels ? "pixels inverted or not, colours shuffled" : "pixels inverted or not";
    case Scheme::Np:
        return "half of its values inverted";
    case Scheme::Shf:
        return "its values shuffled";
    case Scheme::Ffx:
        return "half of its values through the cipher";
    default:
        return "its nibbles shuffled";
    }
}

protocol::SceneBox blockBox(std::int64_t row, std::int64_t column, std::int64_t side, std::string label,
                            const char* role)
{
    return {.x = static_cast<double>(column),
            .y = static_cast<double>(row),
            .width = static_cast<double>(side),
            .height = static_cast<double>(side),
            .label = std::move(label),
            .role = role};
}

/// A frame to take hold of: a white line within a black one, nothing inside.
std::vector<std::uint8_t> framePixels()
{
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(kFramePixels * kFramePixels * 4), 0);
    for (std::int64_t y = 0; y < kFramePixels; ++y)
        for (std::int64_t x = 0; x < kFramePixels; ++x) {
            const std::int64_t edge = std::min({x, y, kFramePixels - 1 - x, kFramePixels - 1 - y});
            if (edge >= 2 * kFrameLine)
                continue;
            const auto at = static_cast<std::size_t>((y * kFramePixels + x) * 4);
            const std::uint8_t shade = edge < kFrameLine ? 0 : 255;
            std::fill_n(pixels.begin() + static_cast<std::ptrdiff_t>(at), 3, shade);
            pixels[at + 3] = 255;
        }
    return pixels;
}

} // namespace

BlockMove followBlock(const Cipher& cipher, std::int64_t channels, std::int64_t height, std::int64_t width,
                      std::int64_t pixelRow, std::int64_t pixelColumn, bool inEncrypted)
{
    const CipherSpec& spec = cipher.spec();
    const std::int64_t side = blockSide(spec);
    const auto corner = [&](std::int64_t pixel, std::int64_t size) {
        return std::clamp<std::int64_t>(pixel, 0, size - 1) / side * side;
    };
    const std::int64_t row = corner(pixelRow, height), column = corner(pixelColumn, width);
    BlockMove move{.side = side,
                   .fromRow = row,
                   .fromColumn = column,
                   .toRow = row,
                   .toColumn = column,
                   .change = changeInPlace(spec)};
    if (spec.scheme != Scheme::Etc && spec.scheme != Scheme::Ele)
        return move;
    const torch::Tensor noise =
        torch::randint(256, {1, channels, height, width}, at::detail::createCPUGenerator(1), torch::kInt64)
            .to(torch::kUInt8);
    const torch::Tensor encrypted = cipher.encrypt(noise);
    if (movesExploredBlocks(spec) && inEncrypted) {
        const auto [r, c] =
            firstDifference(cipher.decrypt(changedBlock(encrypted, row, column, side)), noise);
        move.fromRow = r;
        move.fromColumn = c;
    } else if (movesExploredBlocks(spec)) {
        const auto [r, c] =
            firstDifference(cipher.encrypt(changedBlock(noise, row, column, side)), encrypted);
        move.toRow = r;
        move.toColumn = c;
    }
    // A single value may differ only inside the block: corners are those of blocks in any case.
    for (std::int64_t* at : {&move.fromRow, &move.fromColumn, &move.toRow, &move.toColumn})
        *at = *at / side * side;
    if (spec.scheme == Scheme::Etc)
        move.change = changeOfBlock(
            noise[0].narrow(1, move.fromRow, side).narrow(2, move.fromColumn, side),
            encrypted[0].narrow(1, move.toRow, side).narrow(2, move.toColumn, side).to(torch::kUInt8));
    return move;
}

void emitExploreBlocks(engine::RunContext& context, const ExploreView& view, const SecretKey& key,
                       const ExploreParams& p)
{
    const torch::NoGradGuard off;
    const std::int64_t row = exploreRow(view, p.sample);
    const torch::Tensor plain = view.plain.images[row], encrypted = view.encrypted.images[row];
    const std::int64_t channels = plain.size(0), height = plain.size(1), width = plain.size(2);
    const std::int64_t gap = std::max<std::int64_t>(1, width / 16), offset = width + gap;
    const std::int64_t whole = 2 * width + gap;
    const auto* ids = view.ids.data_ptr<std::int64_t>();
    const auto x = static_cast<std::int64_t>(p.blockX * static_cast<double>(whole)),
               y = static_cast<std::int64_t>(p.blockY * static_cast<double>(height));
    const bool right = x >= width + gap / 2;
    const Cipher cipher(view.spec, key, channels, height, width,
                        view.ownKeys ? std::optional(ids[row]) : std::nullopt);
    const BlockMove move = followBlock(cipher, channels, height, width, y, right ? x - offset : x, right);

    protocol::Scene scene{.name = "blocks",
                          .title = "Where a block goes",
                          .section = "Images",
                          .width = static_cast<std::uint32_t>(whole),
                          .height = static_cast<std::uint32_t>(height),
                          .sampleField = "sample",
                          .samples = {ids, ids + view.ids.numel()},
                          .sample = ids[row]};
    const bool stays = move.fromRow == move.toRow && move.fromColumn == move.toColumn;
    const auto place = [&](std::int64_t r, std::int64_t c) {
        return "row " + std::to_string(r / move.side + 1) + ", column " + std::to_string(c / move.side + 1);
    };
    scene.caption =
        "Left the plain image, right the encrypted one. Drag the frame over either: the block "
        "under it is outlined where it was and where it went. " +
        (stays ? "It stays at " + place(move.fromRow, move.fromColumn)
               : "From " + place(move.fromRow, move.fromColumn) + " to " + place(move.toRow, move.toColumn)) +
        "; " + move.change + ".";
    const torch::Tensor between =
        torch::full({channels, height, gap}, 128, torch::TensorOptions().dtype(torch::kUInt8));
    scene.pictures.push_back(
        reporting::scenePicture("plain and encrypted", torch::cat({plain, between, encrypted}, 2)));
    scene.boxes = {blockBox(move.fromRow, move.fromColumn, move.side, "from", "same"),
                   blockBox(move.toRow, move.toColumn + offset, move.side, "to", "different")};
    const double frame = std::max<double>(static_cast<double>(move.side), static_cast<double>(height) / 12);
    scene.patch = {.name = "frame",
                   .rows = static_cast<std::uint32_t>(kFramePixels),
                   .columns = static_cast<std::uint32_t>(kFramePixels),
                   .pixels = framePixels(),
                   .x = p.blockX * static_cast<double>(whole),
                   .y = p.blockY * static_cast<double>(height),
                   .width = frame,
                   .height = frame,
                   .xField = "block_x",
                   .yField = "block_y"};
    context.scene(std::move(scene));
}

} // namespace assay::encryption
