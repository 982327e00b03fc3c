#include "backend/models/predict.h"
#include "tests/backend/models/seeded_network.h"
#include "tests/counting_device/counting_device.h"

#include <QTest>
#include <torch/types.h>

using namespace assay;
using namespace assay::models;
using assay::test::countingDevice;

/// Networks on a device that is not the CPU.
class TestOtherDevice : public QObject
{
    Q_OBJECT

    static InputSpec input()
    {
        return {.channels = 1, .height = 12, .width = 12, .mean = {0.3}, .stddev = {0.4}};
    }
    static std::shared_ptr<Network> networkThere()
    {
        const auto network = test::seededNetwork("resnet", input());
        network->to(countingDevice());
        return network;
    }

private Q_SLOTS:
    void aCopyIsMadeWhereTheNetworkIs()
    {
        const auto network = networkThere();
        const test::Transfers before = test::transfers();
        const auto copy = network->copy();
        const test::Transfers crossed = test::transfers() - before;
        QCOMPARE(crossed.crossings(), 0);
        const NamedTensors own = network->persistent(), copied = copy->persistent();
        QCOMPARE(copied.size(), own.size());
        for (std::size_t i = 0; i < own.size(); ++i) {
            QCOMPARE(copied[i].first, own[i].first);
            QCOMPARE(copied[i].second.device(), countingDevice());
            QVERIFY(torch::equal(copied[i].second.cpu(), own[i].second.cpu()));
            QVERIFY(!copied[i].second.is_alias_of(own[i].second));
        }
    }

    /// What is launched once for each chunk costs more than its arithmetic.
    void manyImagesAreOneChunkThere()
    {
        ModelCard card;
        card.name = "resnet";
        card.architecture = "resnet";
        card.input = input();
        card.classes.resize(10);
        const Model model(networkThere(), card);
        const torch::Tensor x =
            torch::empty({300, 1, 12, 12}).uniform_(0, 1, at::detail::createCPUGenerator(1));
        const test::Transfers before = test::transfers();
        const torch::Tensor there = logitsChunked(model, x);
        const test::Transfers crossed = test::transfers() - before;
        QCOMPARE(crossed.toDevice, 1);
        QCOMPARE(crossed.crossings(), 1);
        const Model here(test::seededNetwork("resnet", input()), card);
        QVERIFY(torch::allclose(there.cpu(), logitsChunked(here, x), 1e-4, 1e-4));
    }
};

QTEST_GUILESS_MAIN(TestOtherDevice)
#include "tst_other_device.moc"
