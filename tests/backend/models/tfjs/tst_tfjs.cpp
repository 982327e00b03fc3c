#include "backend/models/detection/detector.h"
#include "backend/models/formats/model_format.h"
#include "backend/models/tfjs/tfjs_file.h"
#include "backend/models/tfjs/tfjs_format.h"
#include "backend/models/tfjs/tfjs_graph.h"
#include "backend/protocol/error.h"
#include "float_files.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <fstream>

using namespace assay;
using namespace assay::models;
namespace fs = std::filesystem;

class TestTfjs : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    Json m_index;

    fs::path path(const std::string& name) const { return fs::path(m_folder.path().toStdString()) / name; }

    torch::Tensor floats(const Json& described) const
    {
        return test::readFloats(path(described.at("file").get<std::string>()),
                                described.at("shape").get<std::vector<std::int64_t>>());
    }

    torch::Tensor input(const char* name) const
    {
        return test::readFloats(path(std::string(name) + ".in"),
                                m_index.at(name).at("input").get<std::vector<std::int64_t>>());
    }

    /// A changed copy of classifier.json with the same weights; the sentence that reading it gives.
    QString sentenceFor(const std::function<void(Json&)>& change)
    {
        Json json = Json::parse(std::ifstream(path("classifier.json")));
        change(json);
        return sentenceForText(json.dump());
    }

    QString sentenceForText(const std::string& text)
    {
        std::ofstream(path("changed.json")) << text;
        try {
            tfjs::toGraph(tfjs::readTfjs(path("changed.json")), "changed.json");
        } catch (const Error& error) {
            return QString::fromStdString(error.what());
        }
        return {};
    }

