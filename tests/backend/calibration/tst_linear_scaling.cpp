#include "backend/calibration/linear_loss.h"
#include "backend/calibration/registry.h"
#include "tests/backend/calibration/made_logits.h"

#include <torch/types.h>

#include <QTest>

#include <cmath>
#include <vector>

using namespace assay;
using namespace assay::calibration;

class TestLinearScaling : public QObject
{
    Q_OBJECT

    static constexpr LinearShape kShapes[] = {
        {"vector", false, false}, {"matrix", false, true}, {"dirichlet", true, true}};

    static void addShapes()
    {
        QTest::addColumn<int>("shape");
        for (int i = 0; i < 3; ++i)
            QTest::newRow(kShapes[i].id) << i;
    }

    /// Likelihood and ODIR by their definitions, entry by entry.
    static double lossOf(const LinearShape& shape, const test::MadeLogits& made, const std::vector<double>& x,
                         Odir odir)
    {
        const auto c = static_cast<std::size_t>(made.logits.size(1));
        const std::size_t weights = shape.full ? c * c : c;
        const torch::Tensor f = shape.ofLogarithms ? made.logits.softmax(1).log() : made.logits;
        double nll = 0, square = 0, intercepts = 0;
        for (std::int64_t n = 0; n < f.size(0); ++n) {
            std::vector<double> u(c);
            double total = 0;
            for (std::size_t i = 0; i < c; ++i) {
                u[i] = x[weights + i];
                for (std::size_t j = 0; j < c; ++j) {
                    const double w = shape.full ? x[i * c + j] : i == j ? x[i] : 0;
                    u[i] += w * f[n][static_cast<std::int64_t>(j)].item<double>();
                }
                total += std::exp(u[i]);
            }
            nll -= (u[static_cast<std::size_t>(made.labels[n].item<std::int64_t>())] - std::log(total)) /
                   static_cast<double>(f.size(0));
        }
        for (std::size_t i = 0; i < c; ++i) {
            intercepts += x[weights + i] * x[weights + i];
            for (std::size_t j = 0; shape.full && j < c; ++j)
                square += i == j ? 0 : x[i * c + j] * x[i * c + j];
        }
        return nll + odir.offDiagonal * square / static_cast<double>(c * (c - 1)) +
               odir.intercept * intercepts / static_cast<double>(c);
    }

private Q_SLOTS:
    void gradientsAgreeWithDifferences_data() { addShapes(); }
    void gradientsAgreeWithDifferences()
    {
        QFETCH(int, shape);
        const LinearShape& kind = kShapes[shape];
        const test::MadeLogits made = test::madeLogits(20, 3, 1);
        const Odir odir{0.3, 0.7};
        const LinearLoss loss(kind, linearFeatures(kind, made.logits), made.labels, odir);
        std::vector<double> x;
        for (std::int64_t i = 0; i < loss.weights() + 3; ++i)
            x.push_back(std::sin(1.0 + static_cast<double>(i)));
        std::vector<double> gradient(x.size()), unused(x.size());
        QVERIFY(std::abs(loss(x, gradient) - lossOf(kind, made, x, odir)) < 1e-12);
        for (std::size_t i = 0; i < x.size(); ++i) {
            std::vector<double> more = x, less = x;
            more[i] += 1e-5;
            less[i] -= 1e-5;
            // Their error is about the third derivative times 1e-10 / 6.
            QVERIFY(std::abs((loss(more, unused) - loss(less, unused)) / 2e-5 - gradient[i]) < 1e-7);
        }
    }

    /// The chosen weight is the grid's best over held-out folds: strong where classes do not mix (the data's
    /// own map is a multiple of the identity), weak where one class's logit is copied from another's.
    void crossValidationChooses()
    {
        const auto chosen = [](const test::MadeLogits& made) {
            return calibratorKind("matrix")
                .fit({made.logits, made.labels}, {})
                ->parameters()
                .at("regularisation")[0]
                .get<double>();
        };
        test::MadeLogits made = test::madeLogits(300, 4, 2);
        const double plain = chosen(made);
        made.logits.select(1, 3).add_(made.logits.select(1, 0), 1.5);
        const double mixed = chosen(made);
        QVERIFY2(plain >= 10, std::to_string(plain).c_str());
        QVERIFY2(mixed <= 1, std::to_string(mixed).c_str());
    }

    /// Without folds the weights are those given, and their effect is that of ODIR: the stronger, the smaller
    /// what it punishes.
    void givenWeightsAreUsed()
    {
        const test::MadeLogits made = test::madeLogits(200, 3, 2);
        double last = 1e9;
        for (const double weight : {0.0, 0.1, 10.0, 1000.0}) {
            const Json fitted =
                calibratorKind("matrix")
                    .fit({made.logits, made.labels}, {.folds = 0, .offDiagonal = weight, .intercept = weight})
                    ->parameters();
            QCOMPARE(fitted.at("regularisation")[0].get<double>(), weight);
            double size = 0;
            const auto w = fitted.at("weights").get<std::vector<double>>();
            for (std::size_t i = 0; i < w.size(); ++i)
                size += i % 4 == 0 ? 0 : w[i] * w[i];
            for (const double b : fitted.at("intercepts").get<std::vector<double>>())
                size += b * b;
            QVERIFY(size < last);
            last = size;
        }
        QVERIFY(last < 1e-6);
    }
};

QTEST_GUILESS_MAIN(TestLinearScaling)
#include "tst_linear_scaling.moc"
