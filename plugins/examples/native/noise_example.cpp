#include "noise_floor_study.h"
#include "random_signs.h"

#include "backend/engine/plugin.h"

#include <QObject>

namespace noise_example {

/// What the engine loads. Everything else is reached through what it registers.
class NoiseExample : public QObject, public assay::engine::Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID ASSAY_PLUGIN_IID FILE "noise_example.json")
    Q_INTERFACES(assay::engine::Plugin)

public:
    void registerInto(assay::engine::Registries& registries) override
    {
        registries.addStudy(makeNoiseFloorStudy());
        registries.addAttack(randomSignsEntry());
    }
};

} // namespace noise_example

#include "noise_example.moc"
