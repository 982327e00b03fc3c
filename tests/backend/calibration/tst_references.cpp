#include "backend/calibration/registry.h"
#include "backend/metrics/labelled_probabilities.h"
#include "backend/metrics/proper_scores.h"
#include "backend/metrics/selective.h"
#include "tests/backend/arrays/run_python.h"

#include <torch/types.h>

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <fstream>

using namespace assay;
using namespace assay::calibration;

/// Against calibrators fitted by SciPy, scikit-learn and Newton's method (make_calibration_references.py).
class TestCalibrationReferences : public QObject
{
    Q_OBJECT

    Json m_made;

    torch::Tensor matrix(const Json& rows) const
    {
        std::vector<double> values;
        for (const Json& row : rows)
            values.insert(values.end(), row.begin(), row.end());
        return torch::tensor(values, torch::kFloat64).view({static_cast<std::int64_t>(rows.size()), -1});
    }

    torch::Tensor labels(const char* key) const
    {
        return torch::tensor(m_made.at(key).get<std::vector<std::int64_t>>());
    }

private Q_SLOTS:
    void initTestCase()
    {
        const QTemporaryDir dir;
        const QString file = dir.filePath("references.json");
        test::runPython(ASSAY_TEST_SOURCE_DIR "/tests/backend/calibration/make_calibration_references.py",
                        {file});
        std::ifstream stream(file.toStdString());
        m_made = Json::parse(stream);
    }

    void probabilitiesAgree_data()
    {
        QTest::addColumn<QString>("reference");
        QTest::addColumn<double>("tolerance");
        // The searches of both sides end at gradients of 1e-8 or less; SLSQP's simplex is good to 1e-7.
        for (const auto& [name, value] : m_made.at("probabilities").items())
            QTest::newRow(name.c_str()) << QString::fromStdString(name) << 1e-6;
    }

    void probabilitiesAgree()
    {
        QFETCH(QString, reference);
        QFETCH(double, tolerance);
        FitOptions options{.folds = 0, .offDiagonal = m_made.at("lambda"), .intercept = m_made.at("mu")};
        options.bins = m_made.at("bins");
        options.knots = m_made.at("knots");
        options.loss = reference.endsWith("mse") ? Loss::Mse : Loss::Nll;
        options.binning =
            reference.endsWith("width") ? metrics::Binning::EqualWidth : metrics::Binning::EqualMass;
        const torch::Tensor y = labels(reference.endsWith("chance") ? "chance" : "labels");
        const FitSet set(matrix(m_made.at("logits")), y);
        const auto calibrator = calibratorKind(reference.section(' ', 0, 0).toStdString()).fit(set, options);
        const torch::Tensor found = calibrator->apply(matrix(m_made.at("fresh")));
        const torch::Tensor expected = matrix(m_made.at("probabilities").at(reference.toStdString()));
        const double off = (found - expected).abs().max().item<double>();
        QVERIFY2(off < tolerance, std::to_string(off).c_str());
    }

    /// The bounds of beta calibration are met in the references, so that they are tested.
    void boundsAreMet()
    {
        const auto free = m_made.at("beta_free").get<std::vector<int>>();
        QVERIFY(std::ranges::any_of(free, [](int count) { return count < 3; }));
    }

    void metricsAgree()
    {
        const auto predictions =
            metrics::LabelledProbabilities::fromLogits(matrix(m_made.at("fresh")), labels("fresh_labels"));
        const metrics::SortedConfidences sorted(predictions.top().confidence, predictions.top().correct);
        QVERIFY(std::abs(metrics::confidenceAuroc(sorted) - m_made.at("auroc").get<double>()) < 1e-12);
        QVERIFY(std::abs(metrics::negativeLogLikelihood(predictions) - m_made.at("nll").get<double>()) <
                1e-12);
    }
};

QTEST_GUILESS_MAIN(TestCalibrationReferences)
#include "tst_references.moc"
