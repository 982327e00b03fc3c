#include "exported.h"

#include "backend/models/formats/model_format.h"
#include "backend/models/onnx/onnx_format.h"
#include "backend/protocol/error.h"

#include <QTest>
#include <opencv2/dnn.hpp>

#include <algorithm>
#include <set>
#include <thread>

// Whole networks as torch.onnx writes them, against PyTorch itself and against OpenCV's DNN module on the
// same files.

using namespace assay;
using namespace assay::models;
using namespace assay::tests;

namespace {

/// Rounding of two ways to compute the same in single precision.
bool agree(const torch::Tensor& a, const torch::Tensor& b, double tolerance = 1e-4)
{
    const double scale = std::max(1.0, b.abs().max().item<double>());
    return a.sizes() == b.sizes() && (a - b).abs().max().item<double>() <= tolerance * scale;
}

torch::Tensor openCvOutput(const Exported& model, const torch::Tensor& x)
{
    cv::dnn::Net net = cv::dnn::readNetFromONNX(model.file.string());
    std::vector<int> sizes(x.sizes().begin(), x.sizes().end());
    torch::Tensor pixels = x.contiguous();
    net.setInput(cv::Mat(sizes, CV_32F, pixels.data_ptr()));
    const cv::Mat result = net.forward();
    return torch::from_blob(result.data, {result.size[0], result.size[1]}).clone();
}

} // namespace

class TestOnnxModels : public QObject
{
    Q_OBJECT

    std::unique_ptr<ExportedModels> m_models;

private Q_SLOTS:
    void initTestCase()
    {
        at::set_num_threads(1);
        m_models = std::make_unique<ExportedModels>();
        QVERIFY2(m_models->failure().empty(), m_models->failure().c_str());
        QCOMPARE(m_models->all().size(), std::size_t(22));
    }

    void outputsAndGradientsAreThoseOfPyTorch_data()
    {
        QTest::addColumn<QString>("name");
        for (const Exported& model : m_models->all()) {
            if (model.name != "probabilities" && !model.name.starts_with("fixed"))
                QTest::newRow(model.name.c_str()) << QString::fromStdString(model.name);
        }
    }

    void outputsAndGradientsAreThoseOfPyTorch()
    {
        QFETCH(QString, name);
        const Exported& model = m_models->named(name.toStdString());
        const auto network = networkOf(model.file);
        QVERIFY(agree(network->forward(model.input), model.output));
        QVERIFY(agree(pixelGradient(*network, model.input), model.gradient));
        // One image at a time gives the same.
        QVERIFY(agree(network->forward(model.input.narrow(0, 1, 1)), model.output.narrow(0, 1, 1)));
        const auto folded = network->copy();
        folded->fold();
        QVERIFY(agree(folded->forward(model.input), model.output));
        QVERIFY(agree(pixelGradient(*folded, model.input), model.gradient));
    }

    void outputsAreThoseOfOpenCv()
    {
        std::set<std::string> unreadable;
        int compared = 0;
        for (const Exported& model : m_models->all()) {
            // A file for one image is given one.
            const std::int64_t images = model.name.starts_with("fixed") ? 1 : model.input.size(0);
            const torch::Tensor x = model.input.narrow(0, 0, images);
            torch::Tensor theirs;
            try {
                theirs = openCvOutput(model, x);
            } catch (const cv::Exception& error) {
                qInfo("%s: %s", model.name.c_str(), error.err.substr(0, 300).c_str());
                unreadable.insert(model.name);
                continue;
            }
            const torch::Tensor ours = networkOf(model.file)->run({{"image", x}}).at("logits");
            QVERIFY2(agree(ours, theirs), model.name.c_str());
            ++compared;
        }
        // Clip with bounds as inputs and products of constants of two shapes are what OpenCV 4.6 cannot read.
        const std::set<std::string> known = {"activations11", "activations13", "activations17", "fixed",
                                             "mobilenet11",   "mobilenet13",   "mobilenet17",   "vit9",
                                             "vit11",         "vit13",         "vit17"};
        for (const std::string& name : unreadable)
            QVERIFY2(known.contains(name), name.c_str());
        QVERIFY(compared >= 9);
    }

