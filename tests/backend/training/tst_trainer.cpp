#include "backend/data/catalogue.h"
#include "backend/models/architectures/architectures.h"
#include "backend/models/initialise.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "backend/training/sgd.h"
#include "backend/training/trainer.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <QTemporaryDir>
#include <QTest>
#include <torch/nn.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <fstream>

using namespace assay;
using namespace assay::training;

namespace {

using models::Network;

std::shared_ptr<Network> network(const char* architecture = "small_cnn")
{
    const Json options =
        std::string(architecture) == "small_cnn" ? Json{{"widths", {4, 6, 8}}} : Json{{"widths", {16}}};
    return models::makeNetwork(architecture, options,
                               {.channels = 1, .height = 28, .width = 28, .mean = {0.286}, .stddev = {0.353}},
                               10);
}

bool sameWeights(const Network& a, const Network& b)
{
    const auto first = a.persistent();
    const auto second = b.persistent();
    for (std::size_t i = 0; i < first.size(); ++i) {
        if (!torch::equal(first[i].second, second[i].second))
            return false;
    }
    return first.size() == second.size();
}

template <class Call>
QString sentenceOf(Call call)
{
    try {
        call();
    } catch (const Error& error) {
        return QString::fromStdString(error.what());
    }
    return {};
}

} // namespace

class TestTrainer : public QObject
{
    Q_OBJECT

    torch::Tensor m_images;
    torch::Tensor m_labels;
    QTemporaryDir m_dir;

    std::filesystem::path resumeFile() const
    {
        return std::filesystem::path(m_dir.path().toStdString()) / "r.resume";
    }

private Q_SLOTS:
    void aLossOfOnesOwnTakesThePlaceOfCrossEntropy()
    {
        const torch::Tensor x = torch::rand({30, 1, 28, 28}, at::detail::createCPUGenerator(1));
        const torch::Tensor y = torch::arange(30, torch::kInt64).remainder(10);
        const TrainSpec spec{.epochs = 2, .batch = 10, .shift = 1};
        const auto usual = network(), own = network(), twice = network();
        trainNetwork(*usual, x, y, spec);
        std::int64_t images = 0;
        const auto loss = [&](double factor) -> BatchLoss {
            return [&, factor](const torch::Tensor& batch, const torch::Tensor& logits,
                               const torch::Tensor& labels) {
                images += batch.size(0);
                return factor * torch::nn::functional::cross_entropy(logits, labels);
            };
        };
        trainNetwork(*own, x, y, spec, {.loss = loss(1)});
        QVERIFY(sameWeights(*usual, *own));
        QCOMPARE(images, 60);
        trainNetwork(*twice, x, y, spec, {.loss = loss(2)});
        QVERIFY(!sameWeights(*usual, *twice));
    }

    void initTestCase()
    {
        const auto set = data::DatasetCatalogue().open("fashion-mnist");
        m_images = set->pixels(data::Split::Train).narrow(0, 0, 1000).clone();
        m_labels = set->labels(data::Split::Train).narrow(0, 0, 1000).clone();
    }

    void learns()
    {
        const auto net = network();
        const TrainSpec spec = {.epochs = 4, .batch = 50};
        const int threads = at::get_num_threads();
        const auto reports = trainNetwork(*net, m_images, m_labels, spec);
        QCOMPARE(at::get_num_threads(), threads);
        QCOMPARE(reports.size(), 4u);
        QCOMPARE(reports[3].epoch, 4);
        QVERIFY(reports[3].loss < reports[0].loss);
        QVERIFY(reports[3].trainAccuracy > 0.75);
        QVERIFY(!net->is_training());
        models::ModelCard card;
        card.classes.resize(10);
        const models::Model model(net, card);
        QVERIFY(models::accuracy(model, m_images, m_labels) > 0.75);
    }

    void sameSeedsSameDigits()
    {
        const TrainSpec spec = {.epochs = 2, .batch = 64, .flip = true, .shift = 2, .trainCount = 300};
        const auto first = network();
        torch::manual_seed(1); // the global generator must not matter
        trainNetwork(*first, m_images, m_labels, spec);
        const auto second = network();
        torch::manual_seed(2);
        const torch::Tensor before = at::detail::getDefaultCPUGenerator().get_state();
        trainNetwork(*second, m_images, m_labels, spec);
        QVERIFY(torch::equal(at::detail::getDefaultCPUGenerator().get_state(), before));
        QVERIFY(sameWeights(*first, *second));

        TrainSpec other = spec;
        other.orderSeed = 9;
        const auto third = network();
        trainNetwork(*third, m_images, m_labels, other);
        QVERIFY(!sameWeights(*first, *third));
    }

