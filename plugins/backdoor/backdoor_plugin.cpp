#include "backend/engine/plugin.h"

#include <QObject>

namespace assay::backdoor {

class BackdoorPlugin : public QObject, public engine::Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID ASSAY_PLUGIN_IID FILE "backdoor.json")
    Q_INTERFACES(assay::engine::Plugin)

public:
    void registerInto(engine::Registries&) override {}
};

} // namespace assay::backdoor

#include "backdoor_plugin.moc"