    void foldingLeavesNoNormAndChangesNoDigitThatMatters()
    {
        for (const char* name : {"resnet13", "mobilenet13", "activations13"}) {
            const Exported& model = m_models->named(name);
            const auto network = networkOf(model.file);
            const auto copy = std::dynamic_pointer_cast<graph::GraphNetwork>(network->copy());
            copy->fold();
            const auto norms = [](const graph::GraphNetwork& net) {
                const auto& nodes = net.graph().nodes;
                return std::count_if(nodes.begin(), nodes.end(),
                                     [](const auto& node) { return node.op == "onnx.BatchNormalization"; });
            };
            QVERIFY(norms(*network) > 0);
            QCOMPARE(norms(*copy), 0);
            // In double precision nothing of the difference is rounding of the computation itself.
            QVERIFY(agree(copy->forward(model.input), network->forward(model.input), 2e-5));
            // The original kept its weights.
            QVERIFY(agree(network->forward(model.input), model.output));
        }
    }

    void tapsAreTheSameFoldedAndNot()
    {
        for (const char* name : {"resnet13", "vit13", "cnn9"}) {
            const Exported& model = m_models->named(name);
            const auto network = networkOf(model.file);
            const auto folded = network->copy();
            folded->fold();
            std::vector<std::string> seen;
            NamedTensors values;
            const TapSink plain = [&](const std::string& tap, const torch::Tensor& value) {
                seen.push_back(tap);
                values.emplace_back(tap, value);
            };
            const torch::Tensor logits = network->forward(model.input, &plain);
            QVERIFY(agree(logits, model.output));
            QVERIFY(seen == network->taps());
            QVERIFY(seen.size() > 5);
            std::size_t next = 0;
            const TapSink again = [&](const std::string& tap, const torch::Tensor& value) {
                QCOMPARE(tap, values.at(next).first);
                QVERIFY(agree(value, values.at(next++).second));
            };
            folded->forward(model.input, &again);
            QCOMPARE(next, values.size());
            // The last tap is what the last layer multiplies: logits follow from it.
            const torch::Tensor features = values.back().second;
            QCOMPARE(features.dim(), std::int64_t(2));
            torch::Tensor weight, bias;
            for (const auto& [key, value] : network->persistent()) {
                if (key == "fc.weight" || key == "head.weight")
                    weight = value;
                if (key == "fc.bias" || key == "head.bias")
                    bias = value;
            }
            QVERIFY(agree(torch::linear(features, weight, bias), model.output));
        }
    }

    void weightsAreNamedAndEditedInCopies()
    {
        const Exported& model = m_models->named("cnn13");
        const auto network = networkOf(model.file);
        std::set<std::string> names;
        for (const auto& [name, tensor] : network->persistent())
            names.insert(name);
        QCOMPARE(names.size(), std::size_t(3 * 5 + 2));
        QVERIFY(names.contains("conv2.weight") && names.contains("bn3.running_var") &&
                names.contains("fc.bias"));
        const auto edited = network->copy();
        for (auto& [name, tensor] : edited->persistent()) {
            if (name == "fc.bias")
                tensor.add_(1);
        }
        QVERIFY(agree(edited->forward(model.input), model.output + 1));
        QVERIFY(agree(network->forward(model.input), model.output));
        edited->fold();
        QVERIFY(agree(edited->forward(model.input), model.output + 1));
    }

    void aFixedBatchIsRunImageByImage()
    {
        const Exported& vit = m_models->named("fixed");
        const auto network = networkOf(vit.file, 3, 1);
        std::vector<std::int64_t> images;
        const TapSink sink = [&](const std::string&, const torch::Tensor& value) {
            images.push_back(value.size(0));
        };
        QVERIFY(agree(network->forward(vit.input, &sink), vit.output));
        QCOMPARE(images.back(), vit.input.size(0));
        QVERIFY(agree(pixelGradient(*network, vit.input), vit.gradient));
    }

