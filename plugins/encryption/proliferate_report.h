#pragma once

#include "backend/protocol/figure.h"
#include "backend/protocol/image_grid.h"
#include "backend/protocol/table.h"
#include "plugins/encryption/proliferate_results.h"

#include <vector>

namespace assay::encryption {

/// Images kept for the gallery: the first of the draw. Tensors are on the CPU.
struct FleetExamples
{
    torch::Tensor clean;       ///< float32 [K,C,H,W]
    torch::Tensor adversarial; ///< float16 [1 + D, K, C, H, W]: made on the base, and on each device
    torch::Tensor encrypted;   ///< float16 [1 + D, D, K, C, H, W]: these as each device sees them
};

protocol::Figure fleetMethods(const FleetResults& results);
protocol::Figure fleetMethodBars(const FleetResults& results);
protocol::Figure fleetTransfer(const FleetResults& results);
protocol::Figure fleetThreats(const FleetResults& results);
protocol::Figure fleetStolen(const FleetResults& results);
protocol::Figure fleetPermuted(const FleetResults& results);

protocol::Table fleetAccuracy(const FleetResults& results);
protocol::Table fleetMethodsTable(const FleetResults& results);
protocol::Table fleetPairs(const FleetResults& results);
protocol::Table fleetDevices(const FleetResults& results);
protocol::Table fleetExports(const FleetResults& results);
protocol::Table fleetTransferTable(const FleetResults& results);
protocol::Table fleetStolenTable(const FleetResults& results);
std::vector<protocol::Metric> fleetMetrics(const FleetResults& results);

protocol::ImageGrid fleetGallery(const FleetResults& results, const FleetExamples& examples,
                                 const ProliferateParams& params);

} // namespace assay::encryption
