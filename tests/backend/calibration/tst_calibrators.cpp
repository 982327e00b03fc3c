#include "backend/calibration/logits.h"
#include "backend/calibration/registry.h"
#include "backend/metrics/labelled_probabilities.h"
#include "backend/metrics/proper_scores.h"
#include "backend/protocol/error.h"
#include "tests/backend/calibration/made_logits.h"
#include "tests/support/sentence_of.h"

#include <torch/types.h>

#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace assay;
using namespace assay::calibration;

/// What holds of every calibrator.
class TestCalibrators : public QObject
{
    Q_OBJECT

    static void addKinds()
    {
        QTest::addColumn<QString>("id");
        for (const CalibratorKind& kind : calibratorKinds())
            QTest::newRow(kind.id.c_str()) << QString::fromStdString(kind.id);
    }

    static const CalibratorKind& kind()
    {
        QFETCH(QString, id);
        return calibratorKind(id.toStdString());
    }

    static std::unique_ptr<Calibrator> fitted(const test::MadeLogits& made)
    {
        return kind().fit({made.logits, made.labels}, {});
    }

    /// Logits that calibrators find hard: huge, tiny, equal, nearly equal, and one class far off.
    static torch::Tensor hardLogits()
    {
        const double next = std::nextafter(1.0, 2.0), tiny = 1e-300;
        return torch::tensor({{1., 1., 1., 1.},
                              {1., next, 1., 1.},
                              {next, 1., 1., next},
                              {-1e5, 1e5, 0., 0.},
                              {0., 0., 0., -1e8},
                              {0., tiny, 0., 0.},
                              {1e8, 1e8, -1e8, 3.},
                              {700., 700. + 1e-12, 0., 1.},
                              {-3., -1., -2., -1.}},
                             torch::kFloat64);
    }

    static std::int64_t firstLargest(const torch::Tensor& row)
    {
        const double* p = row.data_ptr<double>();
        return std::max_element(p, p + row.size(0)) - p;
    }

private Q_SLOTS:
    void distributionsStayDistributions_data() { addKinds(); }
    void distributionsStayDistributions()
    {
        const auto calibrator = fitted(test::madeLogits(400, 4));
        for (const torch::Tensor& z : {test::madeLogits(300, 4, 3, 9).logits, hardLogits()}) {
            const torch::Tensor p = calibrator->apply(z);
            QVERIFY(p.isfinite().all().item<bool>());
            QVERIFY(p.min().item<double>() >= 0 && p.max().item<double>() <= 1);
            QVERIFY2(((p.sum(1) - 1).abs() < 1e-12).all().item<bool>(), "sums");
        }
        const torch::Tensor none = calibrator->apply(torch::zeros({0, 4}));
        QCOMPARE(none.size(0), 0);
        QCOMPARE(none.size(1), 4);
    }

    void accuracyIsKeptWherePromised_data() { addKinds(); }
    void accuracyIsKeptWherePromised()
    {
        QFETCH(QString, id);
        const auto calibrator = fitted(test::madeLogits(400, 4));
        QCOMPARE(calibrator->preservesAccuracy(), kind().preservesAccuracy);
        const torch::Tensor random = test::madeLogits(3000, 4, 5, 3).logits;
        int moved = 0;
        for (const torch::Tensor& z : {random, random / 50, hardLogits()}) {
            const torch::Tensor p = calibrator->apply(z), plain = z.contiguous();
            for (std::int64_t i = 0; i < z.size(0); ++i)
                moved += firstLargest(p[i]) != firstLargest(plain[i]);
        }
        if (kind().preservesAccuracy)
            QCOMPARE(moved, 0);
        else
            QVERIFY2(moved > 0, "it would deserve the promise");
    }

    /// The order of all classes, not only the first, where it is promised: no pair of classes changes sides.
    void orderOfClassesIsKept()
    {
        const test::MadeLogits made = test::madeLogits(400, 5);
        const torch::Tensor z = test::madeLogits(200, 5, 2, 8).logits;
        for (const char* id : {"temperature", "ensemble-temperature", "isotonic-multi"}) {
            const torch::Tensor p = calibratorKind(id).fit({made.logits, made.labels}, {})->apply(z);
            const torch::Tensor larger = z.unsqueeze(2) > z.unsqueeze(1);
            QVERIFY2((p.unsqueeze(2) > p.unsqueeze(1)).logical_or(larger.logical_not()).all().item<bool>(),
                     id);
        }
    }

    void roundTripsToTheLastBit_data() { addKinds(); }
    void roundTripsToTheLastBit()
    {
        const test::MadeLogits made = test::madeLogits(250, 4);
        const auto calibrator = fitted(made);
        const std::string text = calibratorJson(*calibrator).dump();
        const auto again = calibratorFromJson(Json::parse(text), "c.json");
        QCOMPARE(again->id(), calibrator->id());
        QCOMPARE(again->classes(), 4);
        QCOMPARE(again->preservesAccuracy(), calibrator->preservesAccuracy());
        const torch::Tensor z = test::madeLogits(200, 4, 2, 6).logits;
        QVERIFY(torch::equal(again->apply(z), calibrator->apply(z)));
        QCOMPARE(calibratorJson(*again).dump(), text);
    }

