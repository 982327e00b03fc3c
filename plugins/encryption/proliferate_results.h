#pragma once

#include "backend/engine/run_context.h"
#include "backend/metrics/rates.h"
#include "plugins/encryption/keyed_report.h"
#include "plugins/encryption/proliferate_params.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace assay::encryption {

/// A keyed model: what it cost and what it says. Classes are int64 [N] on the CPU.
struct FleetMember
{
    std::string name;  ///< "device-1", "lora-r2", "head", ...
    std::string title; ///< "LoRA, r = 2"
    std::string fingerprint;
    std::int64_t trained = 0;
    std::int64_t total = 0;
    std::int64_t bytes = 0; ///< of its delta
    double seconds = 0;
    double milliseconds = 0; ///< for one image on one thread, the key included; 0: not measured
    double rebuilt = 0;      ///< largest difference of logits between it and base plus stored delta
    torch::Tensor clean;
    torch::Tensor wrongKey;
    torch::Tensor noKey;
    torch::Tensor fromBase; ///< on examples made on the base
    torch::Tensor own;      ///< on examples made on itself, with its key
    double share() const { return static_cast<double>(trained) / static_cast<double>(total); }
};

/// Several stolen devices against one that is not among them.
struct FleetStolen
{
    std::size_t count = 0;
    torch::Tensor classes; ///< int64 [victims * N]: every victim on what was made of others
};

/// A device as a script for elsewhere, read back and asked about the same images.
struct FleetExport
{
    std::string device;  ///< "device-1"
    std::string weights; ///< "float32", "int8"
    bool keyInside = false;
    std::string file;
    std::int64_t bytes = 0;
    std::int64_t batch = 0;    ///< images at a time; 0: any number
    double milliseconds = 0;   ///< as FleetMember::milliseconds
    double difference = 0;     ///< largest one of logits from the device's
    torch::Tensor classes;     ///< int64 [N]
    torch::Tensor sameClasses; ///< bool [N]: as the device says
};

/// All that figures and tables of `encryption.proliferate` are made from.
struct FleetResults
{
    std::string model;
    std::string attack;
    std::string cipher;
    std::string method; ///< title of the fleet's tuning
    std::vector<std::string> classes;
    torch::Tensor ids; ///< int64 [N]
    torch::Tensor y;   ///< int64 [N]
    double eps = 0;
    std::int64_t baseBytes = 0;
    double baseMilliseconds = 0;
    torch::Tensor baseClean;          ///< classes the base gives
    torch::Tensor baseOwn;            ///< on examples made on itself
    std::vector<FleetMember> methods; ///< tuned for the key of the first device; the fleet's own first
    std::vector<FleetMember> devices;
    std::vector<FleetExport> exports;
    torch::Tensor transfer; ///< int64 [D, D, N]: made on a device with its key, asked of another
    torch::Tensor guessed;  ///< int64 [N]: the first device, on what its weights and guessed keys gave
    std::int64_t squareImages = 0;
    torch::Tensor square; ///< int64 [squareImages]: the first device under Square
    std::vector<FleetStolen> stolen;
    std::int64_t permutedDevices = 0; ///< 0: left out
    torch::Tensor permutedClean;      ///< int64 [P, N]
    torch::Tensor permutedTransfer;   ///< int64 [P, P, N]
    double permutedGap = 0;           ///< largest difference of logits from the base's
    bool revoked = false;
    FleetMember renewed;    ///< the first device after revocation
    torch::Tensor oldOnNew; ///< int64 [N]: it, on examples made on the stolen device

    std::int64_t size() const { return ids.size(0); }
    metrics::Rate rate(const torch::Tensor& classesGiven) const { return keyedRate(classesGiven == y); }
    metrics::Rate between(std::size_t from, std::size_t to) const
    {
        return rate(transfer[static_cast<std::int64_t>(from)][static_cast<std::int64_t>(to)]);
    }
    double meanDiagonal() const;
    /// NaN for a single device.
    double meanOffDiagonal() const;
    /// Share of the devices whose accuracy one attack brings below half of the clean one.
    double broken(std::size_t from) const;
    metrics::Rate stolenRate(const FleetStolen& stolen) const;
};

/// The specification's claims, as this run found them.
std::vector<KeyedClaim> fleetClaims(const FleetResults& results);

/// What previews need of it: the matrix and who is in it; and the reverse.
/// @throws Error when a tensor is missing or malformed.
engine::TensorMap toTensors(const FleetResults& results);
FleetResults fleetResultsFrom(const engine::TensorMap& tensors);

} // namespace assay::encryption
