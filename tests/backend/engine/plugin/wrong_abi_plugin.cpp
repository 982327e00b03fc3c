#include "backend/engine/plugin.h"

#include <cstdlib>

namespace {

// Its code must never run: the metadata says that it was built for another engine.
const bool loaded = [] {
    std::abort();
    return true;
}();

} // namespace

class WrongAbiPlugin : public QObject, public assay::engine::Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID ASSAY_PLUGIN_IID FILE "wrong_abi_plugin.json")
    Q_INTERFACES(assay::engine::Plugin)
public:
    void registerInto(assay::engine::Registries&) override {}
};

#include "wrong_abi_plugin.moc"
