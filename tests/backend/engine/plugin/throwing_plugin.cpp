#include "backend/engine/plugin.h"

#include <stdexcept>

class ThrowingPlugin : public QObject, public assay::engine::Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID ASSAY_PLUGIN_IID FILE "throwing_plugin.json")
    Q_INTERFACES(assay::engine::Plugin)
public:
    ThrowingPlugin() { throw std::runtime_error("the licence server does not answer"); }
    void registerInto(assay::engine::Registries&) override {}
};

#include "throwing_plugin.moc"
