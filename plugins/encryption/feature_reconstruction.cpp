#include "plugins/encryption/feature_reconstruction.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <array>
#include <cstdlib>
#include <limits>
#include <vector>

namespace assay::encryption {

namespace {

using PlainPixel = std::array<int, 4>;

constexpr std::array<std::array<int, 3>, 6> kChannelOrders = {
    {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}};

/// The candidate that is nearest to @p near in the sum of absolute differences.
PlainPixel nearestCandidate(const PlainPixel& pixel, const PlainPixel& near, int channels)
{
    PlainPixel best{};
    int least = std::numeric_limits<int>::max();
    const std::size_t orders = channels == 3 ? kChannelOrders.size() : 1;
    for (std::size_t order = 0; order < orders; ++order) {
        for (int flips = 0; flips < 1 << channels; ++flips) {
            PlainPixel candidate{};
            int distance = 0;
            for (int c = 0; c < channels; ++c) {
                const auto at = static_cast<std::size_t>(c);
                const int from = channels == 3 ? kChannelOrders[order][at] : c;
                const int value = pixel[static_cast<std::size_t>(from)];
                candidate[at] = flips >> c & 1 ? 255 - value : value;
                distance += std::abs(candidate[at] - near[at]);
            }
            if (distance < least) {
                least = distance;
                best = candidate;
            }
        }
    }
    return best;
}

/// Scans one image, planar.
void scanImage(const std::uint8_t* encrypted, const std::uint8_t* seed, std::int64_t height,
               std::int64_t width, int channels, std::uint8_t* out)
{
    const std::int64_t plane = height * width;
    const auto read = [&](const std::uint8_t* image, std::int64_t at) {
        PlainPixel pixel{};
        for (int c = 0; c < channels; ++c)
            pixel[static_cast<std::size_t>(c)] = image[c * plane + at];
        return pixel;
    };
    for (std::int64_t at = 0; at < plane; ++at) {
        PlainPixel near{};
        for (int c = 0; c < channels; ++c)
            near[static_cast<std::size_t>(c)] = seed[c];
        if (at > 0)
            near = read(out, at % width > 0 ? at - 1 : at - width);
        const PlainPixel found = nearestCandidate(read(encrypted, at), near, channels);
        for (int c = 0; c < channels; ++c)
            out[c * plane + at] = static_cast<std::uint8_t>(found[static_cast<std::size_t>(c)]);
    }
}

torch::Tensor nibblesOf(const torch::Tensor& images)
{
    const torch::Tensor flat = images.flatten(1);
    return torch::cat({flat.bitwise_and(15), flat.bitwise_right_shift(4)}, 1);
}

torch::Tensor fromNibbles(const torch::Tensor& nibbles, at::IntArrayRef shape)
{
    const std::int64_t values = nibbles.size(1) / 2;
    return nibbles.narrow(1, values, values)
        .bitwise_left_shift(4)
        .bitwise_or(nibbles.narrow(1, 0, values))
        .view(shape);
}

} // namespace

torch::Tensor foldValues(const torch::Tensor& encrypted)
{
    return torch::minimum(encrypted, encrypted.bitwise_xor(255));
}

torch::Tensor followNeighbours(const torch::Tensor& encrypted, const torch::Tensor& seeds)
{
    const torch::Tensor in = encrypted.contiguous(), corners = seeds.contiguous();
    torch::Tensor out = torch::empty_like(in);
    const auto channels = static_cast<int>(in.size(1));
    const std::int64_t values = in[0].numel();
    for (std::int64_t i = 0; i < in.size(0); ++i)
        scanImage(in.data_ptr<std::uint8_t>() + i * values, corners.data_ptr<std::uint8_t>() + i * channels,
                  in.size(2), in.size(3), channels, out.data_ptr<std::uint8_t>() + i * values);
    return out;
}

ChosenPlaintext askConstant(const EncryptionOracle& oracle, const torch::Tensor& encrypted)
{
    auto shape = encrypted.sizes().vec();
    const std::int64_t channels = shape[1];
    shape[0] = 1;
    const torch::Tensor chosen =
        torch::arange(1, channels + 1).view({1, channels, 1, 1}).expand(shape).to(torch::kUInt8).contiguous();
    const torch::Tensor answer = oracle(chosen);
    const torch::Tensor inverted = answer.gt(127);
    // Where each value of the answer stood: 1, 2, 3 of the channels.
    const torch::Tensor channel = torch::where(inverted, answer.bitwise_xor(255), answer)
                                      .to(torch::kInt64)
                                      .sub(1)
                                      .clamp(0, channels - 1);
    const torch::Tensor upright = encrypted.bitwise_xor(inverted.to(torch::kUInt8).mul(255));
    return {torch::zeros_like(encrypted).scatter(1, channel.expand(encrypted.sizes()).contiguous(), upright),
            1};
}

ChosenPlaintext askNibbles(const EncryptionOracle& oracle, const torch::Tensor& encrypted)
{
    auto shape = encrypted.sizes().vec();
    shape[0] = 1;
    const std::int64_t count = 2 * encrypted[0].numel();
    const torch::Tensor inverted = nibblesOf(oracle(torch::zeros(shape, torch::kUInt8)));
    ChosenPlaintext result{.queries = 1};
    const torch::Tensor numbers = torch::arange(count).unsqueeze(0);
    torch::Tensor source = torch::zeros({count}, torch::kInt64);
    for (std::int64_t digit = 0; (count - 1) >> (4 * digit) > 0; ++digit) {
        const torch::Tensor chosen = numbers.bitwise_right_shift(4 * digit).bitwise_and(15).to(torch::kUInt8);
        const torch::Tensor answer = nibblesOf(oracle(fromNibbles(chosen, shape))).bitwise_xor(inverted)[0];
        source += answer.to(torch::kInt64).bitwise_left_shift(4 * digit);
        ++result.queries;
    }
    // Another map than the one asked for (a key for every image) may point outside.
    source = source.clamp(0, count - 1);
    const torch::Tensor plain = torch::zeros({encrypted.size(0), count}, torch::kUInt8);
    plain.index_copy_(1, source, nibblesOf(encrypted).bitwise_xor(inverted));
    result.decrypted = fromNibbles(plain, encrypted.sizes());
    return result;
}

ChosenPlaintext askCodebook(const EncryptionOracle& oracle, const torch::Tensor& encrypted)
{
    constexpr int kBytes = 256;
    auto shape = encrypted.sizes().vec();
    shape[0] = 1;
    const std::int64_t values = encrypted[0].numel();
    const torch::Tensor flat = encrypted.flatten(1).to(torch::kInt64);
    torch::Tensor plain = torch::zeros(flat.sizes(), torch::kUInt8);
    for (int value = 0; value < kBytes; ++value) {
        const torch::Tensor answer =
            oracle(torch::full(shape, value, torch::kUInt8)).to(torch::kInt64).view({1, values});
        plain.masked_fill_(flat.eq(answer), value);
    }
    return {plain.view(encrypted.sizes()), kBytes};
}

} // namespace assay::encryption
