#include "backend/engine/devices.h"

#include "backend/engine/files.h"
#include "backend/protocol/error.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/cuda.h>

#include <algorithm>
#include <charconv>

namespace assay::engine {

namespace {

std::uint64_t streamSeed(std::uint64_t seed, std::string_view stream)
{
    const std::string hash = sha256(std::to_string(seed) + "/" + std::string(stream));
    std::uint64_t value = 0;
    std::from_chars(hash.data(), hash.data() + 16, value, 16);
    return value;
}

} // namespace

std::vector<std::string> deviceNames()
{
    std::vector<std::string> names = {"cpu"};
    const auto count = torch::cuda::is_available() ? torch::cuda::device_count() : 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
        names.push_back("cuda:" + std::to_string(i));
    return names;
}

torch::Device resolveDevice(const std::string& name)
{
    const std::vector<std::string> known = deviceNames();
    if (name.empty() || name == "auto")
        return torch::Device(known.size() > 1 ? known[1] : known[0]);
    const std::string wanted = name == "cuda" ? "cuda:0" : name;
    if (std::ranges::find(known, wanted) != known.end())
        return torch::Device(wanted);
    std::string list;
    for (const auto& device : known)
        list += (list.empty() ? "" : ", ") + device;
    throw Error("there is no device '" + name + "' here; there are: " + list, {},
                "Use one of these, or 'auto'");
}

std::map<std::string, std::string> deviceLibraries(torch::Device device)
{
    if (!device.is_cuda())
        return {};
    const at::CUDAHooksInterface& cuda = at::detail::getCUDAHooks();
    const long version = cuda.versionCUDART(); // 13020 is 13.2
    std::map<std::string, std::string> libraries = {
        {"cuda", std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10)}};
    if (cuda.hasCuDNN())
        libraries["cudnn"] = std::to_string(cuda.versionCuDNN());
    return libraries;
}

void computeExactly()
{
    at::Context& context = at::globalContext();
    context.setAllowTF32CuDNN(false);
    context.setAllowTF32CuBLAS(false);
    context.setBenchmarkCuDNN(false);
    context.setDeterministicCuDNN(true);
}

at::Generator makeGenerator(torch::Device device, std::uint64_t seed, std::string_view stream)
{
    const std::uint64_t value = streamSeed(seed, stream);
    if (device.is_cpu())
        return at::make_generator<at::CPUGeneratorImpl>(value);
    // A clone of the device's default generator has a state of its own, which the seed then replaces.
    at::Generator generator = at::globalContext().defaultGenerator(device).clone();
    generator.set_current_seed(value);
    return generator;
}

} // namespace assay::engine
