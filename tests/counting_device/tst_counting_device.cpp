#include "counting_device.h"

#include "backend/models/architectures/architectures.h"
#include "backend/models/initialise.h"
#include "backend/models/model.h"
#include "backend/models/predict.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <c10/core/InferenceMode.h>
#include <torch/autograd.h>
#include <torch/nn.h>
#include <torch/types.h>
#include <torch/utils.h>

using namespace assay;
using namespace assay::test;

namespace {

torch::Tensor numbers(torch::IntArrayRef shape)
{
    at::Generator generator = at::detail::createCPUGenerator(4);
    return torch::empty(shape).normal_(0, 1, generator);
}

QString thrown(const std::function<void()>& call)
{
    try {
        call();
    } catch (const std::exception& error) {
        return QString(error.what()).section('\n', 0, 0);
    }
    return {};
}

std::shared_ptr<const models::Model> modelOn(const char* architecture, std::int64_t channels,
                                             torch::Device device)
{
    models::ModelCard card;
    card.name = architecture;
    card.architecture = architecture;
    card.input = {.channels = channels,
                  .height = 32,
                  .width = 32,
                  .mean = std::vector<double>(std::size_t(channels), 0.4),
                  .stddev = std::vector<double>(std::size_t(channels), 0.3)};
    card.classes.resize(5);
    const auto network = models::makeNetwork(architecture, {}, card.input, 5);
    models::initialise(*network, at::detail::createCPUGenerator(8));
    network->to(device);
    return std::make_shared<const models::Model>(network, card);
}

} // namespace

/// The device must count what crosses, refuse what an accelerator refuses, and compute what the CPU does.
class TestCountingDevice : public QObject
{
    Q_OBJECT

private:
    const torch::Device m_device = countingDevice();

private Q_SLOTS:
    void countsCopies()
    {
        const Transfers before = transfers();
        const torch::Tensor there = numbers({3, 4}).to(m_device);
        QCOMPARE(there.device(), m_device);
        QCOMPARE((transfers() - before).toDevice, 1);
        const torch::Tensor twice = (there * 2 + 1).clone(); // scalars and copies on the device are free
        QCOMPARE((transfers() - before).crossings(), 1);
        QVERIFY(torch::equal(twice.cpu(), numbers({3, 4}) * 2 + 1));
        QCOMPARE((transfers() - before).toHost, 1);
        QCOMPARE((transfers() - before).crossings(), 2);
    }

    void countsValuesAndSizes()
    {
        const torch::Tensor there = numbers({30}).to(m_device);
        const Transfers before = transfers();
        QCOMPARE(there.sum().item<float>(), numbers({30}).sum().item<float>());
        QCOMPARE((transfers() - before).scalars, 1);
        const torch::Tensor flags = there.gt(0);
        QCOMPARE((transfers() - before).crossings(), 1);
        QVERIFY(flags.any().item<bool>());
        QCOMPARE((transfers() - before).scalars, 2);
        const torch::Tensor chosen = flags.nonzero().squeeze(1);
        QCOMPARE((transfers() - before).sizes, 1);
        QVERIFY(torch::equal(there.masked_select(flags), there.index({flags})));
        QCOMPARE((transfers() - before).sizes, 3);
        QCOMPARE((transfers() - before).scalars, 3); // equal() itself
        QCOMPARE(there.index_select(0, chosen).size(0), chosen.size(0));
        QCOMPARE(there.index({chosen}).size(0), chosen.size(0));
        QCOMPARE((transfers() - before).crossings(), 6);
        QCOMPARE((transfers() - before).toHost, 0);
    }

    void refusesToMixDevices()
    {
        const torch::Tensor here = numbers({3, 4});
        const torch::Tensor there = here.to(m_device);
        QVERIFY(!thrown([&] { return void(here + there); }).isEmpty());
        QVERIFY(!thrown([&] { return void(there.index_select(0, torch::arange(2))); }).isEmpty());
        QVERIFY(!thrown([&] { return void(torch::cat({here, there})); }).isEmpty());
        QVERIFY(!thrown([&] {
                     torch::empty_like(there).normal_(0, 1, at::detail::createCPUGenerator(1));
                 }).isEmpty());
        QVERIFY(torch::equal((there + torch::tensor(2.0f)).cpu(), here + 2)); // a scalar may
    }

