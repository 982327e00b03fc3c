#pragma once

#include "app/workbench/shell/command_line.h"

namespace assay::workbench {

/// Writes the reports that @p request names, of its document or of the runs in @p folders. What was written
/// goes to standard output, a line a file; progress ("3/12 Figure 3") and problems to standard error.
/// @returns 0 when all were written, 1 when one could not be, 2 when the document cannot be read.
int exportReports(const ExportRequest& request, const QStringList& folders);

} // namespace assay::workbench
