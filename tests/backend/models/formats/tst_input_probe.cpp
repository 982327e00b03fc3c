#include "backend/models/formats/input_probe.h"
#include "backend/models/formats/input_search.h"
#include "backend/models/formats/inside_normalisation.h"
#include "backend/models/input_adapter.h"
#include "backend/protocol/error.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <QThread>
#include <torch/types.h>

#include <stdexcept>

using namespace assay;
using namespace assay::models;

namespace {

using Level = protocol::Finding::Level;

bool found(const protocol::Findings& findings, Level level, const char* text)
{
    for (const protocol::Finding& finding : findings) {
        if (finding.level == level && finding.text.find(text) != std::string::npos)
            return true;
    }
    return false;
}

/// A network of one convolution, a mean over the picture and a fully connected layer.
struct Pooled
{
    torch::Tensor weight;
    torch::Tensor last;

    explicit Pooled(std::int64_t channels, std::int64_t kernel = 3)
    {
        auto generator = at::make_generator<at::CPUGeneratorImpl>(std::uint64_t(3));
        weight = torch::randn({8, channels, kernel, kernel}, generator) * 0.2;
        last = torch::randn({4, 8}, generator);
    }

    torch::Tensor operator()(const torch::Tensor& x) const
    {
        return torch::conv2d(x, weight).relu().mean(c10::IntArrayRef{2, 3}).matmul(last.t());
    }

    ProbeTarget target() const
    {
        ProbeTarget target;
        target.run = *this;
        target.weights = {{"conv.weight", weight}, {"fc.weight", last}};
        target.firstLayerInput = [](const torch::Tensor& x) { return x; };
        return target;
    }
};

torch::Tensor scaled(const torch::Tensor& x, std::vector<double> mean, std::vector<double> stddev)
{
    const auto tensor = [](std::vector<double> values) {
        return torch::tensor(values, torch::kFloat64).to(torch::kFloat32).view({1, -1, 1, 1});
    };
    return (x - tensor(std::move(mean))) / tensor(std::move(stddev));
}

} // namespace

