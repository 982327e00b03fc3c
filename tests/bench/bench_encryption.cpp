#include "backend/encryption/cipher.h"

#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <opencv2/core.hpp>
#include <torch/types.h>

#include <array>
#include <cstring>

// Encryption and decryption of 32 images of 224 x 224 in three channels, against a copy of the same memory
// and against OpenCV's calls block by block on interleaved images, each block through the same steps (EtC:
// turned, mirrored, inverted, channels mixed, put in its place; NP: bitwise_xor with a mask; SHF: the block
// made one row and its values gathered). Items are pixels. One thread, unless the last argument says more;
// keys are made before. Run pinned, on an idle machine.

namespace {

using namespace assay;
using encryption::Cipher;
using encryption::CipherSpec;
using encryption::Scheme;

constexpr std::int64_t kImages = 32;
constexpr int kSide = 224;

const torch::Tensor& benchImages()
{
    static const torch::Tensor all = torch::randint(256, {kImages, 3, kSide, kSide}, torch::kUInt8);
    return all;
}

void countPixels(benchmark::State& state)
{
    state.SetItemsProcessed(state.iterations() * kImages * kSide * kSide);
}

void copyMemory(benchmark::State& state)
{
    const torch::Tensor out = torch::empty_like(benchImages());
    for (auto _ : state) {
        std::memcpy(out.data_ptr(), benchImages().data_ptr(), benchImages().nbytes());
        benchmark::ClobberMemory();
    }
    countPixels(state);
}

void cipherRun(benchmark::State& state, Scheme scheme, bool back)
{
    at::set_num_threads(static_cast<int>(state.range(1)));
    const Cipher cipher({.scheme = scheme, .block = static_cast<int>(state.range(0))},
                        encryption::SecretKey::fromBytes("bench"), 3, kSide, kSide);
    const torch::Tensor encrypted = cipher.encrypt(benchImages());
    for (auto _ : state)
        benchmark::DoNotOptimize(back ? cipher.decrypt(encrypted) : cipher.encrypt(benchImages()));
    countPixels(state);
}

void unitRun(benchmark::State& state, Scheme scheme)
{
    at::set_num_threads(1);
    const Cipher cipher({.scheme = scheme}, encryption::SecretKey::fromBytes("bench"), 3, kSide, kSide);
    const torch::Tensor unit = benchImages().to(torch::kFloat32) / 255;
    for (auto _ : state)
        benchmark::DoNotOptimize(cipher.encryptUnit(unit));
    countPixels(state);
}

void keyRun(benchmark::State& state, Scheme scheme)
{
    const auto key = encryption::SecretKey::fromBytes("bench");
    for (auto _ : state)
        benchmark::DoNotOptimize(Cipher({.scheme = scheme}, key, 3, kSide, kSide));
}

std::vector<cv::Mat> interleaved()
{
    std::vector<cv::Mat> all;
    for (std::int64_t i = 0; i < kImages; ++i) {
        const torch::Tensor pixels = benchImages()[i].permute({1, 2, 0}).contiguous();
        all.push_back(cv::Mat(kSide, kSide, CV_8UC3, pixels.data_ptr()).clone());
    }
    return all;
}

template <class Block>
void openCvRun(benchmark::State& state, Block block)
{
    cv::setNumThreads(1);
    const int side = static_cast<int>(state.range(0)), across = kSide / side;
    const std::vector<cv::Mat> images = interleaved();
    std::vector<cv::Mat> out = interleaved();
    encryption::KeyStream stream(encryption::SecretKey::fromBytes("bench"), "opencv");
    const auto order = stream.permutation(across * across);
    const auto rect = [&](std::int64_t at) {
        return cv::Rect(static_cast<int>(at) % across * side, static_cast<int>(at) / across * side, side,
                        side);
    };
    for (auto _ : state) {
        for (std::size_t i = 0; i < images.size(); ++i)
            for (int at = 0; at < across * across; ++at)
                block(images[i], out[i], at, rect(at), rect(order[static_cast<std::size_t>(at)]));
        benchmark::ClobberMemory();
    }
    countPixels(state);
}

void openCvEtc(benchmark::State& state)
{
    cv::Mat turned, mixed;
    openCvRun(state,
              [&](const cv::Mat& from, cv::Mat& to, int at, const cv::Rect& place, const cv::Rect& source) {
                  if (at % 4 == 3)
                      from(source).copyTo(turned);
                  else
                      cv::rotate(from(source), turned, at % 4);
                  if (at / 4 % 2)
                      cv::flip(turned, turned, 1);
                  if (at / 8 % 2)
                      cv::bitwise_not(turned, turned);
                  mixed.create(turned.size(), turned.type());
                  const std::array<int, 6> pairs = {0, at % 3, 1, (at + 1) % 3, 2, (at + 2) % 3};
                  cv::mixChannels(&turned, 1, &mixed, 1, pairs.data(), 3);
                  mixed.copyTo(to(place));
              });
}

void openCvNp(benchmark::State& state)
{
    const int side = static_cast<int>(state.range(0));
    cv::Mat mask(side, side, CV_8UC3);
    for (std::size_t i = 0; i < mask.total() * 3; ++i)
        mask.data[i] = i % 2 ? 255 : 0;
    openCvRun(state, [&](const cv::Mat& from, cv::Mat& to, int, const cv::Rect& place, const cv::Rect&) {
        cv::bitwise_xor(from(place), mask, to(place));
    });
}

void openCvShf(benchmark::State& state)
{
    const int side = static_cast<int>(state.range(0));
    const auto order = encryption::KeyStream(encryption::SecretKey::fromBytes("bench"), "shf")
                           .permutation(std::int64_t(3) * side * side);
    cv::Mat row, shuffled(side, side, CV_8UC3);
    openCvRun(state, [&](const cv::Mat& from, cv::Mat& to, int, const cv::Rect& place, const cv::Rect&) {
        from(place).copyTo(row);
        for (std::size_t i = 0; i < order.size(); ++i)
            shuffled.data[i] = row.data[order[i]];
        shuffled.copyTo(to(place));
    });
}

BENCHMARK(copyMemory);
const int kRegistered = [] {
    for (const std::string& name : encryption::schemeNames()) {
        const Scheme scheme = encryption::schemeFromName(name);
        for (const bool back : {false, true}) {
            auto* one = benchmark::RegisterBenchmark(
                (std::string(back ? "decrypt/" : "encrypt/") + name).c_str(), cipherRun, scheme, back);
            for (const int block : {4, 8, 16})
                one->Args({block, 1});
            one->Args({16, 2});
        }
        benchmark::RegisterBenchmark(("unit/" + name).c_str(), unitRun, scheme);
        benchmark::RegisterBenchmark(("key/" + name).c_str(), keyRun, scheme);
    }
    return 0;
}();
BENCHMARK(openCvEtc)->Arg(4)->Arg(8)->Arg(16);
BENCHMARK(openCvNp)->Arg(4)->Arg(8)->Arg(16);
BENCHMARK(openCvShf)->Arg(4)->Arg(8)->Arg(16);

} // namespace

BENCHMARK_MAIN();