    void viewsShareMemory()
    {
        torch::Tensor there = numbers({4, 6}).to(m_device);
        const Transfers before = transfers();
        there.select(0, 1).zero_();
        there.view({2, 12}).narrow(1, 10, 2).fill_(7);
        there.t().flatten().add_(1); // a copy: nothing changes
        there.index_copy_(0, torch::zeros({1}, torch::TensorOptions(torch::kInt64).device(m_device)),
                          there.narrow(0, 3, 1).clone());
        QCOMPARE((transfers() - before).crossings(), 0);
        torch::Tensor here = numbers({4, 6});
        here[1].zero_();
        here.view({2, 12}).narrow(1, 10, 2).fill_(7);
        here[0].copy_(here[3]);
        QVERIFY(torch::equal(there.cpu(), here));
    }

    void worksInInferenceMode()
    {
        torch::Tensor there = numbers({4, 6}).to(m_device);
        torch::Tensor product;
        {
            const c10::InferenceMode on;
            there.t().add_(1);
            product = at::matmul(there, there.t());
        }
        const torch::Tensor here = numbers({4, 6}) + 1;
        QVERIFY(torch::allclose(product.cpu(), at::matmul(here, here.t())));
    }

    void resizedResultsFollow()
    {
        const torch::Tensor there = numbers({4, 6}).to(m_device);
        torch::Tensor result = torch::empty({0}, there.options());
        torch::Tensor order = torch::empty({0}, there.options().dtype(torch::kInt64));
        at::sort_out(result, order, there, 1, true);
        QVERIFY(torch::equal(result.cpu(), std::get<0>(numbers({4, 6}).sort(1, true))));
    }

    void networksGiveTheCpusDigits_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<int>("channels");
        for (const char* name :
             {"mlp", "small_cnn", "resnet", "mobilenet_v2", "vgg", "convmixer", "vit_tiny"})
            QTest::addRow("%s", name)
                << name << (QString(name) == "mlp" || QString(name) == "small_cnn" ? 1 : 3);
    }

    /// Logits and the gradient in the pixels, backward through the engine's own thread for the device.
    void networksGiveTheCpusDigits()
    {
        QFETCH(QString, architecture);
        QFETCH(int, channels);
        const std::string name = architecture.toStdString();
        const torch::Tensor x = numbers({3, channels, 32, 32}).sigmoid();
        // With somebody who asks for taps the CPU computes by the same operators as the device; its own
        // kernels round otherwise, and have their own test (tst_direct).
        const models::TapSink nobody = [](const std::string&, const torch::Tensor&) {};
        const auto gradient = [&](const models::Model& model, torch::Tensor at) {
            at = at.detach().requires_grad_(true);
            return torch::autograd::grad({model.logits(at, nobody).logsumexp(1).sum()}, {at})[0];
        };
        const auto here = modelOn(name.c_str(), channels, torch::kCPU);
        const auto there = modelOn(name.c_str(), channels, m_device);
        QCOMPARE(there->device(), m_device);
        const torch::Tensor images = x.to(m_device);
        const Transfers before = transfers();
        const torch::Tensor logits = there->logits(images);
        const torch::Tensor found = gradient(*there, images);
        QCOMPARE((transfers() - before).crossings(), 0);
        QVERIFY((transfers() - before).operators > 0);
        QVERIFY(torch::allclose(logits.cpu(), here->logits(x, nobody), 1e-5, 1e-6));
        const torch::Tensor expected = gradient(*here, x);
        const double largest = expected.abs().max().item<double>();
        QVERIFY(largest > 0);
        // The backward pass here uses all cores, and the device's thread of the engine one: sums round
        // otherwise.
        QVERIFY(torch::allclose(found.cpu(), expected, 1e-4, 1e-5 * largest));
        QVERIFY(torch::equal(models::predict(*there, x), models::predict(*here, x)));
    }
};

QTEST_GUILESS_MAIN(TestCountingDevice)
#include "tst_counting_device.moc"
