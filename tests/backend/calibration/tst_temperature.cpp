#include "backend/calibration/registry.h"
#include "backend/calibration/temperature.h"
#include "backend/calibration/temperature_loss.h"
#include "tests/backend/calibration/made_logits.h"

#include <torch/types.h>

#include <QTest>

#include <cmath>
#include <vector>

using namespace assay;
using namespace assay::calibration;

class TestTemperature : public QObject
{
    Q_OBJECT

    /// The loss from its definition, by tensor functions.
    static double lossOf(const test::MadeLogits& made, double temperature, Loss loss)
    {
        const torch::Tensor p = (made.logits / temperature).softmax(1);
        const torch::Tensor picked = p.gather(1, made.labels.unsqueeze(1));
        if (loss == Loss::Nll)
            return -picked.log().mean().item<double>();
        // sum (p - y)^2 = 1 - 2 p_y + sum p^2
        const torch::Tensor each = 1 - 2 * picked.squeeze(1) + p.square().sum(1);
        return each.mean().item<double>() / static_cast<double>(p.size(1));
    }

private Q_SLOTS:
    void derivativesAgreeWithDifferences_data()
    {
        QTest::addColumn<bool>("nll");
        QTest::newRow("nll") << true;
        QTest::newRow("mse") << false;
    }

    /// Central differences with step 1e-5: their error is about 1e-10 relative to the loss here.
    void derivativesAgreeWithDifferences()
    {
        QFETCH(bool, nll);
        const Loss loss = nll ? Loss::Nll : Loss::Mse;
        const test::MadeLogits made = test::madeLogits(12, 5);
        const FitSet set(made.logits, made.labels);
        std::vector<double> at;
        for (int i = 0; i < 12; ++i)
            at.push_back(0.5 + 0.2 * i);
        std::vector<double> derivatives(12);
        temperatureLoss(set, at, loss, derivatives);
        for (std::size_t i = 0; i < at.size(); ++i) {
            std::vector<double> more = at, less = at;
            more[i] += 1e-5;
            less[i] -= 1e-5;
            const double difference =
                (temperatureLoss(set, more, loss, {}) - temperatureLoss(set, less, loss, {})) / 2e-5;
            QVERIFY(std::abs(difference - derivatives[i]) < 1e-9);
        }
    }

    void lossIsItsDefinition()
    {
        const test::MadeLogits made = test::madeLogits(50, 4);
        const FitSet set(made.logits, made.labels);
        for (const Loss loss : {Loss::Nll, Loss::Mse})
            QVERIFY(std::abs(temperatureLoss(set, std::vector<double>(50, 1.7), loss, {}) -
                             lossOf(made, 1.7, loss)) < 1e-13);
    }

    /// Against golden-section search on the loss's definition, as good as its values allow (about 1e-7).
    void fitIsTheLeast()
    {
        for (const double sharpness : {0.4, 1.0, 3.0}) {
            const test::MadeLogits made = test::madeLogits(600, 5, sharpness);
            for (const Loss loss : {Loss::Nll, Loss::Mse}) {
                double low = std::log(0.05), high = std::log(20.0);
                const double golden = (std::sqrt(5.0) - 1) / 2;
                for (int i = 0; i < 80; ++i) {
                    const double a = high - golden * (high - low), b = low + golden * (high - low);
                    (lossOf(made, std::exp(a), loss) < lossOf(made, std::exp(b), loss) ? high : low) =
                        lossOf(made, std::exp(a), loss) < lossOf(made, std::exp(b), loss) ? b : a;
                }
                const double fitted = fitTemperature(FitSet(made.logits, made.labels), loss);
                QVERIFY2(std::abs(fitted / std::exp(low) - 1) < 1e-6, std::to_string(fitted).c_str());
            }
        }
    }

    /// What was drawn from softmax(z) and told as 2 z asks for T = 2; 4000 samples tell it within 10 %.
    void findsTheTemperatureOfTheData()
    {
        const test::MadeLogits made = test::madeLogits(4000, 6, 2);
        QVERIFY(std::abs(fitTemperature(FitSet(made.logits, made.labels), Loss::Nll) - 2) < 0.2);
        QVERIFY(std::abs(fitTemperature(FitSet(made.logits, made.labels), Loss::Mse) - 2) < 0.2);
    }

    /// All right: the colder the better, down to the bound.
    void errorlessSetsEndAtTheBound()
    {
        const torch::Tensor z = torch::eye(4, torch::kFloat64) * 3;
        QVERIFY(std::abs(fitTemperature(FitSet(z, torch::arange(4)), Loss::Nll) - kLowestTemperature) < 0.02);
    }

    void appliesItsTemperature()
    {
        const test::MadeLogits made = test::madeLogits(300, 3);
        const auto calibrator =
            calibratorKind("temperature").fit({made.logits, made.labels}, {.loss = Loss::Mse});
        const double t = calibrator->parameters().at("temperature").get<double>();
        QVERIFY(torch::allclose(calibrator->apply(made.logits), (made.logits / t).softmax(1), 0, 1e-15));
        QCOMPARE(t, fitTemperature(FitSet(made.logits, made.labels), Loss::Mse));
    }
};

QTEST_GUILESS_MAIN(TestTemperature)
#include "tst_temperature.moc"
