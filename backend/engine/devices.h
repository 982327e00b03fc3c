#pragma once

#include <ATen/core/Generator.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay::engine {

/// "auto" is the first CUDA device where there is one, else the CPU.
/// @throws Error naming the devices of this machine.
torch::Device resolveDevice(const std::string& name);

/// "cpu", then "cuda:0", ...
std::vector<std::string> deviceNames();

/// What computes on @p device beside LibTorch, name to version; nothing for the CPU.
std::map<std::string, std::string> deviceLibraries(torch::Device device);

/// For the whole process: accelerators compute in full single precision and by kernels that repeat their
/// digits. LibTorch's own choice on recent devices is convolutions with 10 bits of mantissa and whichever
/// kernel is fastest, by which a model's answers differ from the CPU's in the third digit.
void computeExactly();

/// A generator of its own on @p device, seeded from a hash of @p seed and @p stream. The library's global
/// generator is neither read nor advanced.
at::Generator makeGenerator(torch::Device device, std::uint64_t seed, std::string_view stream);

} // namespace assay::engine
