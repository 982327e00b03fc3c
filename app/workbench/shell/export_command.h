#pragma once

#include "app/workbench/shell/command_line.h"

namespace assay::workbench {

/// Exports runs straight from their folders, without an engine. Needs a QApplication (offscreen will do).
/// Writes what was written to standard output and problems to standard error.
/// @returns 0 when everything was written, 1 when a run could not be exported, 2 when one does not exist.
int runExport(const ExportRequest& request);

} // namespace assay::workbench
