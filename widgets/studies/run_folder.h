#pragma once

#include <QString>

#include <memory>

namespace assay::widgets {

class RunRecord;

/// A run read from its folder, without an engine.
struct RunFolder
{
    std::shared_ptr<RunRecord> record;
    QString notice; ///< says what was left out: a torn tail, pixels that are missing; else empty
};

enum class RunFolderParts {
    WithoutGalleries, ///< figures, tables, metrics and the rest
    WithGalleries,    ///< image grids too, with the pixels that lie in files of the folder
};

/// Replays FOLDER/events.cbor. A gallery whose file is missing, damaged or larger than 1 GiB is left out, and
/// the notice says so. @throws Error when there is no event file or its beginning cannot be read.
RunFolder readRunFolder(const QString& folder, RunFolderParts parts = RunFolderParts::WithoutGalleries);

} // namespace assay::widgets
