#pragma once

#include <ATen/core/Generator.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::engine {

/// "auto" is the first CUDA device where there is one, else the CPU.
/// @throws Error naming the devices of this machine.
torch::Device resolveDevice(const std::string& name);

/// "cpu", then "cuda:0", ...
std::vector<std::string> deviceNames();

/// A generator of its own on @p device, seeded from a hash of @p seed and @p stream. The library's global
/// generator is neither read nor advanced.
at::Generator makeGenerator(torch::Device device, std::uint64_t seed, std::string_view stream);

} // namespace assay::engine
