#include "backend/attacks/losses.h"
#include "backend/attacks/registry.h"
#include "backend/attacks/steps.h"
#include "backend/protocol/error.h"
#include "linear_model.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/autograd.h>
#include <torch/types.h>

#include <cmath>
#include <functional>

using namespace assay;
using namespace assay::attacks;
using namespace assay::test;

namespace {

const std::vector<std::vector<double>> kFirst = {{1, -2, 2, 0}, {0.5, 0, 1, -1}, {0, 1, -1, 2}};
const std::vector<std::vector<double>> kSecond = {{-1, 1, 0.5, 1}, {2, 1, 0, 0}, {1, -1, 1, -2}};

double valueOf(const torch::Tensor& t)
{
    return t.item<double>();
}

bool isNear(double a, double b)
{
    return std::abs(a - b) < 1e-6;
}

std::vector<double> logitsOf(const std::vector<std::vector<double>>& weights, const torch::Tensor& x)
{
    std::vector<double> z;
    for (const auto& row : weights) {
        double sum = 0;
        for (std::int64_t i = 0; i < 4; ++i)
            sum += row[std::size_t(i)] * x.flatten()[i].item<double>();
        z.push_back(sum);
    }
    return z;
}

double softmaxAt(const std::vector<double>& z, std::size_t k)
{
    double sum = 0;
    for (const double value : z)
        sum += std::exp(value);
    return std::exp(z[k]) / sum;
}

} // namespace