private Q_SLOTS:
    void initTestCase()
    {
        const QString script =
            QStringLiteral(ASSAY_TEST_SOURCE_DIR "/tests/backend/models/tfjs/make_graphs.py");
        QProcess python;
        python.start("/usr/bin/python3", {script, m_folder.path()});
        QVERIFY2(python.waitForFinished(60000) && python.exitCode() == 0,
                 python.readAllStandardError().constData());
        m_index = Json::parse(std::ifstream(path("index.json")));
    }

    void classifierAgreesWithItsDefinition()
    {
        const auto network = tfjs::openTfjs(path("classifier.json"), {});
        const auto outputs = network->run({{"images", input("classifier")}});
        const torch::Tensor expected = floats(m_index.at("classifier").at("outputs").at("probabilities"));
        QVERIFY(test::relativeError(outputs.at("probabilities"), expected) < 1e-5);
    }

    void detectorGivesEveryOutput()
    {
        const auto network = tfjs::openTfjs(path("detector.json"), {});
        const auto outputs = network->run({{"images", input("detector")}});
        for (const auto& [name, described] : m_index.at("detector").at("outputs").items()) {
            const torch::Tensor expected = floats(described);
            QCOMPARE(outputs.at(name).sizes().vec(), expected.sizes().vec());
            const double error = test::relativeError(outputs.at(name), expected);
            QVERIFY2(error < 1e-6, qPrintable(QString::fromStdString(name) + QString::number(error)));
        }
    }

    void logitsComeBeforeTheSoftmax()
    {
        graph::GraphOptions options;
        options.input = {.channels = 3, .height = 9, .width = 11, .mean = {0, 0, 0}, .stddev = {1, 1, 1}};
        const auto network = tfjs::openTfjs(path("classifier.json"), options);
        QVERIFY(network->endsInSoftmax());
        const torch::Tensor x = input("classifier").permute({0, 3, 1, 2}).contiguous();
        const auto rows = m_index.at("classifier").at("logits").get<std::vector<std::vector<double>>>();
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const torch::Tensor found = network->forward(x)[static_cast<std::int64_t>(i)];
            QVERIFY(test::relativeError(found, torch::tensor(rows[i])) < 1e-5);
        }
    }

    void foldingChangesNothing()
    {
        const auto network = tfjs::openTfjs(path("classifier.json"), {});
        const torch::Tensor x = input("classifier").permute({0, 3, 1, 2}).contiguous();
        const torch::Tensor before = network->runRaw(x);
        const auto copy = std::static_pointer_cast<graph::GraphNetwork>(network->copy());
        copy->fold();
        QVERIFY(test::relativeError(copy->runRaw(x), before) < 1e-5);
    }

    void gradientIsThatOfFiniteDifferences()
    {
        const auto network = tfjs::openTfjs(path("classifier.json"), {});
        torch::Tensor x = input("classifier").permute({0, 3, 1, 2}).contiguous().requires_grad_(true);
        const torch::Tensor direction = torch::sin(torch::arange(x.numel())).view(x.sizes());
        const torch::Tensor weights = torch::arange(10).view({2, 5}).to(torch::kFloat32);
        const auto value = [&](const torch::Tensor& at) { return (network->runRaw(at) * weights).sum(); };
        const torch::Tensor gradient = torch::autograd::grad({value(x)}, {x})[0];
        const torch::NoGradGuard off;
        const double h = 1e-3;
        const double slope = (value(x + h * direction) - value(x - h * direction)).item<double>() / (2 * h);
        const double expected = (gradient * direction).sum().item<double>();
        QVERIFY2(std::abs(slope - expected) < 2e-2 * std::max(1.0, std::abs(expected)),
                 qPrintable(QString("%1 %2").arg(slope).arg(expected)));
    }

    void tapsAreNamedAsInTheFile()
    {
        const auto network = tfjs::openTfjs(path("classifier.json"), {});
        const auto taps = network->taps();
        for (const char* name : {"first", "second", "third", "features"})
            QVERIFY2(std::ranges::find(taps, name) != taps.end(), name);
        QCOMPARE(taps.back(), std::string("features"));
    }

    void importFindsOutWhatItTakes()
    {
        const ModelFormat* format = recogniseModel(path("classifier.json"));
        QVERIFY(format);
        QCOMPARE(QString(format->name), "tfjs");
        const ModelImport import = format->inspect(path("classifier.json"), {});
        QCOMPARE(import.card.input.channels, 3);
        QCOMPARE(import.card.input.height, 9);
        QCOMPARE(import.card.input.width, 11);
        QCOMPARE(import.card.classes.size(), std::size_t(5));
        const auto network = format->load(import.card, path("classifier.json"));
        QCOMPARE(network->forward(torch::rand({3, 3, 9, 11})).sizes().vec(),
                 (std::vector<std::int64_t>{3, 5}));
    }

    void detectorByPointsIsImportedWithItsHeatMap()
    {
        const ModelFormat* format = recogniseModel(path("points.json"));
        const ModelImport import = format->inspect(path("points.json"), {});
        QVERIFY2(import.asks.empty(), protocol::toJson(import.findings).dump(1).c_str());
        QVERIFY(import.card.task == Task::Detection);
        QCOMPARE(QString::fromStdString(import.card.output.dump()),
                 QString(R"({"layout":"centernet","heat":"keypoints","size":"wh","stride":4,"unit":1,)"
                         R"("distances":true})"));
        QCOMPARE(import.card.classes.size(), std::size_t(2));
        const Detector detector(
            std::make_shared<const Model>(format->load(import.card, path("points.json")), import.card));
        const torch::Tensor x = input("points").permute({0, 3, 1, 2}).contiguous().requires_grad_(true);
        const Candidates candidates = detector.candidates(x);
        QCOMPARE(candidates.scores.sizes().vec(), (std::vector<std::int64_t>{1, 4 * 6, 2}));
        // Its own answer goes through a choice of places, ours through every cell of the heat map.
        const torch::Tensor gradient = torch::autograd::grad({candidates.scores.sum()}, {x})[0];
        QVERIFY(gradient.ne(0).any().item<bool>());
        const Detections found =
            detector.detect(x.detach(), {.scoreAtLeast = 0, .iouAtMost = 1, .most = 1000}).front();
        const auto best = m_index.at("points").at("best").get<std::vector<std::vector<double>>>();
        std::size_t at = 0;
        for (const std::vector<double>& row : best) {
            QVERIFY(at < found.size());
            const Detection& one = found[at++];
            QVERIFY(std::abs(one.x - row[0]) < 1e-3 && std::abs(one.y - row[1]) < 1e-3);
            QVERIFY(std::abs(one.x + one.width - row[2]) < 1e-3);
            QVERIFY(std::abs(one.y + one.height - row[3]) < 1e-3);
            QVERIFY(std::abs(one.score - row[4]) < 1e-5);
            QCOMPARE(one.category, static_cast<std::int32_t>(row[5]));
        }
        QCOMPARE(at, std::size_t(5));
    }

    void hostileFilesGiveOneSentence()
    {
        const auto weights = [](Json& j) -> Json& { return j["weightsManifest"][0]["weights"]; };
        QVERIFY(sentenceForText("").contains("changed.json"));
        QVERIFY(sentenceForText("{}").contains("'modelTopology' or 'weightsManifest' is missing"));
        QVERIFY(sentenceForText("{\"format\": \"layers-model\"}").contains("layers model"));
        QVERIFY(sentenceForText("{\"modelTopology\": 3, \"weightsManifest\": 4}").contains("TensorFlow.js"));
        QVERIFY(sentenceFor([&](Json& j) {
                    weights(j)[0]["shape"] = {INT64_MAX, INT64_MAX};
                }).contains("impossible shape"));
        QVERIFY(sentenceFor([&](Json& j) { weights(j)[0]["shape"] = {1000000}; }).contains("have"));
        QVERIFY(sentenceFor([&](Json& j) { weights(j)[0]["shape"] = {-1}; }).contains("impossible shape"));
        QVERIFY(sentenceFor([&](Json& j) { weights(j)[0]["dtype"] = "string"; }).contains("not read"));
        QVERIFY(sentenceFor([&](Json& j) { weights(j).erase(0); }).contains("longer than announced"));
        QVERIFY(sentenceFor([](Json& j) {
                    j["weightsManifest"][0]["paths"][0] = "../classifier.bin";
                }).contains("not beside it"));
        QVERIFY(sentenceFor([](Json& j) {
                    j["weightsManifest"][0]["paths"][0] = "absent.bin";
                }).contains("absent.bin"));
        QVERIFY(sentenceFor([](Json& j) {
                    j["modelTopology"]["node"][0]["op"] = "PyFunc";
                }).contains("'PyFunc'"));
        QVERIFY(sentenceFor([](Json& j) { j["modelTopology"]["node"][0]["input"] = {"nowhere"}; }).size() >
                0);
        QVERIFY(sentenceFor([](Json& j) {
                    j["modelTopology"]["library"] = {{"function", {1}}};
                }).contains("control flow"));
    }

    void documentationListsTheOperators()
    {
        std::ifstream input(ASSAY_TEST_SOURCE_DIR "/docs/models.md");
        const std::string text{std::istreambuf_iterator<char>(input), {}};
        const std::string begin = "<!-- TensorFlow operators -->\n";
        const std::size_t first = text.find(begin) + begin.size(), last = text.find("<!-- end -->", first);
        QVERIFY(last != std::string::npos);
        std::string listed = text.substr(first, last - first);
        std::ranges::replace(listed, '\n', ' ');
        std::string expected;
        for (const std::string& name : tfjs::tfjsOperators())
            expected += (expected.empty() ? "" : ", ") + name;
        QCOMPARE(QString::fromStdString(listed), QString::fromStdString(expected + ". "));
    }

    void everyTruncationIsRefused()
    {
        std::ifstream input(path("classifier.json"));
        const std::string text{std::istreambuf_iterator<char>(input), {}};
        for (std::size_t length = 0; length < text.size(); length += 37)
            QVERIFY(!sentenceForText(text.substr(0, length)).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestTfjs)
#include "tst_tfjs.moc"
