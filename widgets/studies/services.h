#pragma once

#include <QString>

namespace assay::widgets {

class EngineClient;
class FileDialogs;
class Selection;

/// What documents share with the window that holds them; all of it outlives them.
struct Services
{
    EngineClient& engine;
    Selection& selection; ///< the workspace's one selection
    FileDialogs& dialogs;
    QString workspace = {}; ///< its folder
    QString program = {};   ///< the workbench's own, which exports reports
};

} // namespace assay::widgets
