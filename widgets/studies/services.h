#pragma once

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
};

} // namespace assay::widgets