    void fitsAreDeterministic_data() { addKinds(); }
    void fitsAreDeterministic()
    {
        const test::MadeLogits made = test::madeLogits(250, 4);
        QCOMPARE(fitted(made)->parameters().dump(), fitted(made)->parameters().dump());
        // float32 logits are those numbers, and nothing is written into what was given.
        const torch::Tensor narrow = made.logits.to(torch::kFloat32), copy = narrow.clone();
        const auto a = kind().fit({narrow, made.labels}, {}),
                   b = kind().fit({narrow.to(torch::kFloat64), made.labels}, {});
        QCOMPARE(a->parameters().dump(), b->parameters().dump());
        a->apply(narrow);
        QVERIFY(torch::equal(narrow, copy));
    }

    /// Those fitted by the likelihood start at doing nothing, and cannot end above it.
    void likelihoodOfTheSetGetsNoWorse()
    {
        for (const double sharpness : {0.5, 1.0, 3.0}) {
            const test::MadeLogits made = test::madeLogits(300, 4, sharpness);
            const double before = metrics::negativeLogLikelihood(
                metrics::LabelledProbabilities::fromLogits(made.logits, made.labels));
            for (const char* id : {"temperature", "ensemble-temperature", "vector", "matrix", "dirichlet"}) {
                const auto calibrator = calibratorKind(id).fit({made.logits, made.labels}, {});
                const double after =
                    metrics::negativeLogLikelihood(metrics::LabelledProbabilities::fromProbabilities(
                        calibrator->apply(made.logits), made.labels));
                QVERIFY2(after <= before + 1e-12, id);
            }
        }
    }

    /// On new samples of the same kind, every calibrator improves the likelihood of an overconfident
    /// classifier.
    void overconfidenceIsRepaired_data() { addKinds(); }
    void overconfidenceIsRepaired()
    {
        const auto calibrator = fitted(test::madeLogits(2000, 4, 3));
        const test::MadeLogits fresh = test::madeLogits(2000, 4, 3, 77);
        const double before =
            metrics::brierScore(metrics::LabelledProbabilities::fromLogits(fresh.logits, fresh.labels));
        const double after = metrics::brierScore(
            metrics::LabelledProbabilities::fromProbabilities(calibrator->apply(fresh.logits), fresh.labels));
        if (calibrator->id() == "none")
            QVERIFY(std::abs(after - before) < 1e-12);
        else
            QVERIFY2(after < 0.95 * before, std::to_string(after / before).c_str());
    }

    void classesThatNeverOccurAreNoTrouble_data() { addKinds(); }
    void classesThatNeverOccurAreNoTrouble()
    {
        test::MadeLogits made = test::madeLogits(200, 4);
        made.labels = made.labels.clamp_max(2);
        const torch::Tensor p = fitted(made)->apply(made.logits);
        QVERIFY(p.isfinite().all().item<bool>());
    }

    void badSetsAreRefused()
    {
        const torch::Tensor z = torch::zeros({3, 2}), y = torch::tensor({0, 1, 0});
        const auto sentence = [](const torch::Tensor& logits, const torch::Tensor& labels) {
            return test::sentenceOf([&] { FitSet(logits, labels); });
        };
        torch::Tensor bad = z.clone();
        bad[1][1] = std::numeric_limits<float>::infinity();
        QCOMPARE(sentence(bad, y), "logits must be finite; sample 1 has NaN or infinity.");
        bad[1][1] = std::numeric_limits<float>::quiet_NaN();
        QCOMPARE(sentence(bad, y), "logits must be finite; sample 1 has NaN or infinity.");
        QCOMPARE(sentence(z, torch::tensor({1, 1, 1})),
                 "all samples have the label 1; a calibrator is fitted on samples of at least two classes. "
                 "Give samples of more classes.");
        QCOMPARE(sentence(z.narrow(0, 0, 0), y.narrow(0, 0, 0)),
                 "a calibrator cannot be fitted on no samples. Give samples with labels.");
        QCOMPARE(sentence(z.narrow(1, 0, 1), torch::tensor({0, 0, 0})),
                 "logits need at least two classes; given was 1.");
        QCOMPARE(sentence(z, torch::tensor({0, 1, 2})), "label 2 is outside 0 to 1.");
        QCOMPARE(
            sentence(z.to(torch::kInt64), y),
            "logits must be floating point numbers of samples x classes; given were numbers of type Long and "
            "shape [3, 2].");
    }

