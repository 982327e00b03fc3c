#pragma once

#include "backend/engine/engine.h"

namespace assay::engine {

// The objects of docs/protocol.md, the same for the window and for `assay-cli list --json`.

Json studyJson(const Study& study, const std::string& plugin);
Json studiesJson(const Engine& engine);
Json modelsJson(const Engine& engine);
/// The entry of a model that is not in the list: a file opened by its path.
Json modelEntry(const models::ModelCard& card);
Json datasetsJson(const Engine& engine);
/// Those of the registry, and scripts that cannot be used, with what is wrong with them.
Json attacksJson(const Engine& engine);
Json pluginsJson(const Engine& engine);
/// The patches that were kept in the workspace.
Json patchesJson(const Engine& engine);
Json toJson(const attacks::PatchCard& card);

/// The result of the method `catalogue`.
Json catalogue(const Engine& engine);

/// The body of the notice `jobs`.
Json jobsJson(const Engine& engine);

} // namespace assay::engine
