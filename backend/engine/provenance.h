#pragma once

#include "backend/protocol/json.h"

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace assay::engine {

/// Version of Assay, "0.1.0".
const char* version();
/// The commit it was built from, or "unknown".
const char* commit();

/// Name of the BLAS kernels in use: OpenBLAS's core name ("Haswell"), "MKL", or "unknown".
std::string blasCore();

/// Highest resident size of this process so far, in bytes.
std::uint64_t peakMemoryBytes();

/// {"assay", "commit", "study_version", "libraries": {"libtorch", "qt", "opencv", "blas"}, "device",
/// "threads", "seed"}: what is known when a run begins. The engine adds "inputs" (hashes), "seconds" and
/// "peak_memory_bytes" at the end.
Json provenance(torch::Device device, std::uint64_t seed, const std::string& studyVersion);

} // namespace assay::engine