class TestLosses : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// The loss of a sample that the model is sure of is small beside its logits, and is not rounded to
    /// theirs.
    void crossEntropyOfSureSamplesKeepsItsDigits()
    {
        const torch::Tensor logits =
            torch::tensor({{1000.f, 985.f, 990.f}, {20.f, 10.f, 1.f}, {-3.f, 300.f, 290.f}});
        const torch::Tensor classes = torch::tensor({0, 0, 1});
        const torch::Tensor wanted =
            -logits.to(torch::kFloat64).log_softmax(1).gather(1, classes.unsqueeze(1)).squeeze(1);
        const torch::Tensor found = crossEntropy(logits, classes, false);
        QVERIFY(((found.to(torch::kFloat64) - wanted).abs() / wanted).max().item<double>() < 1e-2);
    }

    void valuesAreThoseOfTheDefinitions()
    {
        const torch::Tensor z = torch::tensor({3.0f, 1.0f, 2.0f, -1.0f}).unsqueeze(0);
        const torch::Tensor best = torch::tensor({0}, torch::kInt64),
                            second = torch::tensor({2}, torch::kInt64);
        const double sum = std::exp(3) + std::exp(1) + std::exp(2) + std::exp(-1);
        QVERIFY(isNear(valueOf(crossEntropy(z, best, false)), std::log(sum) - 3));
        QVERIFY(isNear(valueOf(crossEntropy(z, second, true)), 2 - std::log(sum)));
        QVERIFY(isNear(valueOf(margin(z, best, false)), -1));  // 2 - 3
        QVERIFY(isNear(valueOf(margin(z, second, false)), 1)); // 3 - 2
        QVERIFY(isNear(valueOf(margin(z, second, true)), -1));
        QVERIFY(isNear(valueOf(dlr(z, best, false)), -0.5)); // -(3 - 2) / (3 - 1)
        QVERIFY(isNear(valueOf(dlr(z, second, false)), 0.5));
        QVERIFY(isNear(valueOf(dlr(z, second, true)), -0.5));
        QVERIFY(isNear(valueOf(dlrTargeted(z, best, second)), -1.0 / 3)); // -(3 - 2) / (3 - (1 - 1) / 2)
        QVERIFY_EXCEPTION_THROWN(dlrTargeted(z.narrow(1, 0, 3), best, second), Error);
        QVERIFY_EXCEPTION_THROWN(lossFromName("cw"), Error);
    }

    /// The ratio does not change when the logits are scaled: what makes it see through masked gradients.
    void dlrIgnoresTheScale()
    {
        const torch::Tensor z = torch::tensor({3.0f, 1.0f, 2.0f, -1.0f}).unsqueeze(0);
        const torch::Tensor y = torch::tensor({0}, torch::kInt64);
        QVERIFY(isNear(valueOf(dlr(z * 100, y, false)), valueOf(dlr(z, y, false))));
    }

    void gradientsAreThoseOfTheLosses_data()
    {
        QTest::addColumn<QString>("loss");
        QTest::addColumn<int>("fusion");
        for (const std::string& name : lossNames())
            for (const Fusion fusion : {Fusion::Logits, Fusion::Probabilities, Fusion::Losses})
                QTest::addRow("%s %s", name.c_str(), fusionName(fusion))
                    << QString::fromStdString(name) << int(fusion);
    }

    /// Against central differences of formulas in double.
    void gradientsAreThoseOfTheLosses()
    {
        QFETCH(QString, loss);
        QFETCH(int, fusion);
        const auto first = linearModel(kFirst, {0, 0, 0}), second = linearModel(kSecond, {0, 0, 0});
        const Source source({first.get(), second.get()}, Fusion(fusion), {3, 1});
        const torch::Tensor x = torch::tensor({0.3f, 0.7f, 0.4f, 0.9f}).view({1, 1, 2, 2});

        const auto lossAt = [&](const std::vector<double>& z, std::size_t y) {
            std::vector<double> others;
            for (std::size_t k = 0; k < 3; ++k)
                if (k != y)
                    others.push_back(z[k]);
            const double best = std::max(others[0], others[1]);
            const double span = *std::ranges::max_element(z) - *std::ranges::min_element(z);
            if (loss == "ce")
                return -std::log(softmaxAt(z, y));
            return loss == "margin" ? best - z[y] : (best - z[y]) / span;
        };
        const auto objective = [&](const torch::Tensor& at, std::size_t y) {
            const std::vector<double> a = logitsOf(kFirst, at), b = logitsOf(kSecond, at);
            if (Fusion(fusion) == Fusion::Losses)
                return 0.75 * lossAt(a, y) + 0.25 * lossAt(b, y);
            std::vector<double> z(3);
            for (std::size_t k = 0; k < 3; ++k)
                z[k] = Fusion(fusion) == Fusion::Logits
                           ? 0.75 * a[k] + 0.25 * b[k]
                           : std::log(0.75 * softmaxAt(a, k) + 0.25 * softmaxAt(b, k));
            return lossAt(z, y);
        };
        for (std::int64_t y = 0; y < 3; ++y) {
            torch::Tensor logits, losses;
            const GradientOptions options{
                .loss = lossFromName(loss.toStdString()), .logits = &logits, .losses = &losses};
            const torch::Tensor g = lossGradient(source, x, torch::tensor({y}), options);
            QVERIFY(isNear(valueOf(losses), objective(x, std::size_t(y))));
            QVERIFY(torch::allclose(logits, source.logits(x), 0, 1e-6));
            for (std::int64_t i = 0; i < 4; ++i) {
                torch::Tensor up = x.to(torch::kFloat64), down = up.clone();
                up.view({-1})[i] += 1e-5;
                down.view({-1})[i] -= 1e-5;
                const double slope = (objective(up, std::size_t(y)) - objective(down, std::size_t(y))) / 2e-5;
                QVERIFY(std::abs(slope - g.flatten()[i].item<double>()) < 1e-5);
            }
        }
    }

    /// The mean of two linear models' logits is a linear model: attacks on both are the same attack.
    void fusedLogitsAreOneModel()
    {
        std::vector<std::vector<double>> mean(3, std::vector<double>(4));
        for (std::size_t k = 0; k < 3; ++k)
            for (std::size_t i = 0; i < 4; ++i)
                mean[k][i] = (kFirst[k][i] + kSecond[k][i]) / 2;
        const auto first = linearModel(kFirst, {0, 0, 0}), second = linearModel(kSecond, {0, 0, 0});
        const auto one = linearModel(mean, {0, 0, 0});
        const torch::Tensor x = someImages(20, 2), y = someLabels(20, 3);
        const auto attack = attacks::attacks().make("mi-fgsm");
        const Budget budget{.norm = Norm::L2, .eps = 0.5, .steps = 4};
        const AttackResult both =
            attack->run(Source({first.get(), second.get()}, Fusion::Logits), x, y, budget, {});
        const AttackResult single = attack->run(*one, x, y, budget, {});
        QVERIFY(torch::allclose(both.adversarial, single.adversarial, 0, 1e-6));
        QVERIFY(torch::equal(both.success, single.success));
        QCOMPARE(both.gradientImages, 2 * single.gradientImages);
    }

    /// A model whose say is all of the weight decides alone, whatever is averaged.
    void aWeightOfOneIsTheModelItself()
    {
        const auto first = linearModel(kFirst, {0, 0, 0}), second = linearModel(kSecond, {0, 0, 0});
        const torch::Tensor x = someImages(20, 2), y = someLabels(20, 3);
        const auto attack = attacks::attacks().make("pgd");
        const Budget budget{.eps = 0.2, .steps = 4};
        const torch::Tensor alone = attack->run(*first, x, y, budget, {}).adversarial;
        for (const Fusion fusion : {Fusion::Logits, Fusion::Probabilities, Fusion::Losses}) {
            const Source source({first.get(), second.get()}, fusion, {2, 0});
            QVERIFY(torch::allclose(attack->run(source, x, y, budget, {}).adversarial, alone, 0, 1e-6));
        }
    }

    /// Rows on the CPU are gone through one by one; columns of a wider tensor are left to the operators.
    void rowsAreThoseOfTheOperators()
    {
        const torch::Tensor wide =
            3 * torch::empty({20, 9}).normal_(0, 1, at::detail::createCPUGenerator(6)).round();
        const torch::Tensor strided = wide.narrow(1, 0, 7);
        const torch::Tensor rows = strided.contiguous(); // whole numbers: with ties
        const torch::Tensor y = torch::arange(20).remainder(7);
        const torch::Tensor weights = torch::arange(20).to(torch::kFloat32);
        for (const bool targeted : {false, true}) {
            QVERIFY(torch::equal(margin(rows, y, targeted), margin(strided, y, targeted)));
            QVERIFY(torch::equal(fooled(rows, y, targeted), fooled(strided, y, targeted)));
            const auto slopes = [&](const torch::Tensor& z, torch::Tensor& loss) {
                const torch::Tensor leaf = z.detach().requires_grad_(true);
                loss = crossEntropy(leaf, y, targeted);
                return torch::autograd::grad({loss}, {leaf}, {weights.to(z.dtype())})[0];
            };
            torch::Tensor found;
            torch::Tensor wanted;
            const torch::Tensor slope = slopes(rows, found);
            const torch::Tensor exact = slopes(rows.to(torch::kFloat64), wanted); // not float32: operators
            QVERIFY(torch::allclose(found.to(torch::kFloat64), wanted, 1e-6, 1e-6));
            QVERIFY(torch::allclose(slope.to(torch::kFloat64), exact, 1e-6, 1e-6));
        }
        // The first of those that are no number counts as largest.
        for (std::int64_t k = 0; k < 7; ++k) {
            torch::Tensor some = rows.clone();
            some.select(1, k).fill_(NAN);
            some.select(1, 4).masked_fill_(torch::arange(20).ge(10), NAN);
            QVERIFY(torch::equal(fooled(some, y, false), some.argmax(1).ne(y)));
            QVERIFY(torch::equal(fooled(some, y, true), some.argmax(1).eq(y)));
        }
        torch::Tensor broken = rows.clone();
        broken[3][2] = NAN;
        QVERIFY(torch::equal(fooled(broken, y, false), fooled(broken.to(torch::kFloat64), y, false)));
        QVERIFY(torch::equal(margin(broken, y, false).isnan(),
                             margin(broken.to(torch::kFloat64), y, false).isnan()));
        QVERIFY_THROWS_EXCEPTION(c10::Error, crossEntropy(rows, y + 1, false));
    }

    void refusesWhatIsNoEnsemble()
    {
        const auto three = linearModel(kFirst, {0, 0, 0});
        const auto two = linearModel({{1, 0, 0, 0}, {0, 1, 0, 0}}, {0, 0});
        const auto sentence = [](const std::function<void()>& call) {
            try {
                call();
            } catch (const Error& error) {
                return QString::fromStdString(error.what());
            }
            return QString();
        };
        QCOMPARE(sentence([&] {
                     Source({three.get(), two.get()}, Fusion::Logits);
                 }),
                 "models 'linear' and 'linear' have 3 and 2 classes; to be attacked as one they must have "
                 "the same.");
        QCOMPARE(sentence([&] { Source({}, Fusion::Logits); }), "an attack needs at least one model.");
        QCOMPARE(sentence([&] { Source({three.get()}, Fusion::Logits, {0}); }),
                 "the weights of 1 models must be as many numbers of 0 or more, not all 0.");
        QCOMPARE(Source({three.get(), three.get()}, Fusion::Losses).name(),
                 std::string("linear + linear (losses)"));
    }
};

QTEST_GUILESS_MAIN(TestLosses)
#include "tst_losses.moc"
