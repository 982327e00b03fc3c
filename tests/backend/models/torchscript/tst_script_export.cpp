#include "backend/models/torchscript/script_export.h"
#include "backend/models/torchscript/torchscript_network.h"
#include "backend/protocol/error.h"
#include "tests/backend/models/seeded_network.h"
#include "tests/support/sentence_of.h"

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace assay;
using namespace assay::models;

namespace {

const InputSpec kGrey{.mean = {0.3}, .stddev = {0.4}};

torch::Tensor noise(std::int64_t count)
{
    torch::Tensor x = torch::empty({count, 1, 28, 28});
    return x.uniform_(0, 1, at::detail::createCPUGenerator(23));
}

/// Answers twice the number that it reads off the first image on the host: nothing that could be recorded.
class HostNetwork final : public Network
{
public:
    torch::Tensor forward(const torch::Tensor& x, const TapSink*) override
    {
        return torch::full({x.size(0), 2}, x[0].mean().item<double>());
    }
    std::vector<std::string> taps() const override { return {}; }
    std::shared_ptr<Network> another() const override { return std::make_shared<HostNetwork>(); }
};

class LonelyNetwork final : public Network
{
public:
    torch::Tensor forward(const torch::Tensor& x, const TapSink*) override { return x.flatten(1); }
    std::vector<std::string> taps() const override { return {}; }
};

/// Weights of convolutions and linear layers rounded number by number, as the header says.
void roundWeights(Network& network)
{
    const torch::NoGradGuard off;
    for (const auto& item : network.named_modules({}, false)) {
        if (!item.value()->as<torch::nn::Conv2dImpl>() && !item.value()->as<torch::nn::LinearImpl>())
            continue;
        torch::Tensor w = item.value()->named_parameters(false)["weight"].detach();
        const std::int64_t out = w.size(0), each = w.numel() / out;
        float* const values = w.data_ptr<float>();
        for (std::int64_t c = 0; c < out; ++c) {
            float most = 0;
            for (std::int64_t i = 0; i < each; ++i)
                most = std::max(most, std::abs(values[c * each + i]));
            for (std::int64_t i = 0; i < each && most > 0; ++i) {
                float& value = values[c * each + i];
                value = std::nearbyint(value / (most / 127)) * (most / 127);
            }
        }
    }
}

} // namespace

/// Networks of every kind written as TorchScript, read back by the import that reads anybody's.
class TestScriptExport : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    std::shared_ptr<TorchScriptNetwork> readBack(const ExportedScript& script) const
    {
        const QString file = m_folder.filePath("script.pt");
        QFile written(file);
        if (!written.open(QIODevice::WriteOnly) ||
            written.write(script.bytes.data(), static_cast<qint64>(script.bytes.size())) < 0)
            throw std::runtime_error("not written");
        written.close();
        return std::make_shared<TorchScriptNetwork>(openScript(file.toStdString()), InputSpec{},
                                                    ScriptOptions{.batch = script.batch}, "script.pt");
    }

private Q_SLOTS:
    void answersLikeTheNetwork_data()
    {
        QTest::addColumn<QString>("options");
        QTest::addColumn<int>("batch");
        const auto row = [](const char* name, const char* options, int batch) {
            QTest::newRow(name) << QString(options) << batch;
        };
        row("convmixer", R"({"width":16,"depth":2,"patch":4})", 0);
        row("vgg", "{}", 0);
        row("resnet", "{}", 0);
        // Views of a transformer's forward() hold the number of images.
        row("vit_tiny", R"({"patch":7,"width":16,"depth":2,"heads":2})", 1);
        row("patch_transformer", R"({"width":16,"heads":2,"stem":8,"positions":1})", 1);
    }

    void answersLikeTheNetwork()
    {
        QFETCH(const QString, options);
        QFETCH(const int, batch);
        const torch::NoGradGuard off;
        const auto network =
            test::seededNetwork(QTest::currentDataTag(), kGrey, Json::parse(options.toStdString()));
        const torch::Tensor x = noise(5), expected = network->forward(x);
        const double size = expected.abs().max().item<double>();
        QVERIFY(size > 0);

        const ExportedScript whole = exportScript(*network, kGrey, ScriptWeights::Float32);
        QCOMPARE(whole.batch, std::int64_t(batch));
        const auto back = readBack(whole);
        QVERIFY((back->forward(x) - expected).abs().max().item<double>() < 1e-5 * (1 + size));
        // Attributes bear the names of the weights.
        QCOMPARE(back->parameterCount(), [&] {
            std::int64_t count = 0;
            for (const torch::Tensor& p : network->parameters())
                count += p.numel();
            return count;
        }());
        QVERIFY(network->forward(x).equal(expected)); // it was left as it was

        const ExportedScript small = exportScript(*network, kGrey, ScriptWeights::Int8);
        const torch::Tensor given = readBack(small)->forward(x);
        roundWeights(*network);
        QVERIFY((given - network->forward(x)).abs().max().item<double>() < 1e-4 * (1 + size));
        QVERIFY((given - expected).abs().max().item<double>() > 0); // rounding is seen
        QVERIFY(small.bytes.size() < whole.bytes.size());
    }

    void scriptsOfManyWeightsShrinkToAQuarter()
    {
        const auto network = test::seededNetwork("mlp", kGrey, {{"widths", {256, 256}}});
        const auto whole = exportScript(*network, kGrey, ScriptWeights::Float32);
        const auto small = exportScript(*network, kGrey, ScriptWeights::Int8);
        QVERIFY(static_cast<double>(small.bytes.size()) < 0.3 * static_cast<double>(whole.bytes.size()));
    }

    void refusesWhatCannotBeRecorded()
    {
        const auto refused = [](const Network& network) {
            return test::sentenceOf([&] { (void)exportScript(network, kGrey, ScriptWeights::Float32); });
        };
        QCOMPARE(refused(*std::make_shared<HostNetwork>()),
                 QString("the exported script: answers otherwise than the network: part of what the network "
                         "computes cannot be recorded. Export a network of a built-in architecture."));
        QCOMPARE(refused(*std::make_shared<LonelyNetwork>()),
                 QString("the network: cannot be copied, and so not be exported. Export a network of a "
                         "built-in architecture."));
    }
};

QTEST_GUILESS_MAIN(TestScriptExport)
#include "tst_script_export.moc"
