#include "backend/engine/plugin.h"

#include <csignal>

class CrashingPlugin : public QObject, public assay::engine::Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID ASSAY_PLUGIN_IID FILE "crashing_plugin.json")
    Q_INTERFACES(assay::engine::Plugin)
public:
    void registerInto(assay::engine::Registries&) override { std::raise(SIGSEGV); }
};

#include "crashing_plugin.moc"
