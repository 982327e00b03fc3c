#include "backend/engine/plugin.h"

/// Defined nowhere: as if it had been taken out of the engine since the plugin was built.
void noSuchFunctionOfTheEngine();

class MissingSymbolPlugin : public QObject, public assay::engine::Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID ASSAY_PLUGIN_IID FILE "missing_symbol_plugin.json")
    Q_INTERFACES(assay::engine::Plugin)
public:
    void registerInto(assay::engine::Registries&) override { noSuchFunctionOfTheEngine(); }
};

#include "missing_symbol_plugin.moc"
