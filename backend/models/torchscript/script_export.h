#pragma once

#include "backend/models/model.h"

#include <cstdint>
#include <string>

namespace assay::models {

/// How an exported script keeps the weights of its convolutions and linear layers.
enum class ScriptWeights {
    Float32,
    /// int8 in -127 .. 127 with a float32 scale for each output channel, w = scale q, so that the largest
    /// weight of a channel is kept to rounding. Made float32 again before each use: files and memory shrink,
    /// arithmetic does not change. LibTorch's dynamic quantisation is something else: it computes in int8, of
    /// linear layers alone, and keeps weights in objects of its own, which checkScriptArchive() refuses.
    Int8
};

struct ExportedScript
{
    std::string bytes;      ///< a ".pt" file, as torch.jit.save writes it
    std::int64_t batch = 0; ///< images that it insists on at a time; 0: any number
};

/// A network as TorchScript: what forward() does with one image, recorded by LibTorch's tracer. Attributes
/// bear the names of persistent(); of a quantised layer "LAYER.weight_int8" and "LAYER.weight_scale" stand
/// for "LAYER.weight". The script takes pixels as the network does, float32 [n,C,H,W] in [0,1]: mean and
/// deviation are inside. What was recorded is read back and asked about other images before it is given out.
/// @param network copied, in eval mode. @throws Error when it cannot be copied or computes anything that the
/// tracer does not see (then the script would answer otherwise). Deterministic.
ExportedScript exportScript(const Network& network, const InputSpec& input, ScriptWeights weights);

} // namespace assay::models
