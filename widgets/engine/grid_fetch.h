#pragma once

#include "backend/protocol/image_grid.h"

#include <QObject>
#include <QString>

#include <functional>

namespace assay::widgets {

class EngineClient;

/// Fetches the pixels of a grid whose images lie in a file of the run's folder, piece by piece, so that a
/// large gallery never needs one large frame. @p done gets the grid with `pixels` filled and `file` empty,
/// or the sentence that says why not. Dropped when @p context is destroyed. GUI thread.
void fetchGrid(EngineClient& client, const QString& run, protocol::ImageGrid grid, QObject* context,
               std::function<void(protocol::ImageGrid grid, const QString& problem)> done);

} // namespace assay::widgets
