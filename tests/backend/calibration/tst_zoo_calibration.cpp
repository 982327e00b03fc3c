#include "backend/calibration/registry.h"
#include "backend/data/catalogue.h"
#include "backend/metrics/calibration_summary.h"
#include "backend/models/predict.h"
#include "backend/models/zoo.h"

#include <torch/types.h>

#include <QTest>

using namespace assay;
using namespace assay::calibration;

/// A trained model's logits of real images, three times as large as they are: the model itself is well
/// calibrated.
class TestZooCalibration : public QObject
{
    Q_OBJECT

    static constexpr std::int64_t kImages = 1500;
    torch::Tensor m_logits, m_labels;

private Q_SLOTS:
    void initTestCase()
    {
        const models::ModelLibrary zoo({ASSAY_TEST_SOURCE_DIR "/resources/zoo"});
        const auto model = zoo.open("fashion-mlp", torch::kCPU);
        const auto set = data::DatasetCatalogue().open("fashion-mnist");
        m_logits = 3 * models::logitsChunked(
                           *model, set->images(data::Split::Test, torch::arange(2 * kImages), torch::kCPU));
        m_labels = set->labels(data::Split::Test).narrow(0, 0, 2 * kImages);
    }

    void promisesHold_data()
    {
        QTest::addColumn<QString>("id");
        for (const CalibratorKind& kind : calibratorKinds())
            QTest::newRow(kind.id.c_str()) << QString::fromStdString(kind.id);
    }

    void promisesHold()
    {
        QFETCH(QString, id);
        using Metric = metrics::CalibrationMetric;
        const Metric wanted[] = {Metric::Accuracy, Metric::Ece, Metric::Nll};
        const CalibratorKind& kind = calibratorKind(id.toStdString());
        const auto calibrator =
            kind.fit({m_logits.narrow(0, 0, kImages), m_labels.narrow(0, 0, kImages)}, {});
        const torch::Tensor z = m_logits.narrow(0, kImages, kImages),
                            y = m_labels.narrow(0, kImages, kImages);
        const torch::Tensor p = calibrator->apply(z);
        if (kind.preservesAccuracy)
            QVERIFY(torch::equal(p.argmax(1), z.argmax(1)));
        const auto before =
            metrics::calibrationMetrics(metrics::LabelledProbabilities::fromLogits(z, y), wanted);
        const auto after =
            metrics::calibrationMetrics(metrics::LabelledProbabilities::fromProbabilities(p, y), wanted);
        qInfo("%-22s accuracy %.4f -> %.4f, ECE %.4f -> %.4f, NLL %.4f -> %.4f", qPrintable(id), before[0],
              after[0], before[1], after[1], before[2], after[2]);
        if (id != "none")
            QVERIFY(after[1] < 0.6 * before[1]);
    }
};

QTEST_GUILESS_MAIN(TestZooCalibration)
#include "tst_zoo_calibration.moc"
