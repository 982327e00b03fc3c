#include "backend/engine/workspace.h"

#include <QFile>
#include <QStandardPaths>

#include <cstdlib>

namespace assay::engine {

namespace fs = std::filesystem;

namespace {

fs::path standard(QStandardPaths::StandardLocation location)
{
    return fs::path(QStandardPaths::writableLocation(location).toStdString()) / "assay";
}

/// QCoreApplication::applicationDirPath() without the need for an application object.
fs::path executableFolder()
{
    return fs::path(QFile::symLinkTarget(QStringLiteral("/proc/self/exe")).toStdString()).parent_path();
}

} // namespace

Installation Installation::find()
{
    Installation found;
    found.programs = executableFolder();
    const fs::path prefix = found.programs.parent_path();
    const char* resources = std::getenv("ASSAY_RESOURCES");
    found.resources = resources && *resources ? fs::path(resources) : prefix / ASSAY_DATA_DIR;
    found.plugins = prefix / ASSAY_PLUGIN_DIR;
    return found;
}

fs::path configFolder()
{
    return standard(QStandardPaths::GenericConfigLocation);
}

fs::path userPluginFolder()
{
    return standard(QStandardPaths::GenericDataLocation) / "plugins";
}

fs::path userAttackFolder()
{
    return standard(QStandardPaths::GenericDataLocation) / "attacks";
}

fs::path Workspace::defaultRoot()
{
    return standard(QStandardPaths::GenericDataLocation) / "demo";
}

Workspace::Workspace(fs::path root)
    : m_root(fs::absolute(root.empty() ? defaultRoot() : root).lexically_normal())
{}

} // namespace assay::engine
