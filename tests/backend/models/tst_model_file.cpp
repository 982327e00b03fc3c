#include "backend/models/architectures/architectures.h"
#include "backend/models/card.h"
#include "backend/models/initialise.h"
#include "backend/models/model_file.h"
#include "backend/models/predict.h"
#include "backend/models/zoo.h"
#include "backend/protocol/error.h"
#include "tests/support/sentence_of.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>
#include <torch/utils.h>

#include <fstream>

using namespace assay;
using namespace assay::models;
using assay::test::sentenceOf;

namespace {

ModelCard card(const std::string& name)
{
    ModelCard result;
    result.name = name;
    result.title = "A test model";
    result.architecture = "mlp";
    result.options = {{"widths", {5}}};
    result.input = {.channels = 1, .height = 4, .width = 4, .mean = {0.25}, .stddev = {0.5}};
    result.classes = {"a", "b", "c"};
    result.dataset = "none";
    result.recipe = {{"seed", 3}};
    result.testAccuracy = 0.5;
    return result;
}

std::shared_ptr<Network> network(const ModelCard& card)
{
    auto result = makeNetwork(card.architecture, card.options, card.input, 3);
    initialise(*result, at::detail::createCPUGenerator(8));
    return result;
}

} // namespace

class TestModelFile : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::filesystem::path m_folder;

