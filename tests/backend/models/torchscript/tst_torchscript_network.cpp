#include "backend/models/torchscript/torchscript_network.h"
#include "backend/protocol/error.h"
#include "tests/backend/models/torchscript/scripts.h"

#include <QTest>
#include <torch/autograd.h>
#include <torch/types.h>

#include <atomic>
#include <map>
#include <thread>

using namespace assay;
using namespace assay::models;

namespace {

using Level = protocol::Finding::Level;

/// Values of these networks are about 1; what is left is float32 rounding.
constexpr double kRounding = 1e-5;

} // namespace

class TestTorchScriptNetwork : public QObject
{
    Q_OBJECT

private:
    Scripts m_scripts;
    std::map<std::string, ModelImport> m_imports;

    /// Each file is inspected once: finding out about a deep network takes seconds.
    const ModelImport& imported(const std::string& name)
    {
        const auto known = m_imports.find(name);
        if (known != m_imports.end())
            return known->second;
        ModelCorrections corrections;
        if (name.starts_with("resnet")) // takes any size: the one PyTorch was given
            corrections.height = corrections.width = 64;
        if (name == "bytes")
            corrections.scale = 1; // what the probe finds is 255, but PyTorch was given 0 .. 1
        if (name == "answers")
            corrections.options = Json{{"output", "logits"}};
        return m_imports.emplace(name, inspectScript(m_scripts.file(name), corrections)).first->second;
    }
    std::shared_ptr<Network> opened(const std::string& name) { return openNetwork(imported(name)); }

    /// Answers, and gradients in the pixels, against PyTorch's own.
    void compare(Network& network, const std::map<std::string, torch::Tensor>& reference)
    {
        const torch::Tensor x = reference.at("x").clone().requires_grad_(true);
        const torch::Tensor output = network.forward(x);
        QVERIFY(largestDifference(output, reference.at("output")) < kRounding);
        const auto gradient = torch::autograd::grad({(output * reference.at("weights")).sum()}, {x});
        const double size = reference.at("gradient").abs().max().item<double>();
        QVERIFY(size > 0);
        QVERIFY(largestDifference(gradient[0], reference.at("gradient")) < kRounding * (1 + size));
    }

private Q_SLOTS:
    void initTestCase()
    {
        const QString failure = m_scripts.make();
        QVERIFY2(failure.isEmpty(), qPrintable(failure));
    }

    void answersLikePyTorch_data()
    {
        QTest::addColumn<std::string>("name");
        for (const char* name :
             {"small_traced", "small_scripted", "small_frozen", "resnet_traced", "resnet_scripted",
              "normalising", "bytes", "softmax", "pair", "answers", "control"})
            QTest::newRow(name) << std::string(name);
    }

    void answersLikePyTorch()
    {
        QFETCH(const std::string, name);
        const auto reference = m_scripts.reference(name);
        const ModelImport& import = imported(name);
        QVERIFY2(import.asks.empty(), shown(import.findings));
        const auto network = std::dynamic_pointer_cast<TorchScriptNetwork>(openNetwork(import));
        compare(*network, reference);
        network->fold();
        QVERIFY(network->folded());
        compare(*network, reference);
    }

    void tapsLikePyTorch_data()
    {
        QTest::addColumn<QStringList>("names");
        const QStringList resnet = {"relu", "layer1.0.relu", "layer1.0", "layer1", "layer4", "avgpool"};
        QTest::newRow("small_traced") << QStringList{"pool", "pool_2"};
        QTest::newRow("small_scripted") << QStringList{"pool", "pool_2"};
        QTest::newRow("resnet_traced") << resnet;
        QTest::newRow("resnet_scripted") << resnet;
    }

    void tapsLikePyTorch()
    {
        QFETCH(const QStringList, names);
        const std::string file = QTest::currentDataTag();
        const auto reference = m_scripts.reference(file);
        const auto network = opened(file);
        for (const bool folded : {false, true}) {
            if (folded)
                network->fold();
            std::vector<std::string> order;
            std::map<std::string, torch::Tensor> values;
            const TapSink sink = [&](const std::string& name, const torch::Tensor& value) {
                order.push_back(name);
                values[name] = value;
            };
            const torch::Tensor output = network->forward(reference.at("x"), &sink);
            QVERIFY(largestDifference(output, reference.at("output")) < kRounding);
            QVERIFY(order == network->taps());
            for (const QString& name : names) {
                const std::string key = name.toStdString();
                QVERIFY2(values.contains(key), qPrintable(name));
                QVERIFY2(largestDifference(values[key], reference.at("tap:" + key)) < kRounding,
                         qPrintable(name));
            }
            // The last are what the last layer is given: a row for each image.
            QCOMPARE(values[order.back()].dim(), 2);
            QVERIFY(order.size() == values.size());
        }
    }

