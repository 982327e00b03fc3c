#include "backend/models/architectures/architectures.h"
#include "backend/models/initialise.h"
#include "plugins/backdoor/unlearn_baselines.h"
#include "plugins/backdoor/unlearn_edit.h"
#include "plugins/backdoor/unlearn_results.h"
#include "tests/counting_device/counting_device.h"

#include <QTest>

using namespace assay;
using namespace assay::backdoor;

namespace {

constexpr std::int64_t kSide = 8;

at::Generator drawsOf(std::uint64_t seed)
{
    return at::detail::createCPUGenerator(seed);
}

/// Images of two classes: bright above, or bright below.
Lesson halfBright(std::int64_t n, std::uint64_t seed)
{
    torch::Tensor x = 0.2 * torch::rand({n, 1, kSide, kSide}, drawsOf(seed), torch::kFloat32);
    const torch::Tensor y = torch::arange(n) % 2;
    for (std::int64_t i = 0; i < n; ++i)
        x[i].narrow(1, i % 2 == 0 ? 0 : kSide / 2, kSide / 2).add_(0.5);
    return {x, y};
}

/// Knows the halves.
std::shared_ptr<models::Network> taught(const std::string& architecture, const Json& options)
{
    auto network = models::makeNetwork(architecture, options, {.height = kSide, .width = kSide}, 2);
    models::initialise(*network, drawsOf(2));
    network->eval();
    for (torch::Tensor& parameter : network->parameters())
        parameter.requires_grad_(false);
    teach(*network, network->parameters(), halfBright(64, 3),
          {.epochs = 8, .batch = 16, .learningRate = 5e-3}, drawsOf(4), {}, "unlearn");
    return network;
}

std::shared_ptr<models::Network> taughtVgg()
{
    return taught("vgg", {{"widths", {4, 4, 4}}, {"hidden", 8}});
}

double rightOf(models::Network& network, const Lesson& lesson)
{
    const torch::NoGradGuard off;
    return (network.forward(lesson.x).argmax(1) == lesson.y).to(torch::kFloat64).mean().item<double>();
}

double lossOf(models::Network& network, const torch::Tensor& x, const torch::Tensor& y)
{
    const torch::NoGradGuard off;
    return crossEntropyOf(network, x, y).item<double>();
}

BaselineInputs inputsFrom(const Lesson& clean)
{
    BaselineInputs inputs;
    inputs.clean = clean;
    inputs.triggered = clean;
    inputs.forget = clean.x.narrow(0, 0, 8);
    inputs.held = halfBright(20, 9);
    inputs.lesson = {.epochs = 3, .batch = 16, .learningRate = 1e-3};
    inputs.anpSteps = 30;
    inputs.ibauRounds = 2;
    return inputs;
}

/// The loss under the universal perturbation of this L2 norm that hurts most, found by plain ascent.
double worstLoss(models::Network& network, const Lesson& lesson, double radius)
{
    torch::Tensor d = torch::zeros({1, 1, kSide, kSide});
    for (int step = 0; step < 40; ++step) {
        const torch::Tensor at = d.clone().requires_grad_(true);
        const torch::Tensor slope =
            torch::autograd::grad({crossEntropyOf(network, lesson.x + at, lesson.y)}, {at}).front();
        d = d + 0.2 * radius * slope / slope.norm().clamp_min(1e-12);
        d = d * (radius / d.norm()).clamp_max(1);
    }
    return lossOf(network, lesson.x + d, lesson.y);
}

} // namespace