private Q_SLOTS:
    void init()
    {
        m_folder = std::filesystem::path(m_dir.path().toStdString()) / QTest::currentTestFunction();
        std::filesystem::create_directories(m_folder);
    }

    void savedModelComputesTheSame()
    {
        const auto saved = network(card("net.v2")); // a dot in the name is no ending
        const ModelCard written = saveModel(m_folder, *saved, card("net.v2"));
        QCOMPARE(written.parameters, 16 * 5 + 5 + 5 * 3 + 3);
        QCOMPARE(written.sha256, fileSha256(m_folder / "net.v2.safetensors"));
        const torch::Tensor x = torch::empty({9, 1, 4, 4}).uniform_(0, 1, at::detail::createCPUGenerator(1));
        const torch::NoGradGuard off;
        const torch::Tensor expected = Model(saved, card("net.v2")).logits(x);
        for (const char* name : {"net.v2.safetensors", "net.v2.json", "net.v2"}) {
            const auto model = loadModel(m_folder / name, torch::kCPU);
            QVERIFY(torch::equal(model->logits(x), expected));
            QVERIFY(torch::equal(model->cloneNetwork()->forward(x), saved->forward(x)));
            QCOMPARE(toJson(model->card()).dump(), toJson(written).dump());
        }
        const auto model = loadModel(m_folder / "net.v2", torch::kCPU);
        QVERIFY(torch::equal(logitsChunked(*model, x), expected));
        QVERIFY(torch::equal(predict(*model, x), expected.argmax(1)));
        QCOMPARE(predict(*model, x.narrow(0, 0, 0)).size(0), 0);
        QCOMPARE(accuracy(*model, x, expected.argmax(1)), 1.0);
        QVERIFY_EXCEPTION_THROWN(accuracy(*model, x.narrow(0, 0, 0), expected.argmax(1).narrow(0, 0, 0)),
                                 Error);
    }

    void everyMisfitIsNamedAtOnce()
    {
        const auto target = network(card("m"));
        const auto before = target->named_parameters()["fc1.weight"].clone();
        const NamedTensors tensors = {{"fc1.weight", torch::zeros({5, 17})},
                                      {"fc1.bias", torch::zeros({5})},
                                      {"fc9.weight", torch::zeros({1})},
                                      {"bn.num_batches_tracked", torch::zeros({})},
                                      {"out.bias", torch::zeros({3})}};
        QCOMPARE(
            sentenceOf([&] { loadWeights(*target, tensors, "w.safetensors"); }),
            "w.safetensors: the weights do not fit the architecture: missing out.weight; of another shape "
            "fc1.weight [5x17] instead of [5x16]; unexpected fc9.weight. Check the architecture and options "
            "in "
            "the model's card.");
        QVERIFY(torch::equal(target->named_parameters()["fc1.weight"], before));
    }

    void changedFileIsRefused()
    {
        saveModel(m_folder, *network(card("m")), card("m"));
        std::fstream file(m_folder / "m.safetensors", std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(-1, std::ios::end);
        file.put('\x11');
        file.close();
        QCOMPARE(sentenceOf([&] { loadModel(m_folder / "m", torch::kCPU); }),
                 QString::fromStdString((m_folder / "m.safetensors").string()) +
                     ": the file is not the one its card describes: the SHA-256 differs. Fetch both files "
                     "again, train the model again, or import the changed file anew.");
    }

    void cardsAreChecked_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QByteArray>("value");
        QTest::addColumn<QString>("sentence");
        const char* mend = ". Correct the model card.";
        QTest::newRow("missing") << "architecture" << QByteArray() << QString("is missing") + mend;
        QTest::newRow("text") << "name" << QByteArray("3") << QString("must be a text") + mend;
        QTest::newRow("classes") << "classes" << QByteArray("[1]")
                                 << QString("must be a list of texts") + mend;
        QTest::newRow("accuracy") << "test_accuracy" << QByteArray("91.2")
                                  << QString("must be a fraction from 0 to 1") + mend;
        QTest::newRow("parameters") << "parameters" << QByteArray("-1")
                                    << QString("must be an integer of at least 0") + mend;
        QTest::newRow("options") << "options" << QByteArray("[]") << QString("must be a JSON object") + mend;
    }

    void cardsAreChecked()
    {
        QFETCH(QString, key);
        QFETCH(QByteArray, value);
        QFETCH(QString, sentence);
        Json json = toJson(card("m"));
        QCOMPARE(toJson(cardFromJson(json, "m.json")).dump(), json.dump());
        if (value.isEmpty())
            json.erase(key.toStdString());
        else
            json[key.toStdString()] = Json::parse(value.toStdString());
        QCOMPARE(sentenceOf([&] { cardFromJson(json, "m.json"); }),
                 "m.json: field '" + key + "' " + sentence);
    }

    void libraryFindsByNameAndPath()
    {
        saveModel(m_folder, *network(card("beta")), card("beta"));
        saveModel(m_folder, *network(card("alpha")), card("alpha"));
        std::ofstream(m_folder / "other.json") << "{}"; // no model's card
        const ModelLibrary library({m_folder / "absent", m_folder});
        const auto cards = library.list();
        QCOMPARE(cards.size(), 2u);
        QCOMPARE(cards[0].name, "alpha");
        QVERIFY(library.problems().empty());
        const auto alpha = library.open("alpha", torch::kCPU);
        QCOMPARE(library.open("alpha", torch::kCPU).get(), alpha.get());
        QCOMPARE(library.open((m_folder / "alpha.safetensors").string(), torch::kCPU).get(), alpha.get());
        QCOMPARE(sentenceOf([&] { library.open("alpa", torch::kCPU); }),
                 "there is no model 'alpa'. The nearest names are: alpha, beta.");
        QCOMPARE(
            sentenceOf([&] { ModelLibrary(std::vector<std::filesystem::path>()).open("x", torch::kCPU); }),
            "there is no model 'x'. No model was found; train one with `assay-cli zoo train`.");
    }

    void listedModelsSayWhereTheyLie()
    {
        const auto second = m_folder / "second";
        std::filesystem::create_directories(second);
        saveModel(m_folder, *network(card("one")), card("one"));
        saveModel(second, *network(card("one")), card("one"));
        saveModel(second, *network(card("two")), card("two"));
        const ModelLibrary library({m_folder, second});
        const auto listed = library.listed();
        QCOMPARE(listed.size(), 2u);
        QCOMPARE(listed[0].file, m_folder / "one.json"); // the first of a name wins
        QCOMPARE(listed[1].file, second / "two.json");
        for (const ListedModel& model : listed)
            QCOMPARE(model.file, library.cardFile(model.card.name));
    }

    void damagedCardKeepsTheRestUsable()
    {
        saveModel(m_folder, *network(card("good")), card("good"));
        saveModel(m_folder, *network(card("bad")), card("bad"));
        std::ofstream(m_folder / "bad.json") << R"({"name": 3})";
        const ModelLibrary library({m_folder});
        QCOMPARE(library.list().size(), 1u);
        QCOMPARE(library.problems().size(), 1u);
        QVERIFY(
            QString::fromStdString(library.problems()[0]).contains("bad.json: field 'name' must be a text"));
        QVERIFY(library.open("good", torch::kCPU));
    }

    /// A network of a kind we do not know is still run, as it is.
    void foreignNetworksRunUnfolded()
    {
        class Doubling final : public Network
        {
        public:
            torch::Tensor forward(const torch::Tensor& x, const TapSink*) override
            {
                return x.flatten(1) * 2;
            }
            std::vector<std::string> taps() const override { return {}; }
        };
        const Model model(std::make_shared<Doubling>(), card("own"));
        QVERIFY(torch::equal(model.logits(torch::ones({1, 1, 1, 3})), torch::full({1, 3}, 2.0f)));
        QCOMPARE(
            sentenceOf([&] { model.cloneNetwork(); }),
            "own: the network is of a kind that cannot be copied. Use a model of a built-in architecture.");
    }
};

QTEST_GUILESS_MAIN(TestModelFile)
#include "tst_model_file.moc"
