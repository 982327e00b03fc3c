#pragma once

#include <QString>

#include <memory>

namespace assay::widgets {

class RunRecord;

/// A run read from its folder, without an engine.
struct RunFolder
{
    std::shared_ptr<RunRecord> record;
    QString notice; ///< says that a torn tail was left out; else empty
};

/// Replays FOLDER/events.cbor. Image grids whose pixels lie in files of the folder are left out: exports
/// need figures and tables only. @throws Error when there is no event file or its beginning cannot be read.
RunFolder readRunFolder(const QString& folder);

} // namespace assay::widgets
