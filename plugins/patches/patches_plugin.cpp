#include "backend/engine/plugin.h"
#include "plugins/patches/attack_study.h"
#include "plugins/patches/medlocker_check.h"
#include "plugins/patches/medlocker_study.h"
#include "plugins/patches/pod_study.h"

#include <QObject>

namespace assay::patches {

class PatchesPlugin : public QObject, public engine::Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID ASSAY_PLUGIN_IID FILE "patches.json")
    Q_INTERFACES(assay::engine::Plugin)

public:
    void registerInto(engine::Registries& registries) override
    {
        registries.addStudy(makeAttackStudy());
        registries.addStudy(makePodStudy());
        registries.addStudy(medlocker::makeMedlockerStudy());
        registries.addStudy(medlocker::makeMedlockerCheck());
    }
};

} // namespace assay::patches

#include "patches_plugin.moc"