class TestInputProbe : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void adaptsPixels()
    {
        const torch::Tensor x = torch::rand({2, 3, 4, 5});
        const InputSpec plain{.channels = 3};
        QVERIFY(InputAdapter(plain).isIdentity());
        QVERIFY(InputAdapter(plain)(x).is_same(x));
        const InputSpec caffe{
            .channels = 3, .mean = {103.0, 116.0, 123.0}, .stddev = {1, 2, 4}, .scale = 255, .bgr = true};
        const torch::Tensor made = InputAdapter(caffe)(x);
        // Blue first: the third channel of the pixels.
        QVERIFY((made.select(1, 0) - (x.select(1, 2) * 255 - 103)).abs().max().item<double>() < 1e-4);
        QVERIFY((made.select(1, 2) - (x.select(1, 0) * 255 - 123) / 4).abs().max().item<double>() < 1e-4);
    }

    void adapterRefuses()
    {
        const auto sentence = [](const InputSpec& input) {
            try {
                const InputAdapter adapter(input, "net");
            } catch (const Error& error) {
                return std::string(error.what());
            }
            return std::string();
        };
        QCOMPARE(sentence({.channels = 3, .mean = {1, 2}}),
                 std::string(
                     "net: 'mean' has 2 values, but the network has 3 channels. Give one value, or one for "
                     "each channel."));
        QCOMPARE(sentence({.channels = 1, .stddev = {0}}),
                 std::string(
                     "net: 'stddev' and 'scale' must be above 0. Give 1 to leave the pixels as they are."));
        QCOMPARE(sentence({.channels = 4, .bgr = true}),
                 std::string("net: 'bgr' is for three channels; the network has 4. Switch 'bgr' off."));
    }

    void batchesAreFilledUp()
    {
        const torch::Tensor x = torch::rand({5, 1, 2, 2});
        int calls = 0;
        const auto run = [&](const torch::Tensor& part) {
            ++calls;
            TORCH_CHECK(part.size(0) == 2);
            return part.flatten(1) * 2;
        };
        QVERIFY(inBatchesOf(2, x, run).equal(x.flatten(1) * 2));
        QCOMPARE(calls, 3);
    }

    void findsChannelsAndFreeSize()
    {
        const InputContract grey = probeInput(Pooled(1).target(), {});
        QCOMPARE(grey.input.channels, std::int64_t(1));
        QCOMPARE(grey.input.height, std::int64_t(28));
        QVERIFY(grey.sizeFree);
        QCOMPARE(grey.classes, std::int64_t(4));
        const InputContract large = probeInput(Pooled(3, 7).target(), {});
        QCOMPARE(large.input.height, std::int64_t(224));
        const InputContract four = probeInput(Pooled(4).target(), {.height = 50, .width = 60});
        QCOMPARE(four.input.channels, std::int64_t(4));
        QCOMPARE(four.input.width, std::int64_t(60));
        QVERIFY(!four.sizeFree);
    }

    void findsTheSizeOfAFullyConnectedLayer()
    {
        ProbeTarget target;
        const torch::Tensor weight = torch::randn({4, 3 * 36 * 36});
        target.run = [=](const torch::Tensor& x) { return x.flatten(1).matmul(weight.t()); };
        target.weights = {{"fc.weight", weight}};
        const InputContract contract = probeInput(target, {});
        QCOMPARE(contract.input.channels, std::int64_t(3));
        QCOMPARE(contract.input.height, std::int64_t(36));
        QVERIFY(contract.asks.empty());
    }

    void asksForWhatItCannotFind()
    {
        ProbeTarget target;
        target.run = [](const torch::Tensor& x) {
            TORCH_CHECK(x.size(2) == 31 && x.size(3) == 77, "wrong size");
            return x.flatten(1).narrow(1, 0, 3) * 2;
        };
        const InputContract lost = probeInput(target, {});
        QCOMPARE(lost.asks, (std::vector<std::string>{"channels", "height", "width"}));
        QVERIFY(found(lost.findings, Level::Warning, "give channels, height and width"));
        const InputContract given = probeInput(target, {.channels = 1, .height = 31, .width = 77});
        QVERIFY(given.asks.empty());
        QCOMPARE(given.classes, std::int64_t(3));
    }

    /// Each attempt may take seconds: the search ends although sizes are left.
    void aSlowSearchEnds()
    {
        int attempts = 0;
        ProbeTarget target;
        target.run = [&](const torch::Tensor&) -> torch::Tensor {
            ++attempts;
            QThread::msleep(20);
            throw std::runtime_error("too slow");
        };
        const InputSearch search = searchInput(target, {}, std::chrono::milliseconds(50));
        QVERIFY(!search.found);
        QCOMPARE(search.failure, std::string("too slow"));
        QVERIFY(attempts > 0 && attempts < 20); // of more than 60
    }

    void measuresInsideNormalisation()
    {
        const std::vector<double> mean = {0.485, 0.456, 0.406};
        const std::vector<double> stddev = {0.229, 0.224, 0.225};
        const auto flipped = [&](const torch::Tensor& x) { return scaled(x.flip(1), mean, stddev); };
        const auto inside = insideNormalisation(flipped, 3, 8, 8);
        QVERIFY(inside && inside->bgr);
        for (std::size_t c = 0; c < 3; ++c) {
            QVERIFY(std::abs(inside->mean[c] - mean[c]) < 1e-4);
            QVERIFY(std::abs(inside->stddev[c] - stddev[c]) < 1e-4);
        }
        QVERIFY(!takesBytes(*inside));
        const auto bytes =
            insideNormalisation([](const torch::Tensor& x) { return (x / 255).flatten(1); }, 3, 8, 8);
        QVERIFY(bytes && takesBytes(*bytes) && !bytes->bgr);
        // A grey value of all channels, and a curve, are no normalisation of single channels.
        QVERIFY(!insideNormalisation([](const torch::Tensor& x) { return x.mean(1, true).expand_as(x); }, 3,
                                     8, 8));
        QVERIFY(!insideNormalisation([](const torch::Tensor& x) { return x.square(); }, 3, 8, 8));
        QVERIFY(isIdentity(*insideNormalisation([](const torch::Tensor& x) { return x; }, 3, 8, 8)));
    }

    /// Statistics as a norm learns them from photographs made ready with ImageNet's numbers.
    void warnsWhenTheStatisticsDoNotFit()
    {
        const Pooled network(3);
        ProbeTarget target = network.target();
        target.firstNormInput = [&](const torch::Tensor& x) { return torch::conv2d(x, network.weight); };
        // A smooth ramp and its mirror image stand for photographs here, not the noise of the implementation.
        const torch::Tensor ramp = torch::linspace(0.05, 0.95, 32).view({1, 1, 1, 32}).expand({1, 3, 32, 32});
        const torch::Tensor images = torch::cat({ramp, ramp.flip(3), ramp.transpose(2, 3)});
        const torch::Tensor seen =
            target.firstNormInput(scaled(images, {0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}))
                .transpose(0, 1)
                .flatten(1);
        target.runningMean = seen.mean(1);
        target.runningVar = seen.var(1);
        const InputContract plain = probeInput(target, {});
        QVERIFY(found(plain.findings, Level::Warning, "does not fit pixels made ready this way"));
        const InputContract right = probeInput(target, {.mean = std::vector<double>{0.485, 0.456, 0.406},
                                                        .stddev = std::vector<double>{0.229, 0.224, 0.225}});
        QVERIFY(found(right.findings, Level::Info, "agrees with pixels made ready this way"));
        QVERIFY(!found(right.findings, Level::Warning, "does not fit"));
        const InputContract bytes = probeInput(target, {.scale = 255.0});
        QVERIFY(found(bytes.findings, Level::Warning, "does not fit"));
        // A norm that never saw data says nothing.
        target.runningMean = torch::zeros({8});
        target.runningVar = torch::ones({8});
        QVERIFY(found(probeInput(target, {}).findings, Level::Info,
                      "nothing in the file shows how pixels were made"));
    }

    void warnsWithoutGradients()
    {
        ProbeTarget target = Pooled(3).target();
        const auto run = target.run;
        target.run = [run](const torch::Tensor& x) { return run((x * 255).round() / 255); };
        QVERIFY(found(probeInput(target, {}).findings, Level::Warning, "no gradient reaches the pixels"));
        QVERIFY(!found(probeInput(Pooled(3).target(), {}).findings, Level::Warning, "no gradient"));
    }

    void oneClassIsNoClassifier()
    {
        ProbeTarget target = Pooled(3).target();
        const auto run = target.run;
        target.run = [run](const torch::Tensor& x) { return run(x).narrow(1, 0, 1); };
        QVERIFY(found(probeInput(target, {}).findings, Level::Problem, "gives one number to each image"));
    }

    /// A network that only knows centred pixels: accuracy tells which candidate it was made for.
    void scoresCandidates()
    {
        const torch::Tensor images = torch::rand({60, 3, 6, 6});
        const torch::Tensor labels = images.mean(c10::IntArrayRef{1, 2, 3}).gt(0.5).to(torch::kInt64);
        const TensorFunction raw = [](const torch::Tensor& x) {
            const torch::Tensor level = x.mean(c10::IntArrayRef{1, 2, 3});
            return torch::stack({-level, level}, 1);
        };
        const auto scores = scoreNormalisations(raw, normalisationCandidates(3), images, labels);
        QCOMPARE(scores.size(), normalisationCandidates(3).size());
        QCOMPARE(scores.front().candidate.name, std::string("[-1,1]"));
        QCOMPARE(scores.front().accuracy, 1.0);
        QVERIFY(scores.back().accuracy < 0.9);
        QVERIFY_EXCEPTION_THROWN(
            scoreNormalisations(raw, normalisationCandidates(3), images, labels.narrow(0, 0, 3)), Error);
    }
};

QTEST_GUILESS_MAIN(TestInputProbe)
#include "tst_input_probe.moc"
