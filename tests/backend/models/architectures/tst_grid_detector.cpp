#include "backend/models/architectures/grid_detector.h"
#include "backend/models/detection/detector.h"
#include "backend/models/initialise.h"
#include "backend/models/model_file.h"
#include "backend/protocol/error.h"
#include "tests/backend/models/seeded_network.h"

#include <QTemporaryDir>
#include <QTest>
#include <torch/autograd.h>
#include <torch/types.h>

#include <algorithm>
#include <functional>

using namespace assay;
using namespace assay::models;

namespace {

const InputSpec kScene = {.channels = 1, .height = 96, .width = 64, .mean = {0.25}, .stddev = {0.25}};

ModelCard gridCardOf(std::int64_t classes)
{
    ModelCard card;
    card.name = "grid";
    card.architecture = "grid-detector";
    card.input = kScene;
    for (std::int64_t k = 0; k < classes; ++k)
        card.classes.push_back("class" + std::to_string(k));
    card.task = Task::Detection;
    card.output = gridOutput();
    return card;
}

QString gridSentence(const std::function<void()>& call)
{
    try {
        call();
    } catch (const Error& error) {
        return QString::fromStdString(error.what());
    }
    return {};
}

} // namespace

class TestGridDetector : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// Convolutions 1-16-32-64-64-64 without bias, two numbers of batch norm a channel, and the head.
    void parametersByHand()
    {
        const std::int64_t convolutions = 9 * (1 * 16 + 16 * 32 + 32 * 64 + 64 * 64 + 64 * 64);
        const std::int64_t norms = 2 * (16 + 32 + 64 + 64 + 64);
        QCOMPARE(parameterCount(*makeNetwork("grid-detector", {}, kScene, 2)),
                 convolutions + norms + 10 * 64 + 10);
    }

    void answersOneCellForEightPixels()
    {
        const auto network = test::seededNetwork("grid-detector", kScene, {}, 2);
        const torch::NoGradGuard off;
        QCOMPARE(network->forward(torch::rand({3, 1, 96, 64})).sizes(), (torch::IntArrayRef{3, 10, 12, 8}));
        // Another size than the card's too: there is no linear layer.
        QCOMPARE(network->forward(torch::rand({1, 1, 40, 120})).sizes(), (torch::IntArrayRef{1, 10, 5, 15}));
    }

    void foldingIsExactAndGradientsReachTheInput()
    {
        const auto network = test::seededNetwork("grid-detector", kScene, {}, 2);
        const torch::Tensor x = torch::rand({2, 1, 96, 64}, at::detail::createCPUGenerator(3));
        torch::Tensor plain;
        {
            const torch::NoGradGuard off;
            plain = network->forward(x);
        }
        QVERIFY(plain.std().item<double>() > 1e-3);
        const Model model(network, gridCardOf(2));
        const torch::Tensor leaf = x.clone().requires_grad_(true);
        const torch::Tensor raw = model.raw(leaf);
        QVERIFY(torch::allclose(raw.detach(), plain, 1e-4, 1e-4));
        const torch::Tensor gradient = torch::autograd::grad({raw.sum()}, {leaf})[0];
        QVERIFY(gradient.abs().max().item<double>() > 0);
        QVERIFY(gridSentence([&] { model.logits(x); }).contains("finds objects"));
    }

    /// The cell that sees a bright square answers for it: rows and columns are not exchanged.
    void cellsLieWhereTheirPixelsAre()
    {
        const auto network = test::seededNetwork("grid-detector", kScene, {{"widths", {2, 2, 2}}}, 1);
        const torch::NoGradGuard off;
        torch::Tensor x = torch::zeros({1, 1, 96, 64});
        const torch::Tensor before = network->forward(x).clone();
        x.narrow(2, 80, 8).narrow(3, 16, 8).fill_(1); // cell of row 10, column 2
        const torch::Tensor changed =
            (network->forward(x) - before).abs().sum(torch::IntArrayRef{0, 1}) > 1e-6;
        QVERIFY(changed[10][2].item<bool>());
        QVERIFY(!changed[2][5].item<bool>() && !changed[10][6].item<bool>() && !changed[4][2].item<bool>());
    }

    void fileBringsTheSameDetectorBack()
    {
        const QTemporaryDir dir;
        const std::filesystem::path folder = dir.path().toStdString();
        const auto network = test::seededNetwork("grid-detector", kScene, {}, 1);
        const ModelCard saved = saveModel(folder, *network, gridCardOf(1));
        const auto model = loadModel(folder / "grid.safetensors", torch::kCPU);
        QVERIFY(model->detects());
        QCOMPARE(model->card().output.dump(), saved.output.dump());
        const torch::Tensor x = torch::rand({2, 1, 96, 64});
        QVERIFY(torch::allclose(model->raw(x), Model(network, saved).raw(x)));
        QCOMPARE(Detector(model).candidates(x).boxes.sizes(), (torch::IntArrayRef{2, 12 * 8, 4}));
    }

    void priorIsTheFirstAnswer()
    {
        const auto network = makeNetwork("grid-detector", {}, kScene, 2);
        initialise(*network, at::detail::createCPUGenerator(1));
        setObjectPrior(*network, 0.01);
        const torch::NoGradGuard off;
        network->eval();
        for (auto& item : network->named_parameters()) {
            if (item.key() == "head.weight")
                item.value().zero_();
        }
        const torch::Tensor raw = network->forward(torch::rand({1, 1, 96, 64}));
        for (const int channel : {0, 5})
            QVERIFY(torch::allclose(raw[0][channel].sigmoid(), torch::full({12, 8}, 0.01)));
        QVERIFY(torch::allclose(raw[0][1], torch::zeros({12, 8})));
    }

    /// A change of a map reaches what comes after it, in copies and folded ones too, and can be taken out.
    void mapsCanBeChanged()
    {
        const auto network = test::seededNetwork("grid-detector", kScene, {}, 1);
        const torch::NoGradGuard off;
        const torch::Tensor x = torch::rand({2, 1, 96, 64});
        const torch::Tensor before = network->forward(x);
        setMapChanges(*network, {{"block3", [](const torch::Tensor& map) { return map.flip(1); }}});
        torch::Tensor second, third;
        const TapSink sink = [&](const std::string& name, const torch::Tensor& map) {
            if (name == "block2")
                second = map;
            if (name == "block3")
                third = map;
        };
        const torch::Tensor changed = network->forward(x, &sink);
        QVERIFY(!torch::allclose(changed, before, 1e-3, 1e-3));
        QVERIFY(torch::allclose(network->copy()->forward(x), changed));
        QVERIFY(torch::allclose(Model(network->copy(), gridCardOf(1)).raw(x), changed, 1e-4, 1e-4));
        const torch::Tensor secondThen = second.clone(), thirdThen = third.clone();
        setMapChanges(*network, {});
        QVERIFY(torch::equal(network->forward(x, &sink), before));
        QVERIFY(torch::equal(second, secondThen));
        QVERIFY(torch::equal(third.flip(1), thirdThen));
    }

    void wrongUseIsASentence()
    {
        QCOMPARE(gridSentence([] { makeNetwork("grid-detector", {}, kScene, 0); }),
                 "a detector of 0 classes cannot be made; 1 to 100000 are allowed.");
        QCOMPARE(gridSentence([] {
                     makeNetwork("grid-detector", {{"depth", 2}}, kScene, 1);
                 }),
                 "grid-detector: has no option 'depth'. Known options: widths.");
        InputSpec odd = kScene;
        odd.width = 60;
        QCOMPARE(gridSentence([&] { makeNetwork("grid-detector", {}, odd, 1); }),
                 "an input of 96 x 60 does not fill cells of 8 pixels; sides must be multiples of 8.");
        QCOMPARE(gridSentence([] { setObjectPrior(*makeNetwork("mlp", {}, kScene, 10), 0.5); }),
                 "the network is no grid detector. Train one of the architecture 'grid-detector'.");
        QCOMPARE(gridSentence([] {
                     setMapChanges(*makeNetwork("grid-detector", {}, kScene, 1), {{"block6", {}}});
                 }),
                 "the network has no map 'block6' that could be changed.");
        QVERIFY(std::ranges::find(architectureNames(), "grid-detector") == architectureNames().end());
    }
};

QTEST_GUILESS_MAIN(TestGridDetector)
#include "tst_grid_detector.moc"
