#include "app/workbench/shell/plugin_desk.h"

#include "widgets/engine/engine_client.h"
#include "widgets/plugins/plugin_manager.h"
#include "widgets/studies/file_dialogs.h"

#include <QFileInfo>
#include <QWidget>

namespace assay::workbench {

using widgets::EngineClient;
using widgets::PluginEntry;
using widgets::PluginManager;

PluginDesk::PluginDesk(EngineClient& engine, widgets::FileDialogs& dialogs, QWidget* window)
    : QObject(window)
    , m_engine(engine)
    , m_dialogs(dialogs)
    , m_window(window)
{
    connect(&m_engine, &EngineClient::catalogueChanged, this, &PluginDesk::takeCatalogue);
}

PluginDesk::~PluginDesk()
{
    delete m_manager;
}

PluginManager* PluginDesk::manager() const
{
    return m_manager;
}

void PluginDesk::open(const QString& file)
{
    if (!m_manager) {
        m_manager = new PluginManager(m_window);
        m_manager->setAttribute(Qt::WA_DeleteOnClose);
        m_manager->setTheme(m_theme);
        connect(m_manager, &PluginManager::allowRequested, this, &PluginDesk::allow);
        connect(m_manager, &PluginManager::enableRequested, this, [this](const PluginEntry& entry, bool on) {
            ask("plugin.enable", {{"file", entry.file.toStdString()}, {"enabled", on}},
                tr("Trying what the next start makes of it …"));
        });
        connect(m_manager, &PluginManager::checkRequested, this, [this] {
            ask("plugin.check", Json::object(), tr("Trying every plugin in a process of its own …"));
        });
        connect(m_manager, &PluginManager::restartRequested, this, &PluginDesk::restart);
        connect(m_manager, &PluginManager::revealRequested, this,
                [this](const QString& path) { m_dialogs.reveal(QFileInfo(path).absolutePath()); });
        m_manager->setPlugins(m_entries);
    }
    m_manager->select(file);
    m_manager->show();
    m_manager->raise();
    m_manager->activateWindow();
}

void PluginDesk::setTheme(const widgets::Theme& theme)
{
    m_theme = theme;
    if (m_manager)
        m_manager->setTheme(theme);
}

void PluginDesk::takeCatalogue()
{
    m_entries = widgets::readPlugins(m_engine.catalogue());
    if (m_manager)
        m_manager->setPlugins(m_entries);
    for (const PluginEntry& entry : m_entries) {
        if (entry.state != PluginEntry::State::Quarantined) {
            m_said.remove(entry.file);
            continue;
        }
        if (m_said.contains(entry.file))
            continue;
        m_said.insert(entry.file);
        Q_EMIT noticed(
            QStringLiteral("warning"),
            tr("The plugin “%1” crashed the engine while it was loaded and is set aside.").arg(entry.title()),
            {{tr("Show the plugins"), [this, file = entry.file] { open(file); }}});
    }
}

void PluginDesk::ask(const std::string& method, const Json& params, const QString& awaited)
{
    m_manager->setBusy(awaited);
    m_engine.request(method, params, m_manager, [this](const protocol::Reply& reply) {
        if (!m_manager)
            return;
        if (reply.ok)
            m_manager->setPlugins(widgets::readPlugins(reply.result));
        m_manager->setIdle(reply.ok ? QString() : QString::fromStdString(reply.error));
    });
}

void PluginDesk::allow(const PluginEntry& entry)
{
    const auto agreed = [this, entry] {
        if (m_manager)
            ask("plugin.allow", {{"file", entry.file.toStdString()}, {"sha256", entry.sha256.toStdString()}},
                tr("Trying it in a process of its own …"));
    };
    if (entry.state == PluginEntry::State::Quarantined)
        return agreed(); // it was allowed before
    m_dialogs.confirm(
        m_manager, tr("Allow a plugin"),
        tr("“%1” by %2 is native code and may do whatever you may do: read, change and send your "
           "files. Allow it to run for as long as its SHA-256 is\n%3?")
            .arg(entry.title(), entry.author, entry.sha256),
        tr("Allow"), agreed);
}

void PluginDesk::restart()
{
    const auto again = [this] {
        m_engine.stop();
        m_engine.start();
    };
    if (m_engine.jobs().is_array() && !m_engine.jobs().empty())
        m_dialogs.confirm(m_manager, tr("Restart the engine"),
                          tr("Runs that are not finished are cancelled; what has arrived is kept."),
                          tr("Restart"), again);
    else
        again();
}

} // namespace assay::workbench
