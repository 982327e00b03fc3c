#include "backend/engine/plugin.h"
#include "plugins/inspection/difference_study.h"

#include <QObject>

namespace assay::inspection {

class InspectionPlugin : public QObject, public engine::Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID ASSAY_PLUGIN_IID FILE "inspection.json")
    Q_INTERFACES(assay::engine::Plugin)

public:
    void registerInto(engine::Registries& registries) override { registries.addStudy(makeDifferenceStudy()); }
};

} // namespace assay::inspection

#include "inspection_plugin.moc"