    void tapsAreDifferentiable()
    {
        const auto reference = m_scripts.reference("resnet_traced");
        const auto network = opened("resnet_traced");
        network->fold();
        const torch::Tensor x = reference.at("x").clone().requires_grad_(true);
        torch::Tensor middle;
        const TapSink sink = [&](const std::string& name, const torch::Tensor& value) {
            if (name == "layer1")
                middle = value;
        };
        network->forward(x, &sink);
        const auto gradient = torch::autograd::grad({middle.square().sum()}, {x});
        QVERIFY(gradient[0].ne(0).any().item<bool>());
    }

    void weightsHaveTheirNames()
    {
        const auto network = opened("resnet_scripted");
        std::vector<std::string> names;
        for (const auto& [name, tensor] : network->persistent())
            names.push_back(name);
        QCOMPARE(names[0], std::string("conv1.weight"));
        QCOMPARE(names[1], std::string("bn1.weight"));
        QCOMPARE(names[4], std::string("bn1.running_var"));
        QCOMPARE(names.back(), std::string("fc.bias"));
        // 62 parameters and the two statistics of 20 norms.
        QCOMPARE(names.size(), std::size_t(102));
    }

    void editingACopyChangesOnlyTheCopy()
    {
        const ModelImport& import = imported("small_traced");
        const auto reference = m_scripts.reference("small_traced");
        const Model model(openNetwork(import), import.card);
        const std::shared_ptr<Network> copy = model.cloneNetwork();
        compare(*copy, reference);
        for (auto& [name, tensor] : copy->persistent()) {
            if (name == "fc.bias")
                tensor.add_(1.0);
            if (name == "conv1.weight")
                tensor.mul_(0.5);
        }
        const torch::Tensor x = reference.at("x");
        QVERIFY(largestDifference(copy->forward(x), reference.at("output")) > 0.1);
        QVERIFY(largestDifference(model.logits(x), reference.at("output")) < kRounding);
        // A copy of the edited network has the edits, folded or not.
        const auto again = copy->copy();
        QVERIFY(largestDifference(again->forward(x), copy->forward(x)) < kRounding);
        again->fold();
        QVERIFY(largestDifference(again->forward(x), copy->forward(x)) < kRounding);
    }

    void imagesStayAsTheyAre()
    {
        const auto network = opened("resnet_traced");
        const torch::Tensor x = m_scripts.reference("resnet_traced").at("x");
        const torch::Tensor before = x.clone();
        network->forward(x);
        QVERIFY(x.equal(before));
    }

    void normalisesOnRequest()
    {
        const ModelImport import = inspectScript(
            m_scripts.file("bytes"), {.mean = std::vector<double>{103.939, 116.779, 123.68}, .bgr = true});
        QCOMPARE(import.card.input.scale, 255.0);
        const auto network = openNetwork(import);
        const auto plain = openNetwork(inspectScript(m_scripts.file("bytes"), {.scale = 1.0}));
        const torch::Tensor x = m_scripts.reference("bytes").at("x");
        const torch::Tensor mean = torch::tensor({103.939, 116.779, 123.68}).view({1, 3, 1, 1});
        QVERIFY(largestDifference(network->forward(x), plain->forward(x.flip(1) * 255 - mean)) < 1e-4);
    }

    void oneImageAtATime()
    {
        const ModelImport import = inspectScript(m_scripts.file("single"));
        QCOMPARE(import.card.options.value("batch", 0), 1);
        QVERIFY(found(import.findings, Level::Info, "takes exactly 1 images at a time"));
        compare(*openNetwork(import), m_scripts.reference("single_body"));
    }

    void severalThreadsAtOnce()
    {
        const ModelImport& import = imported("small_scripted");
        const auto reference = m_scripts.reference("small_scripted");
        const Model model(openNetwork(import), import.card);
        std::atomic<int> wrong = 0;
        const auto work = [&] {
            for (int i = 0; i < 50; ++i) {
                const torch::Tensor x = reference.at("x").clone().requires_grad_(true);
                const torch::Tensor output =
                    i % 2 == 0 ? model.logits(x) : model.logits(x, [](auto&, auto&) {});
                const auto gradient = torch::autograd::grad({(output * reference.at("weights")).sum()}, {x});
                if (largestDifference(output, reference.at("output")) > kRounding ||
                    largestDifference(gradient[0], reference.at("gradient")) > 1e-4)
                    ++wrong;
            }
        };
        std::thread first(work);
        std::thread second(work);
        first.join();
        second.join();
        QCOMPARE(wrong.load(), 0);
    }

    void movesWithItsTensors()
    {
        // The one device here: that nothing is lost on the way, registered tensors and constants alike.
        const auto network = opened("normalising");
        network->fold();
        network->to(torch::Device(torch::kCPU));
        compare(*network, m_scripts.reference("normalising"));
    }
};

QTEST_GUILESS_MAIN(TestTorchScriptNetwork)
#include "tst_torchscript_network.moc"