    void bytesAndFloatsAreTheSameImages()
    {
        const TrainSpec spec = {.epochs = 1, .trainCount = 200};
        const auto bytes = network();
        trainNetwork(*bytes, m_images, m_labels, spec);
        const auto floats = network();
        trainNetwork(*floats, m_images.to(torch::kFloat32).div_(255), m_labels, spec);
        QVERIFY(sameWeights(*bytes, *floats));
    }

    void resumingGivesTheSameDigits_data()
    {
        QTest::addColumn<int>("optimiser");
        QTest::newRow("sgd") << static_cast<int>(Optimiser::Sgd);
        QTest::newRow("adam") << static_cast<int>(Optimiser::Adam);
    }
    void resumingGivesTheSameDigits()
    {
        QFETCH(int, optimiser);
        const TrainSpec spec = {.epochs = 4,
                                .batch = 64,
                                .learningRate = 0.003,
                                .schedule = Schedule::Cosine,
                                .flip = true,
                                .trainCount = 300,
                                .optimiser = static_cast<Optimiser>(optimiser)};
        const auto whole = network();
        const auto all = trainNetwork(*whole, m_images, m_labels, spec);

        const auto part = network();
        TrainHooks hooks;
        hooks.resumeFile = resumeFile();
        int batches = 0;
        hooks.checkpoint = [&] {
            if (++batches == 13) // in the third epoch of five batches
                throw Cancelled();
        };
        bool cancelled = false;
        try {
            trainNetwork(*part, m_images, m_labels, spec, hooks);
        } catch (const Cancelled&) {
            cancelled = true;
        }
        QVERIFY(cancelled);
        QVERIFY(std::filesystem::exists(hooks.resumeFile));

        const auto fresh = network();
        hooks.checkpoint = {};
        const auto rest = trainNetwork(*fresh, m_images, m_labels, spec, hooks);
        QCOMPARE(rest.size(), 2u);
        QCOMPARE(rest[1].loss, all[3].loss);
        QVERIFY(sameWeights(*fresh, *whole));
        QVERIFY(!std::filesystem::exists(hooks.resumeFile)); // removed by success
    }

    void resumeFileOfAnotherTraining()
    {
        TrainHooks hooks;
        hooks.resumeFile = resumeFile();
        int epochs = 0;
        hooks.afterEpoch = [&](int, const Network&) { ++epochs; };
        hooks.checkpoint = [&] {
            if (epochs == 2)
                throw Cancelled();
        };
        const TrainSpec spec = {.epochs = 5, .trainCount = 100};
        try {
            trainNetwork(*network("mlp"), m_images, m_labels, spec, hooks);
        } catch (const Cancelled&) {
        }
        hooks.checkpoint = {};
        const QString where =
            QString::fromStdString(resumeFile().string()) + ": belongs to a training with another ";
        const QString mend = ". Delete the file to train from the beginning.";
        TrainSpec other = spec;
        other.learningRate = 0.04;
        QCOMPARE(sentenceOf([&] { trainNetwork(*network("mlp"), m_images, m_labels, other, hooks); }),
                 where + "recipe" + mend);
        QCOMPARE(sentenceOf([&] { trainNetwork(*network("mlp"), m_images, m_labels.flip(0), spec, hooks); }),
                 where + "training set" + mend);
        QCOMPARE(sentenceOf([&] { trainNetwork(*network(), m_images, m_labels, spec, hooks); }),
                 where + "network" + mend);
        std::ofstream(resumeFile()) << "torn";
        QVERIFY(sentenceOf([&] {
                    trainNetwork(*network("mlp"), m_images, m_labels, spec, hooks);
                }).contains("too short"));
        std::filesystem::remove(resumeFile());
    }

