#pragma once

#include "backend/models/formats/model_format.h"
#include "backend/models/graph/graph_network.h"

#include <filesystem>
#include <functional>
#include <string>

namespace assay::models::graph {

/// A card's options "batch", "probabilities" and "output", with its input and, of a detector, its layout.
/// @throws Error naming @p where.
GraphOptions readGraphOptions(const ModelCard& card, const std::string& where);

/// The card as far as file and corrections tell.
ModelCard importedCard(const ModelFormat& format, const char* architecture, const std::filesystem::path& file,
                       const ModelCorrections& corrections);

/// Inputs, outputs and how often each operator occurs, to show.
Json describeGraph(const Graph& graph);

/// Makes the network of @p graph with a dialect, finds out whether it detects, probes it and fills the
/// import: card, findings, asks, details "taps". @throws Error when it takes several inputs or has operators
/// that cannot be computed.
void importGraph(Graph graph, const Dialect& dialect, const ModelCorrections& corrections,
                 ModelImport& import);

} // namespace assay::models::graph
