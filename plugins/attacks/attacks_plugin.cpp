#include "backend/engine/plugin.h"
#include "plugins/attacks/robustness_study.h"

#include <QObject>

namespace assay::robustness {

class AttacksPlugin : public QObject, public engine::Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID ASSAY_PLUGIN_IID FILE "attacks.json")
    Q_INTERFACES(assay::engine::Plugin)

public:
    void registerInto(engine::Registries& registries) override { registries.addStudy(makeRobustnessStudy()); }
};

} // namespace assay::robustness

#include "attacks_plugin.moc"