/// The repair and the methods that the edit is compared with.
class TestUnlearnMethods : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// Before the first backward pass, whose engine counts the devices.
    void initTestCase() { test::countingDevice(); }

    void attentionByHand()
    {
        // Squares over two channels: 1 + 9 and 4 + 16; their norm is 10 sqrt(5).
        const torch::Tensor maps = torch::tensor({1.f, 2.f, 3.f, 4.f}).view({1, 2, 1, 2});
        QVERIFY(torch::allclose(attentionOf(maps), torch::tensor({0.4472136f, 0.8944272f}).view({1, 2}), 1e-5,
                                1e-6));
    }

    void onlyTheGivenLayersLearn()
    {
        const auto network = taughtVgg();
        const auto layers = models::probeLayers(*network, torch::zeros({1, 1, kSide, kSide}));
        std::vector<torch::Tensor> before;
        for (const auto& layer : layers)
            before.push_back(layer.weight.clone());
        int steps = 0;
        UnlearnCalls calls;
        calls.step = [&](const char*, int step) { return (steps = step) == 12; };
        teach(*network, parametersOf(*network, {layers.back()}), halfBright(32, 5), {.epochs = 10},
              drawsOf(6), calls, "repair", 11);
        QCOMPARE(steps, 12); // the second epoch, and then it was told to end
        for (std::size_t l = 0; l < layers.size(); ++l)
            QCOMPARE(torch::equal(layers[l].weight, before[l]), l + 1 < layers.size());
        for (const torch::Tensor& parameter : network->parameters())
            QVERIFY(!parameter.requires_grad());
    }

    void finePruningCutsWhatSleeps()
    {
        const auto network = taughtVgg();
        const auto layers = models::probeLayers(*network, torch::zeros({1, 1, kSide, kSide}));
        const BaselineInputs inputs = inputsFrom(halfBright(32, 5));
        const torch::Tensor activity = layerActivity(*network, {layers[2]}, inputs.clean.x).front().output;
        const torch::Tensor wanted = activity.argsort().narrow(0, 0, 3);
        finePrune(*network, layers, inputs, drawsOf(7), {}); // 3 of 4 units, and fine-tuned afterwards
        const torch::Tensor empty = layers[2].weight.flatten(1).abs().sum(1) == 0;
        QCOMPARE(empty.sum().item<std::int64_t>(), std::int64_t(3));
        QVERIFY(empty.index_select(0, wanted).all().item<bool>());
        QVERIFY((layers[2].bias.index_select(0, wanted) == 0).all().item<bool>());
    }

    /// Away from the target class, but no farther than clean images allow.
    void gradientAscentStops()
    {
        const auto network = taughtVgg();
        BaselineInputs inputs = inputsFrom(halfBright(32, 5));
        inputs.ascentSteps = 500;
        const torch::Tensor y = torch::zeros({8}, torch::kInt64);
        const double before = lossOf(*network, inputs.forget, y);
        const double held = lossOf(*network, inputs.held.x, inputs.held.y);
        int steps = 0;
        UnlearnCalls calls;
        calls.step = [&](const char*, int step) {
            steps = step;
            return false;
        };
        ascendGradient(*network, inputs, calls);
        QVERIFY(steps > 0 && steps < 500);
        QVERIFY(lossOf(*network, inputs.forget, y) > before);
        QVERIFY(lossOf(*network, inputs.held.x, inputs.held.y) <= held + 0.5);
    }

    void anpKeepsUnitsWholeOrNotAtAll_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::newRow("units of layers") << "vgg";
        QTest::newRow("scales of normalisations") << "resnet";
    }

    void anpKeepsUnitsWholeOrNotAtAll()
    {
        QFETCH(QString, architecture);
        const bool norm = architecture == "resnet";
        const auto network = norm ? taught("resnet", {{"widths", {4, 4}}}) : taughtVgg();
        const auto layers = models::probeLayers(*network, torch::zeros({1, 1, kSide, kSide}));
        const auto unitsOf = [&](const models::ProbedLayer& layer) {
            return norm && layer.normWeight.defined() ? layer.normWeight.unsqueeze(1).clone()
                                                      : layer.weight.flatten(1).clone();
        };
        std::vector<torch::Tensor> before;
        for (const auto& layer : layers)
            before.push_back(unitsOf(layer));
        const Lesson clean = halfBright(32, 5);
        pruneAdversarially(*network, layers, inputsFrom(clean), drawsOf(7), {});
        std::int64_t pruned = 0;
        for (std::size_t l = 0; l < layers.size(); ++l) {
            const torch::Tensor after = unitsOf(layers[l]);
            const torch::Tensor same = (after == before[l]).all(1), empty = (after == 0).all(1);
            QVERIFY((same | empty).all().item<bool>());
            pruned += (empty & same.logical_not()).sum().item<std::int64_t>();
        }
        QVERIFY(pruned > 0);
        QVERIFY(rightOf(*network, clean) > 0.8); // it keeps what clean images need
    }

    void ibauWithstandsOnePerturbationForAll()
    {
        const auto network = taughtVgg();
        const Lesson clean = halfBright(32, 5);
        BaselineInputs inputs = inputsFrom(clean);
        inputs.ibauRounds = 15;
        const double radius = 0.05 * kSide; // the method's own
        const double before = worstLoss(*network, clean, radius);
        unlearnImplicitly(*network, inputs, drawsOf(7), {});
        const double after = worstLoss(*network, clean, radius);
        QVERIFY2(after < before, qPrintable(QString("%1 %2").arg(before).arg(after)));
        QVERIFY(rightOf(*network, clean) > 0.9);
    }

    void everyMethodRuns_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<int>("images");
        for (const std::string& method : unlearnBaselines())
            QTest::newRow(method.c_str())
                << QString::fromStdString(method) << (method == "gradient-ascent" ? 28 : 32);
    }

    /// On another device than the CPU, and with what it says of the images it saw.
    void everyMethodRuns()
    {
        QFETCH(QString, method);
        QFETCH(int, images);
        const torch::Device device = test::countingDevice();
        const auto network = taughtVgg();
        network->to(device);
        BaselineInputs inputs = inputsFrom(halfBright(32, 5));
        for (Lesson* lesson : {&inputs.clean, &inputs.triggered, &inputs.held})
            *lesson = {lesson->x.to(device), lesson->y.to(device)};
        inputs.forget = inputs.forget.to(device);
        const auto layers = models::probeLayers(*network, torch::zeros({1, 1, kSide, kSide}).to(device));
        int steps = 0;
        UnlearnCalls calls;
        calls.step = [&](const char*, int step) {
            ++steps;
            return step != steps;
        };
        const auto before = test::transfers();
        QCOMPARE(runBaseline(method.toStdString(), *network, layers, inputs, drawsOf(7), calls),
                 std::int64_t(images));
        QVERIFY((test::transfers() - before).operators > 0);
        QVERIFY(steps > 0);
    }

    /// One copy an epoch, that of its order, however many batches it has.
    void nothingCrossesWithinAnEpoch()
    {
        const torch::Device device = test::countingDevice();
        const auto cost = [&](int batch) {
            const auto network = taughtVgg();
            network->to(device);
            Lesson clean = halfBright(64, 5);
            clean = {clean.x.to(device), clean.y.to(device)};
            const auto before = test::transfers();
            teach(*network, network->parameters(), clean, {.epochs = 3, .batch = batch}, drawsOf(6), {},
                  "unlearn");
            return test::transfers() - before;
        };
        const auto few = cost(64), many = cost(8);
        QCOMPARE(many.toDevice, few.toDevice);
        QCOMPARE(many.toHost, few.toHost);
        QCOMPARE(many.scalars, few.scalars);
        QCOMPARE(many.sizes, few.sizes);
        QCOMPARE(few.toDevice, 3);
    }

    void tablesHaveTheirColumns()
    {
        UnlearnResults r;
        r.classes = {"a", "b"};
        r.poison.target = 1;
        r.ids = torch::arange(4);
        r.y = torch::tensor({0, 0, 1, 1}, torch::kInt64);
        UnlearnStep step{.method = "edit", .stage = "start"};
        step.clean = torch::tensor({0, 1, 1, 1}, torch::kInt64);
        step.triggered = torch::tensor({1, 1, 1, 0}, torch::kInt64);
        r.steps = {step};
        const protocol::Table t = stepsTable(r);
        std::vector<std::string> names;
        for (const protocol::Column& column : t.columns)
            names.push_back(column.name);
        QCOMPARE(names, (std::vector<std::string>{"stage", "step", "method", "clean_accuracy",
                                                  "target_class_accuracy", "asr", "seconds", "images_used"}));
        QCOMPARE(t.columns[3].numbers[0], 0.75);
        QCOMPARE(t.columns[4].numbers[0], 1.0);
        QCOMPARE(t.columns[5].numbers[0], 1.0); // of the two of class a alone
    }
};

QTEST_GUILESS_MAIN(TestUnlearnMethods)
#include "tst_unlearn_methods.moc"
