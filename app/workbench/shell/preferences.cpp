#include "app/workbench/shell/preferences.h"

#include <QStandardPaths>

namespace assay::workbench {

Preferences::Preferences(const QString& path)
    : m_store(path, {[](Json&) {}})
{}

QString Preferences::defaultPath()
{
    return QStandardPaths::writableLocation(QStandardPaths::AppConfigLocation) +
           QStringLiteral("/preferences.json");
}

} // namespace assay::workbench
