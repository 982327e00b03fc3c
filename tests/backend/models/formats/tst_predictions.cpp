#include "backend/models/card.h"
#include "backend/models/formats/predictions_format.h"
#include "backend/models/model.h"
#include "backend/models/model_file.h"
#include "backend/protocol/error.h"
#include "tests/backend/arrays/file_bytes.h"
#include "tests/backend/arrays/run_python.h"

#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

#include <algorithm>

using namespace assay;
using namespace assay::models;
using namespace assay::test;
using Level = protocol::Finding::Level;

namespace {

/// What make_predictions.py says of its logits.
torch::Tensor expectedLogits()
{
    const torch::Tensor i = torch::arange(8, torch::kFloat64).view({8, 1});
    const torch::Tensor k = torch::arange(4, torch::kFloat64).view({1, 4});
    return (i.remainder(4) == k).to(torch::kFloat64) * 2.5 - 0.25 * k + 0.01 * i; // in numpy's order
}

torch::Tensor expectedLabels()
{
    return torch::tensor({0, 1, 2, 3, 0, 1, 2, 0}, torch::kInt64);
}

bool has(const protocol::Findings& findings, Level level, const std::string& text)
{
    return std::ranges::any_of(
        findings, [&](const auto& finding) { return finding.level == level && finding.text == text; });
}

} // namespace

/// Answers that numpy wrote, opened as models without a network.
class TestPredictions : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    std::filesystem::path file(const std::string& name) const
    {
        return std::filesystem::path(m_dir.path().toStdString()) / name;
    }

    bool recognised(const std::string& name) { return recogniseModel(file(name)) == &kPredictions; }

    QString problem(const std::string& name)
    {
        return problemOf(file(name), [&] { kPredictions.inspect(file(name), {}); });
    }

    /// By its card from a file, as a workspace opens it.
    std::shared_ptr<const Model> open(const std::string& name, const ModelCorrections& corrections = {})
    {
        ModelCard card = kPredictions.inspect(file(name), corrections).card;
        card.sha256 = fileSha256(file(name));
        writeCard(file(card.name + ".json"), card);
        return loadModel(file(card.name + ".json"), torch::kCPU);
    }

