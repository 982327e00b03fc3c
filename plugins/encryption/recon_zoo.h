#pragma once

#include "backend/engine/run_context.h"
#include "backend/models/generative/generative_card.h"
#include "plugins/encryption/recon_params.h"

#include <filesystem>
#include <optional>

namespace assay::encryption {

/// Generative networks of the zoo that a run takes instead of training its own.
struct ReconZoo
{
    std::filesystem::path folder;
    std::optional<models::GenerativeCard> generator;
    std::optional<models::GenerativeCard> diffusion; ///< of that generator, with the embedding it is told
};

/// Whether @p generator names a file: zoo names have neither folder nor ending.
bool reconIsGeneratorFile(const std::string& generator);

/// Looks up what fits the run: a generator of the same data set (by its hash) and side, and a diffusion of it
/// whose embedding was roughened by blocks as large as the first of EtC. Nothing where params.generator is
/// "own" or a file, or where no network attacks. Says in the log what is taken, or why what bears the set's
/// name is not.
/// @throws Error when params.generator names one that there is not, or that does not fit.
ReconZoo reconZoo(engine::RunContext& context, const ReconParams& params, std::size_t attacked);

} // namespace assay::encryption
