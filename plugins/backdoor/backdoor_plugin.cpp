#include "backend/engine/plugin.h"
#include "plugins/backdoor/audit_study.h"
#include "plugins/backdoor/detect_study.h"
#include "plugins/backdoor/invert_study.h"
#include "plugins/backdoor/plant_study.h"
#include "plugins/backdoor/robust_study.h"
#include "plugins/backdoor/unlearn_study.h"

#include <QObject>

namespace assay::backdoor {

class BackdoorPlugin : public QObject, public engine::Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID ASSAY_PLUGIN_IID FILE "backdoor.json")
    Q_INTERFACES(assay::engine::Plugin)

public:
    void registerInto(engine::Registries& registries) override
    {
        registries.addStudy(makePlantStudy());
        registries.addStudy(makeUnlearnStudy());
        registries.addStudy(makeDetectStudy());
        registries.addStudy(makeInvertStudy());
        registries.addStudy(makeAuditStudy());
        registries.addStudy(makeRobustStudy());
    }
};

} // namespace assay::backdoor

#include "backdoor_plugin.moc"