    void continuesFromGivenWeights()
    {
        const auto net = network("mlp");
        trainNetwork(*net, m_images, m_labels, {.epochs = 3});
        const auto before = net->copy();
        TrainSpec spec = {.epochs = 1, .learningRate = 1e-9};
        spec.initialise = false;
        trainNetwork(*net, m_images, m_labels, spec);
        const auto a = before->persistent();
        const auto b = net->persistent();
        for (std::size_t i = 0; i < a.size(); ++i)
            QVERIFY(torch::allclose(a[i].second, b[i].second, 0, 1e-5));
    }

    void hooksSeeTheWholeRun()
    {
        TrainHooks hooks;
        std::int64_t done = 0;
        std::vector<int> order;
        hooks.progress = [&](std::int64_t now, std::int64_t total) {
            QCOMPARE(total, 500);
            QVERIFY(now > done);
            done = now;
        };
        hooks.epoch = [&](const EpochReport& report) { order.push_back(report.epoch); };
        hooks.afterEpoch = [&](int epoch, const Network& net) {
            QVERIFY(!net.is_training());
            order.push_back(-epoch);
        };
        trainNetwork(*network("mlp"), m_images, m_labels, {.epochs = 2, .batch = 64, .trainCount = 250},
                     hooks);
        QCOMPARE(done, 500);
        QCOMPARE(order, (std::vector<int>{1, -1, 2, -2}));
    }

    /// Two steps by hand: m1 = g, w1 = w - lr g; m2 = mu g + g', with decay on the matrix only.
    void momentumByHand()
    {
        const torch::Tensor matrix = torch::tensor({2.0f}).view({1, 1});
        const torch::Tensor vector = torch::tensor({2.0f});
        Sgd sgd({matrix, vector}, 0.5, 0.1);
        const auto step = [&] { sgd.step({torch::ones({1, 1}), torch::ones({1})}, 0.1); };
        step();
        // matrix: m = 1 + 0.1 * 2 = 1.2; vector: m = 1
        QCOMPARE(matrix.item<float>(), 2.0f - 0.12f);
        QCOMPARE(vector.item<float>(), 1.9f);
        step();
        // matrix: m = 0.5 * 1.2 + 1 + 0.1 * 1.88 = 1.788; vector: m = 1.5
        QCOMPARE(matrix.item<float>(), 1.88f - 0.1788f);
        QCOMPARE(vector.item<float>(), 1.75f);
    }

    void divergenceIsSaid()
    {
        const QString sentence = sentenceOf([&] {
            trainNetwork(*network("mlp"), m_images, m_labels,
                         {.epochs = 3, .learningRate = 100, .momentum = 0.99});
        });
        QVERIFY2(sentence.startsWith("training: the loss is no longer finite after epoch "),
                 qPrintable(sentence));
        QVERIFY(sentence.endsWith("Lower the learning rate."));
    }

    void specsAreChecked()
    {
        const TrainSpec spec = {
            .epochs = 3, .labelSmoothing = 0.1, .schedule = Schedule::Cosine, .shift = 1, .orderSeed = ~0ull};
        QVERIFY(trainSpecFromJson(toJson(spec), "r") == spec);
        QVERIFY(trainSpecFromJson(Json::object(), "r") == TrainSpec());
        const auto with = [&](const char* text) {
            return sentenceOf([&] { trainSpecFromJson(Json::parse(text), "r.json"); });
        };
        QCOMPARE(with("[]"), "r.json: a training recipe must be a JSON object.");
        QCOMPARE(with(R"({"epoch": 3})"), "r.json: a training recipe has no field 'epoch'.");
        QCOMPARE(with(R"({"epochs": 0})"), "r.json: 'epochs' is 0.0; it must be from 1 to 10000.");
        QCOMPARE(with(R"({"epochs": 1.5})"), "r.json: 'epochs' is 1.5; it must be an integer.");
        QCOMPARE(with(R"({"momentum": 1})"), "r.json: 'momentum' is 1.0; it must be in [0, 1).");
        QCOMPARE(with(R"({"schedule": "step"})"),
                 "r.json: 'schedule' is \"step\"; it must be \"linear\" or \"cosine\".");
        QCOMPARE(with(R"({"init_seed": -1})"), "r.json: 'init_seed' is -1; it must be an integer.");
        QVERIFY(sentenceOf([&] {
                    trainNetwork(*network("mlp"), m_images, m_labels.narrow(0, 0, 3), {});
                }).startsWith("a training set needs images"));
    }
};

QTEST_GUILESS_MAIN(TestTrainer)
#include "tst_trainer.moc"
