#include "backend/models/architectures/architectures.h"
#include "plugins/encryption/lock_keys.h"
#include "tests/counting_device/counting_device.h"

#include <QTest>

#include <torch/types.h>
#include <torch/utils.h>

using namespace assay;
using namespace assay::encryption;
using namespace assay::encryption::lock;
using assay::test::countingDevice;
using assay::test::transfers;

/// Locked networks on a device that is not the CPU: the same answers, and nothing crosses in a forward pass.
class TestLockDevice : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keysWorkThereAsHere()
    {
        const torch::Device other = countingDevice();
        const torch::NoGradGuard off;
        const models::InputSpec input{.channels = 1, .height = 32, .width = 32};
        const auto here = models::makeNetwork("grid-detector", {{"widths", {6, 8, 12, 10}}}, input, 2);
        here->eval();
        const MapShapes shapes = {
            {"c1", {6, 16, 16}}, {"c2", {8, 8, 8}}, {"c3", {12, 4, 4}}, {"c4", {10, 4, 4}}};
        const torch::Tensor x = torch::rand({3, 1, 32, 32});
        for (const Transform transform : {Transform::Both, Transform::Shuffle}) {
            const LockSpec spec{.maps = {"c2", "c3"}, .transform = transform, .share = 0.5, .block = 4};
            const MapKeys keys = mapKeys(SecretKey::forExperiment(1, "owner"), spec, shapes);
            const auto there = here->copy();
            there->to(other);
            models::setMapChanges(*here, changesOf(keys, torch::kCPU));
            models::setMapChanges(*there, changesOf(keys, other));
            const torch::Tensor given = x.to(other);
            const auto before = transfers();
            const torch::Tensor answer = there->forward(given);
            const auto spent = transfers() - before;
            QVERIFY(spent.operators > 0);
            QCOMPARE(spent.crossings(), std::int64_t(0));
            QVERIFY(torch::allclose(answer.cpu(), here->forward(x), 1e-5, 1e-5));
            models::setMapChanges(*here, {});
        }
        const MapKeys keys =
            mapKeys(SecretKey::forExperiment(1, "owner"),
                    {.maps = {"c3"}, .transform = Transform::Both, .share = 1, .block = 4}, shapes);
        const auto locked = here->copy();
        locked->to(other);
        lockExisting(*locked, keys);
        models::setMapChanges(*locked, changesOf(keys, other));
        QVERIFY(torch::allclose(locked->forward(x.to(other)).cpu(), here->forward(x), 1e-5, 1e-5));
    }
};

QTEST_GUILESS_MAIN(TestLockDevice)
#include "tst_lock_device.moc"
