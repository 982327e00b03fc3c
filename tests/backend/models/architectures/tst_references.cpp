#include "backend/models/architectures/architectures.h"
#include "backend/models/model_file.h"

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <map>

using namespace assay;
using namespace assay::models;

namespace {

/// Networks of torchvision and of published definitions in plain PyTorch, their weights and their answers;
/// see make_references.py.
class References
{
public:
    /// @returns what went wrong, or nothing.
    QString make()
    {
        QProcess python;
        python.setProcessChannelMode(QProcess::MergedChannels);
        const QString script =
            QString(ASSAY_TEST_SOURCE_DIR) + "/tests/backend/models/architectures/make_references.py";
        python.start("/usr/bin/python3", {script, m_folder.path()});
        if (!python.waitForStarted() || !python.waitForFinished(240000) || python.exitCode() != 0)
            return "make_references.py: " + python.errorString() + python.readAll();
        QFile index(m_folder.filePath("index.json"));
        if (!index.open(QIODevice::ReadOnly))
            return index.errorString();
        m_index = Json::parse(index.readAll().toStdString());
        return {};
    }

    const Json& index() const { return m_index; }

    /// The tensors of a case, its weights first; the file is removed, being large.
    NamedTensors take(const std::string& name) const
    {
        QFile file(m_folder.filePath(QString::fromStdString(name + ".bin")));
        if (!file.open(QIODevice::ReadOnly))
            return {};
        NamedTensors result;
        for (const Json& entry : m_index.at(name).at("tensors")) {
            torch::Tensor value = torch::empty(entry.at(1).get<std::vector<std::int64_t>>());
            const auto bytes = static_cast<qint64>(value.nbytes());
            if (file.read(static_cast<char*>(value.data_ptr()), bytes) != bytes)
                return {};
            result.emplace_back(entry.at(0).get<std::string>(), value);
        }
        file.remove();
        return result;
    }

private:
    QTemporaryDir m_folder;
    Json m_index;
};

InputSpec inputOf(const Json& json)
{
    return {.channels = 3,
            .height = json.at("height").get<std::int64_t>(),
            .width = json.at("width").get<std::int64_t>(),
            .mean = json.at("mean").get<std::vector<double>>(),
            .stddev = json.at("stddev").get<std::vector<double>>(),
            .scale = json.at("scale").get<double>(),
            .bgr = json.at("bgr").get<bool>()};
}

/// Fails unless the largest difference is below 1e-4 of the largest value.
void compare(const torch::Tensor& value, const torch::Tensor& expected)
{
    const double error = ((value - expected).abs().max() / expected.abs().max()).item<double>();
    QVERIFY2(error < 1e-4, qPrintable(QString::number(error)));
}

/// The network of a case with its weights. @throws Error unless all names and shapes are the same.
std::shared_ptr<Network> loaded(const Json& about, const NamedTensors& weights)
{
    auto network = makeNetwork(about.at("architecture"), about.at("options"), inputOf(about.at("input")),
                               about.at("classes"));
    loadWeights(*network, weights, "the reference");
    network->eval();
    return network;
}

/// Of the logits' sum, weighted from -1 to 1, with respect to the images.
torch::Tensor gradientOf(Network& network, const torch::Tensor& images)
{
    const torch::Tensor leaf = images.clone().requires_grad_(true);
    const torch::Tensor logits = network.forward(leaf);
    const torch::Tensor weights = torch::linspace(-1, 1, logits.size(1));
    return torch::autograd::grad({(logits * weights).sum()}, {leaf})[0].to(torch::kFloat32);
}

} // namespace

class TestReferences : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        const QString problem = m_references.make();
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
        QCOMPARE(m_references.index().size(), 13u);
    }

    void answersAsTheOriginal_data()
    {
        QTest::addColumn<QString>("name");
        for (const auto& [name, unused] : m_references.index().items())
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
    }

    void answersAsTheOriginal()
    {
        QFETCH(QString, name);
        const Json& about = m_references.index().at(name.toStdString());
        NamedTensors tensors = m_references.take(name.toStdString());
        QVERIFY(!tensors.empty());
        const auto weightCount = about.at("weights").get<std::ptrdiff_t>();
        std::map<std::string, torch::Tensor> answers(tensors.begin() + weightCount, tensors.end());
        tensors.resize(static_cast<std::size_t>(weightCount));
        const torch::Tensor images = answers.at("@images");
        const torch::Tensor expected = answers.at("@logits");
        QVERIFY(torch::isfinite(expected).all().item<bool>());
        QVERIFY(expected.std().item<double>() > 1e-3); // otherwise the comparisons say nothing

        const std::shared_ptr<Network> network = loaded(about, tensors);
        // The order is the original's too, so that files we write look like its files.
        const NamedTensors ours = network->persistent();
        for (std::size_t i = 0; i < ours.size(); ++i)
            QCOMPARE(ours[i].first, tensors[i].first);
        torch::Tensor unfolded;
        {
            const torch::NoGradGuard off;
            unfolded = network->forward(images);
        }
        compare(unfolded, expected);
        ModelCard card;
        card.classes.resize(about.at("classes").get<std::size_t>());
        compare(Model(network, card).logits(images), expected);

        // In double precision: in float32 a unit at its kink falls now on this side, now on that.
        network->to(torch::kFloat64);
        const torch::Tensor gradient = answers.at("@gradient");
        const torch::Tensor first = images.slice(0, 0, gradient.size(0)).to(torch::kFloat64);
        compare(gradientOf(*network, first), gradient);
        network->fold();
        compare(gradientOf(*network, first), gradient);
    }

private:
    References m_references;
};

QTEST_GUILESS_MAIN(TestReferences)
#include "tst_references.moc"
