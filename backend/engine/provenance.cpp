#include "backend/engine/provenance.h"

#include "backend/engine/devices.h"
#include "backend/engine/process_setup.h"

#include <QtGlobal>

#include <ATen/Context.h>
#include <torch/version.h>

#include "assay_commit.h"

#include <dlfcn.h>
#include <sys/resource.h>

namespace assay::engine {

const char* version()
{
    return ASSAY_VERSION;
}

const char* commit()
{
    return ASSAY_COMMIT;
}

std::string blasCore()
{
    // OpenBLAS stands behind libblas.so.3, whose interface does not tell; where it does not, nobody knows.
    using CoreName = char* (*)();
    if (const auto name = reinterpret_cast<CoreName>(dlsym(RTLD_DEFAULT, "openblas_get_corename")))
        return std::string("OpenBLAS ") + name();
    return at::hasMKL() ? "MKL" : "unknown";
}

std::uint64_t peakMemoryBytes()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

Json provenance(torch::Device device, std::uint64_t seed, const std::string& studyVersion)
{
    Json libraries = {{"libtorch", TORCH_VERSION},
                      {"qt", qVersion()},
                      {"opencv", ASSAY_OPENCV_VERSION},
                      {"blas", blasCore()}};
    for (const auto& [name, number] : deviceLibraries(device))
        libraries[name] = number;
    return {{"assay", version()},
            {"commit", commit()},
            {"study_version", studyVersion},
            {"libraries", libraries},
            {"device", device.str()},
            {"threads", computeThreads()},
            {"seed", seed}};
}

} // namespace assay::engine