private Q_SLOTS:
    void initTestCase()
    {
        runPython(ASSAY_TEST_SOURCE_DIR "/tests/backend/models/formats/make_predictions.py", {m_dir.path()});
    }

    void readsLogits()
    {
        QVERIFY(recognised("logits.npz"));
        const ModelImport import = kPredictions.inspect(file("logits.npz"), {});
        QVERIFY(import.asks.empty());
        QVERIFY(
            has(import.findings, Level::Info, "Answers for 8 samples and 4 classes from array 'logits'."));
        QVERIFY(has(import.findings, Level::Info, "The rows are logits: they do not lie in [0,1]."));
        QVERIFY(has(import.findings, Level::Info,
                    "The labels stand in array 'labels'; 87.5 % of the answers agree with them."));
        QCOMPARE(import.card.input.channels, std::int64_t(0));
        QCOMPARE(import.card.testAccuracy.value(), 0.875);
        const auto model = open("logits.npz");
        QVERIFY(!model->hasNetwork());
        QCOMPARE(model->classCount(), std::int64_t(4));
        const Predictions& answers = model->predictions();
        QVERIFY(!answers.fromProbabilities);
        QVERIFY(torch::equal(answers.logits, expectedLogits().to(torch::kFloat32)));
        QVERIFY(torch::equal(answers.labels, expectedLabels()));
        QVERIFY_EXCEPTION_THROWN(model->logits(torch::zeros({1, 1, 4, 4})), Error);
    }

    void readsProbabilities()
    {
        for (const char* name : {"probs.npz", "named.csv"}) {
            QVERIFY(recognised(name));
            const auto model = open(name);
            QCOMPARE(model->card().classes, std::vector<std::string>({"ant", "bee", "cow", "dog"}));
            QVERIFY(model->predictions().fromProbabilities);
            QVERIFY(torch::equal(model->predictions().labels, expectedLabels()));
            const torch::Tensor expected = expectedLogits().log_softmax(1).to(torch::kFloat32);
            // Half precision keeps 11 bits: the logarithm is off by at most 2^-11 of the probability.
            QVERIFY(torch::allclose(model->predictions().logits, expected, 0, 1.0 / 2048));
        }
    }

    void aProbabilityOfNothingStaysFinite()
    {
        writeText(file("zero.csv"), "prob_a,prob_b\n0,1\n0.5,0.5\n");
        const auto model = open("zero.csv");
        QVERIFY(std::abs(model->predictions().logits[0][0].item<float>() + 87.33655f) < 1e-4f);
        QCOMPARE(model->predictions().logits[0][1].item<float>(), 0.0f);
    }

    void readsTables_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("labels");
        QTest::newRow("bare array") << "bare.npy" << false;
        QTest::newRow("class names as columns") << "classes.tsv" << true;
        QTest::newRow("data frame with index") << "frame.csv" << false;
        QTest::newRow("no header, label last") << "plain.csv" << true;
    }

    void readsTables()
    {
        QFETCH(QString, name);
        QFETCH(bool, labels);
        QVERIFY(recognised(name.toStdString()));
        const Predictions answers = open(name.toStdString())->predictions();
        QVERIFY(torch::allclose(answers.logits, expectedLogits().to(torch::kFloat32), 1e-6, 1e-6));
        QCOMPARE(answers.labels.defined(), labels);
        if (labels)
            QVERIFY(torch::equal(answers.labels, expectedLabels()));
    }

    void scoresAreDoubted()
    {
        const ModelImport import = kPredictions.inspect(file("scores.npz"), {});
        QVERIFY(
            has(import.findings, Level::Warning,
                "The values lie in [0,1], but the rows do not sum to 1; they are taken as logits. Set kind "
                "to probabilities if that is what they are."));
        ModelCorrections corrections;
        corrections.options = Json{{"kind", "probabilities"}};
        QVERIFY(open("scores.npz", corrections)->predictions().fromProbabilities);
        corrections.options = Json{{"kind", "odds"}};
        QCOMPARE(
            problemOf(file("scores.npz"), [&] { kPredictions.inspect(file("scores.npz"), corrections); }),
            QString("FILE: the option 'kind' is 'odds'; it must be logits or probabilities."));
        corrections.options = Json{{"kind", "probabilities"}};
        QCOMPARE(
            problemOf(file("bare.npy"), [&] { kPredictions.inspect(file("bare.npy"), corrections); }),
            QString(
                "FILE: the answers are said to be probabilities, but lie between -0.75 and 2.54. Set kind "
                "to logits."));
    }

    void missingNumbersAreAProblem()
    {
        ModelImport import = kPredictions.inspect(file("nan.npz"), {});
        QVERIFY(
            has(import.findings, Level::Problem,
                "The answers cannot be used: row 2, row 5 hold a value that is missing or no finite number. "
                "Save them again."));
        QCOMPARE(
            problemOf(file("nan.npz"), [&] { kPredictions.predictions(import.card, file("nan.npz")); }),
            QString("FILE: row 2, row 5 hold a value that is missing or no finite number. Save the answers "
                    "again."));
        import = kPredictions.inspect(file("nan.csv"), {});
        QVERIFY(has(
            import.findings, Level::Problem,
            "The answers cannot be used: line 3, line 4 hold a value that is missing or no finite number. "
            "Save them again."));
    }

    void namesTheDamage_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("fewer labels")
            << "short.npz"
            << "FILE, array 'labels': holds 5 labels for 8 rows of answers. Save both from the same samples.";
        QTest::newRow("label beyond the classes") << "wrong_label.npz"
                                                  << "FILE, array 'labels': row 3 has the label 4; classes "
                                                     "are numbered 0 to 3. Check that labels and "
                                                     "answers belong together.";
        QTest::newRow("one class")
            << "one_class.npz"
            << "FILE: the array 'logits' [8, 1] is no table of answers. Save one row a "
               "sample and one column of real numbers for each class.";
        QTest::newRow("no rows") << "empty.npz"
                                 << "FILE: holds no rows of answers.";
        QTest::newRow("no answers")
            << "images.npz"
            << "FILE: has no array of answers. Save them as 'logits' or 'probs', one row "
               "of real numbers a sample.";
        QTest::newRow("unknown label")
            << "stranger.csv"
            << "FILE, column 'label': line 2 has the label 'cat', which is none of the "
               "classes. Name the columns of answers after the classes, or number the "
               "labels.";
    }

    void namesTheDamage()
    {
        QFETCH(QString, name);
        QFETCH(QString, sentence);
        QCOMPARE(problem(name.toStdString()), sentence);
    }

    void leavesOtherFilesAlone()
    {
        QVERIFY(!recognised("images.npz"));
        QVERIFY(!recognised("manifest.csv"));
        writeText(file("text.csv"), "just some words\nand more\n");
        QVERIFY(!recognised("text.csv"));
        writeText(file("cut.npz"), "PK\x03\x04");
        QVERIFY(!recognised("cut.npz"));
    }

    void namesAreTheUsers()
    {
        ModelCorrections corrections;
        corrections.classes = std::vector<std::string>{"a", "b", "c", "d"};
        corrections.dataset = "fashion-mnist";
        const ModelCard card = kPredictions.inspect(file("logits.npz"), corrections).card;
        QCOMPARE(card.classes, *corrections.classes);
        QCOMPARE(card.dataset, std::string("fashion-mnist"));
        corrections.classes->pop_back();
        QCOMPARE(
            problemOf(file("logits.npz"), [&] { kPredictions.inspect(file("logits.npz"), corrections); }),
            QString(
                "FILE: 3 class names are given for 4 columns of answers. Give one name for each class, in "
                "order."));
    }
};

QTEST_GUILESS_MAIN(TestPredictions)
#include "tst_predictions.moc"
