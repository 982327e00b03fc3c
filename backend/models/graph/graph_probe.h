#pragma once

#include "backend/models/formats/input_probe.h"
#include "backend/models/graph/graph_network.h"

namespace assay::models::graph {

/// What probeInput() needs to find out what @p network, made with a default InputSpec, expects. The network
/// must outlive the target. The input's declared shape is taken over. A declared number of images is
/// insisted on only where two such batches together are not answered as they are one by one: many files are
/// exported for one image and take any number.
ProbeTarget graphProbe(const GraphNetwork& network);

} // namespace assay::models::graph
