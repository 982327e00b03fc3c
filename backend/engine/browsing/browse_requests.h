#pragma once

#include "backend/engine/browsing/thumbnails.h"
#include "backend/engine/engine.h"
#include "backend/protocol/message.h"

#include <optional>

namespace assay::engine {

/// Answers data.table, data.thumbnails and data.sample; nullopt for others. @throws Error.
std::optional<protocol::Reply> answerBrowsing(Engine& engine, ThumbnailCache& thumbnails,
                                              const protocol::Request& request);

} // namespace assay::engine
