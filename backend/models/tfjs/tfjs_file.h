#pragma once

#include "backend/models/graph/attributes.h"
#include "backend/protocol/json.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace assay::models::tfjs {

/// One NodeDef of a TensorFlow graph. Control inputs ("^name") are left out.
struct TfNode
{
    std::string op;
    std::string name;
    std::vector<std::string> inputs; ///< "name" for the first output of a node, "name:1" for the next
    graph::Attributes attributes;    ///< flags as integers, types as texts ("DT_FLOAT"), shapes as integers
};

/// A TensorFlow.js graph model as its files have it.
struct TfModel
{
    std::vector<TfNode> nodes;
    std::map<std::string, torch::Tensor> constants; ///< by node name; float32, int32, bool, as declared
    std::vector<std::string> outputs;               ///< from the signature; else the nodes nobody reads
    std::string generatedBy;
    std::string convertedBy;
    bool quantised = false; ///< weights were kept as float16 or in whole numbers
    std::uint64_t weightBytes = 0;
};

/// Reads model.json (format "graph-model") and the weight shards that it names beside itself.
/// Bounded: 64 MiB of JSON, 2 GiB of weights, 100,000 nodes; shards must lie in the folder of the file.
/// @throws Error for a file of another kind (also "layers-model", which has no graph), missing or short
/// shards,
///         unknown data types, and nodes that are no NodeDefs.
TfModel readTfjs(const std::filesystem::path& file);

/// Whether @p head, the beginning of a file, looks like such a JSON.
bool looksLikeTfjs(std::string_view head);

/// The weights of a manifest, from the shards in @p folder. @param quantised set when any is kept as other
/// than its own type. @throws Error as readTfjs.
std::map<std::string, torch::Tensor> readWeights(const Json& manifest, const std::filesystem::path& folder,
                                                 bool& quantised, std::uint64_t& bytes);

} // namespace assay::models::tfjs
