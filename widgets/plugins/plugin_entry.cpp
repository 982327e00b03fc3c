#include "widgets/plugins/plugin_entry.h"

#include <QFileInfo>

#include <optional>

namespace assay::widgets {

namespace {

QString textIn(const Json& json, const char* key)
{
    const auto it = json.find(key);
    return it != json.end() && it->is_string() ? QString::fromStdString(it->get<std::string>()) : QString();
}

bool flagIn(const Json& json, const char* key)
{
    const auto it = json.find(key);
    return it != json.end() && it->is_boolean() && it->get<bool>();
}

QStringList textsIn(const Json& json, const char* key)
{
    QStringList texts;
    const auto it = json.find(key);
    if (it == json.end() || !it->is_array())
        return texts;
    for (const Json& item : *it) {
        if (item.is_string())
            texts << QString::fromStdString(item.get<std::string>());
    }
    return texts;
}

std::optional<PluginEntry::State> stateIn(const Json& json)
{
    using State = PluginEntry::State;
    const QString name = textIn(json, "state");
    if (name == QLatin1String("active"))
        return State::Active;
    if (name == QLatin1String("disabled"))
        return State::Disabled;
    if (name == QLatin1String("not-allowed"))
        return State::NotAllowed;
    if (name == QLatin1String("quarantined"))
        return State::Quarantined;
    if (name == QLatin1String("failed"))
        return State::Failed;
    return std::nullopt;
}

} // namespace

QString PluginEntry::title() const
{
    return name.isEmpty() ? QFileInfo(file).fileName() : name;
}

QString PluginEntry::badge() const
{
    switch (state) {
    case State::Active:
        return loaded ? tr("loaded") : tr("after restart");
    case State::Disabled:
        return loaded ? tr("off after restart") : tr("off");
    case State::NotAllowed:
        return tr("not allowed");
    case State::Quarantined:
        return tr("set aside");
    case State::Failed:
        break;
    }
    return tr("failed");
}

QString PluginEntry::tone() const
{
    switch (state) {
    case State::Active:
        return loaded ? QStringLiteral("good") : QStringLiteral("accent");
    case State::Disabled:
        return loaded ? QStringLiteral("accent") : QString();
    case State::NotAllowed:
        return QStringLiteral("warning");
    case State::Quarantined:
    case State::Failed:
        break;
    }
    return QStringLiteral("bad");
}

QString PluginEntry::status() const
{
    switch (state) {
    case State::Active:
        return loaded ? tr("Loaded: what it offers can be used.")
                      : tr("It loads without trouble. What it offers is there when the engine has been "
                           "restarted.");
    case State::Disabled:
        return loaded ? tr("Switched off. It stays loaded until the engine is restarted.")
                      : tr("Switched off.");
    case State::NotAllowed:
        return tr(
            "It came from outside and has not been allowed to run. A plugin may do whatever you may do: "
            "allow it only if you trust its author.");
    case State::Quarantined:
        return tr("It crashed the engine while it was loaded, and is set aside until you try it again.");
    case State::Failed:
        break;
    }
    return tr("It cannot be loaded.");
}

CardItem PluginEntry::card() const
{
    QString facts = own ? tr("came with Assay") : tr("from outside");
    if (!version.isEmpty())
        facts.prepend(version + QStringLiteral(" · "));
    return {.id = file, .title = title(), .meta = facts, .badge = badge(), .tone = tone(), .toolTip = file};
}

QList<PluginEntry> readPlugins(const Json& catalogue)
{
    QList<PluginEntry> plugins;
    if (!catalogue.is_object())
        return plugins;
    const auto list = catalogue.find("plugins");
    if (list == catalogue.end() || !list->is_array())
        return plugins;
    for (const Json& json : *list) {
        const auto state = json.is_object() ? stateIn(json) : std::nullopt;
        if (!state)
            continue;
        PluginEntry entry;
        entry.file = textIn(json, "file");
        entry.id = textIn(json, "id");
        entry.name = textIn(json, "name");
        entry.version = textIn(json, "version");
        entry.author = textIn(json, "author");
        entry.licence = textIn(json, "licence");
        entry.summary = textIn(json, "summary");
        entry.studies = textsIn(json, "studies");
        entry.attacks = textsIn(json, "attacks");
        entry.sha256 = textIn(json, "sha256");
        entry.problem = textIn(json, "problem");
        entry.own = flagIn(json, "own");
        entry.loaded = flagIn(json, "loaded");
        entry.restart = flagIn(json, "restart");
        entry.state = *state;
        plugins.append(entry);
    }
    return plugins;
}

} // namespace assay::widgets
