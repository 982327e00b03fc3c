#include "widgets/report/forms/report_writers.h"

#include <QFileInfo>

namespace assay::widgets {

QStringList writeReportAs(const ReportContent& content, const QString& path, const ReportProgress& progress)
{
    const QString suffix = QFileInfo(path).suffix().toLower();
    if (suffix == QLatin1String("html") || suffix == QLatin1String("htm"))
        return writeHtmlReport(content, path, progress);
    if (suffix == QLatin1String("pdf"))
        return writePdfReport(content, path, progress);
    return writeLatexReport(content, path, progress);
}

} // namespace assay::widgets
