#include "backend/engine/plugin.h"
#include "plugins/transfer/class_aware_study.h"
#include "plugins/transfer/matrix_study.h"
#include "plugins/transfer/non_robust_study.h"
#include "plugins/transfer/patch_study.h"

#include <QObject>

namespace assay::transfer {

class TransferPlugin : public QObject, public engine::Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID ASSAY_PLUGIN_IID FILE "transfer.json")
    Q_INTERFACES(assay::engine::Plugin)

public:
    void registerInto(engine::Registries& registries) override
    {
        registries.addStudy(makeClassAwareStudy());
        registries.addStudy(makeNonRobustStudy());
        registries.addStudy(makeMatrixStudy());
        registries.addStudy(makePatchStudy());
    }
};

} // namespace assay::transfer

#include "transfer_plugin.moc"