    void badOptionsAndUsesAreRefused()
    {
        const test::MadeLogits made = test::madeLogits(8, 2);
        const FitSet set(made.logits, made.labels);
        QCOMPARE(test::sentenceOf([&] { calibratorKind("spline").fit(set, {}); }),
                 "a spline of 6 knots is fitted on at least 12 samples; the set has 8.");
        QCOMPARE(test::sentenceOf([&] { calibratorKind("matrix").fit(set, {.offDiagonal = -1}); }),
                 "the regularisation of matrix scaling must be at least 0.");
        QCOMPARE(test::sentenceOf([&] { calibratorKind("vector").fit(set, {.folds = 1}); }),
                 "a cross-validation of 1 folds is asked for; it must have 2 to 20, or 0 for none.");
        QCOMPARE(test::sentenceOf([&] { calibratorKind("histogram").fit(set, {.bins = 0}); }),
                 "a diagram of 0 bins is asked for; it must have 1 to 10000.");
        QCOMPARE(test::sentenceOf([&] { calibratorKind("temprature"); }),
                 "there is no calibrator 'temprature'. Did you mean 'temperature'?");
        const auto calibrator = calibratorKind("temperature").fit(set, {});
        QCOMPARE(test::sentenceOf([&] {
                     calibrator->apply(torch::zeros({1, 3}));
                 }),
                 "the calibrator was fitted for 2 classes; the logits have 3.");
    }

    void damagedFilesAreRefused_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("sentence");
        const auto row = [](const char* name, const char* text, const char* sentence) {
            QTest::newRow(name) << text << sentence;
        };
        row("no object", "[]", "c.json: a calibrator must be a JSON object.");
        row("classes", R"({"calibrator": "none", "classes": 1, "parameters": {}})",
            "c.json: 'classes' must be from 2 to 1000000; found was 1.");
        row("missing", R"({"calibrator": "temperature", "classes": 2, "parameters": {}})",
            "c.json: 'temperature' is missing.");
        row("negative", R"({"calibrator": "temperature", "classes": 2, "parameters": {"temperature": -1}})",
            "c.json: field 'temperature' must be a number greater than 0. Correct the calibrator's "
            "parameters.");
        row("count",
            R"({"calibrator": "vector", "classes": 2, "parameters": {"weights": [1], "intercepts": [0, 0]}})",
            "c.json: 'weights' must have 2 numbers; found were 1.");
        row("regularisation",
            R"({"calibrator": "vector", "classes": 2, "parameters": {"weights": [1, 1], "intercepts": [0, 0]}})",
            "c.json: field 'regularisation' is missing. Correct the calibrator's parameters.");
        row("simplex",
            R"({"calibrator": "ensemble-temperature", "classes": 2, "parameters": {"temperature": 1, "weights": [1, 1, 0]}})",
            "c.json: 'weights' must sum to 1, and not all on the last.");
        row("falling",
            R"({"calibrator": "isotonic-multi", "classes": 2, "parameters": {"functions": [{"x": [0, 1], "y": [1, 0]}]}})",
            "c.json: 'y' must not fall.");
        row("list", R"({"calibrator": "histogram", "classes": 3, "parameters": {"histograms": [1]}})",
            "c.json: 'histograms' must be a list of 3 entries.");
        row("range",
            R"({"calibrator": "spline", "classes": 2, "parameters": {"confidence": [0.5], "calibrated": [1.5]}})",
            "c.json: 'calibrated' must be from 0 to 1; found was 1.5.");
        row("beta",
            R"({"calibrator": "beta", "classes": 2, "parameters": {"a": [1, -1], "b": [1, 1], "c": [0, 0]}})",
            "c.json: 'a' must be from 0 to 1000; found was -1.");
    }
    void damagedFilesAreRefused()
    {
        QFETCH(QString, text);
        QFETCH(QString, sentence);
        QCOMPARE(test::sentenceOf([&] { calibratorFromJson(Json::parse(text.toStdString()), "c.json"); }),
                 sentence);
    }

    /// ln p and ln (1 - p) where both round: against long double sums.
    void logarithmsHoldBeyondRounding()
    {
        const torch::Tensor z =
            torch::tensor({{40., 0., 3.}, {800., 0., -5.}, {1., 1., 1.}}, torch::kFloat64);
        const LogProbabilities found = logProbabilities(z);
        for (std::int64_t i = 0; i < 3; ++i) {
            for (std::int64_t k = 0; k < 3; ++k) {
                long double others = 0, all = 0;
                for (std::int64_t j = 0; j < 3; ++j) {
                    const long double e = std::exp(static_cast<long double>(z[i][j].item<double>()));
                    all += e;
                    others += j == k ? 0 : e;
                }
                const double isNot = static_cast<double>(std::log(others / all));
                QVERIFY(std::abs(found.isNot[i][k].item<double>() - isNot) <=
                        1e-13 * std::max(1.0, std::abs(isNot)));
                const double is = z[i][k].item<double>() - static_cast<double>(std::log(all));
                QVERIFY(std::abs(found.is[i][k].item<double>() - is) <= 1e-13 * std::max(1.0, std::abs(is)));
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestCalibrators)
#include "tst_calibrators.moc"
