#include "backend/engine/plugin.h"
#include "plugins/encryption/defense_study.h"
#include "plugins/encryption/explore_study.h"
#include "plugins/encryption/lock_study.h"
#include "plugins/encryption/proliferate_study.h"
#include "plugins/encryption/recon_study.h"
#include "plugins/encryption/train_study.h"

#include <QObject>

namespace assay::encryption {

class EncryptionPlugin : public QObject, public engine::Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID ASSAY_PLUGIN_IID FILE "encryption.json")
    Q_INTERFACES(assay::engine::Plugin)

public:
    void registerInto(engine::Registries& registries) override
    {
        registries.addStudy(makeExploreStudy());
        registries.addStudy(makeDetectorLockStudy());
        registries.addStudy(makeKeyDefenseStudy());
        registries.addStudy(makeProliferateStudy());
        registries.addStudy(makeTrainStudy());
        registries.addStudy(makeReconStudy());
    }
};

} // namespace assay::encryption

#include "encryption_plugin.moc"
