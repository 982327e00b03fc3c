#pragma once

#include "backend/models/generative/generator.h"

#include <torch/types.h>

#include <memory>
#include <string>

namespace assay::encryption {

/// A generator from outside: TorchScript with forward(styles: Tensor) -> Tensor, float32 [n,3,side,side] in
/// [0,1] of float32 [n,styles,size], and a buffer `centre` float32 [styles,size], the mean of its styles. Run
/// in the interpreter of scripts from outside; gradients pass.
/// @throws Error for a file that is none or answers with something else.
std::shared_ptr<const models::Generator> reconScriptGenerator(const std::string& file, std::int64_t side,
                                                              torch::Device device);

} // namespace assay::encryption
