#include "backend/engine/plugin.h"
#include "plugins/calibration/compare_study.h"
#include "plugins/calibration/dac_study.h"
#include "plugins/calibration/reliability_study.h"
#include "plugins/calibration/shift_study.h"

#include <QObject>

namespace assay::confidence {

class CalibrationPlugin : public QObject, public engine::Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID ASSAY_PLUGIN_IID FILE "calibration.json")
    Q_INTERFACES(assay::engine::Plugin)

public:
    void registerInto(engine::Registries& registries) override
    {
        registries.addStudy(makeReliabilityStudy());
        registries.addStudy(makeCompareStudy());
        registries.addStudy(makeShiftStudy());
        registries.addStudy(makeDacStudy());
    }
};

} // namespace assay::confidence

#include "calibration_plugin.moc"