    void severalThreadsAgree()
    {
        const Exported& model = m_models->named("resnet13");
        const auto network = networkOf(model.file);
        std::vector<torch::Tensor> gradients(4);
        std::vector<std::thread> threads;
        for (torch::Tensor& gradient : gradients)
            threads.emplace_back([&] {
                at::set_num_threads(1);
                gradient = pixelGradient(*network, model.input);
            });
        for (std::thread& thread : threads)
            thread.join();
        for (const torch::Tensor& gradient : gradients)
            QVERIFY(agree(gradient, model.gradient));
    }

    void importFindsTheInput()
    {
        const Exported& model = m_models->named("resnet13");
        const ModelFormat* format = recogniseModel(model.file);
        QCOMPARE(format, &kOnnxFormat);
        const ModelImport import = format->inspect(model.file, {});
        QCOMPARE(import.card.format, std::string("onnx"));
        QCOMPARE(import.card.input.channels, std::int64_t(3));
        QCOMPARE(import.card.input.height, std::int64_t(64));
        QCOMPARE(import.card.input.width, std::int64_t(64));
        QCOMPARE(import.card.classes.size(), std::size_t(20));
        QCOMPARE(import.details["opset"].get<int>(), 13);
        QVERIFY(import.card.parameters > 11'000'000);
        const auto network = format->load(import.card, model.file);
        QCOMPARE(network->forward(model.input).size(1), std::int64_t(20));

        const Exported& fixed = m_models->named("fixed");
        QCOMPARE(kOnnxFormat.inspect(fixed.file, {}).card.options["batch"].get<int>(), 1);
        // A plain network written down for one image takes any number: nobody need wait for it.
        const Exported& cnn = m_models->named("fixedcnn");
        QVERIFY(!kOnnxFormat.inspect(cnn.file, {}).card.options.contains("batch"));
        QVERIFY(agree(networkOf(cnn.file)->forward(cnn.input), cnn.output));
    }

    void normalisationOfTheCardIsApplied()
    {
        const Exported& model = m_models->named("cnn13");
        ModelCard card = kOnnxFormat.inspect(model.file, {}).card;
        card.input.mean = {0.5, 0.4, 0.3};
        card.input.stddev = {0.2, 0.25, 0.3};
        card.input.bgr = true;
        const auto network = kOnnxFormat.load(card, model.file);
        const auto column = [](std::initializer_list<double> values) {
            return torch::tensor(std::vector<float>(values.begin(), values.end())).view({1, 3, 1, 1});
        };
        const torch::Tensor pixels =
            (model.input * column({0.2, 0.25, 0.3}) + column({0.5, 0.4, 0.3})).flip(1);
        QVERIFY(agree(network->forward(pixels), model.output));
    }

    void aSoftmaxAtTheEndIsTakenOff()
    {
        const Exported& model = m_models->named("probabilities");
        const auto network = networkOf(model.file);
        QVERIFY(network->endsInSoftmax());
        const torch::Tensor logits = network->forward(model.input);
        QVERIFY(agree(logits.softmax(1), model.output));
        QVERIFY(!agree(logits, model.output, 0.1));
        const ModelImport import = kOnnxFormat.inspect(model.file, {});
        QVERIFY(!import.card.options.contains("probabilities"));
        QVERIFY(std::any_of(import.findings.begin(), import.findings.end(), [](const auto& finding) {
            return finding.text == "the network ends in a softmax; what goes into it is taken as logits.";
        }));
        const auto named = network->run({{"image", model.input}});
        QCOMPARE(named.size(), std::size_t(1));
        QVERIFY(agree(named.at("logits"), model.output));
        QVERIFY_EXCEPTION_THROWN(network->run({{"picture", model.input}}), Error);
    }
};

QTEST_GUILESS_MAIN(TestOnnxModels)
#include "tst_onnx_models.moc"
