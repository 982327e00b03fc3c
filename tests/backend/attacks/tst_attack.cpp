#include "backend/attacks/registry.h"
#include "backend/models/parallel.h"
#include "backend/protocol/error.h"
#include "linear_model.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <map>

using namespace assay;
using namespace assay::attacks;
using namespace assay::test;

namespace {

using Vector = std::vector<double>;

const std::vector<Vector> kWeights = {
    {1.0, -2.0, 0.5, 0.0, 1.5, -0.3}, {-0.7, 0.4, 2.0, 1.0, -1.0, 0.2}, {0.3, 1.1, -1.2, -0.5, 0.8, 2.2}};
const Vector kBiases = {0.1, -0.2, 0.3};
const Vector kImage = {0.02, 0.5, 0.97, 0.4, 0.75, 0.6}; // two pixels near the ends, so that clipping matters

/// An attack with parameters and budget.
struct Case
{
    std::string id = "pgd";
    Budget budget;
    bool randomStart = false; ///< of pgd
};

AttackResult run(const models::Model& model, const torch::Tensor& x, const torch::Tensor& y, const Case& c,
                 const Context& context = {})
{
    Json parameters = Json::object();
    if (c.id == "pgd")
        parameters["random_start"] = c.randomStart;
    return attacks::attacks().make(c.id, parameters)->run(model, x, y, c.budget, context);
}

/// The classic three, in every norm they know.
const std::vector<std::string> kClassic = {"fgsm", "pgd", "mi-fgsm"};

double distance(const torch::Tensor& a, const torch::Tensor& b, Norm norm)
{
    const torch::Tensor delta = (a - b).flatten(1).to(torch::kFloat64);
    return (norm == Norm::L2 ? delta.norm(2, 1) : delta.abs().amax(1)).max().item<double>();
}

template <class Call>
QString sentenceOf(Call call)
{
    try {
        call();
    } catch (const Error& error) {
        return QString::fromStdString(error.what());
    }
    return {};
}

} // namespace

class TestAttack : public QObject
{
    Q_OBJECT

    static void methodsAndNorms()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<bool>("l2");
        for (const std::string& id : kClassic) {
            for (const bool l2 : {false, true})
                QTest::addRow("%s %s", id.c_str(), l2 ? "L2" : "L-inf") << QString::fromStdString(id) << l2;
        }
    }

private Q_SLOTS:
    void cleanup() { models::setWorkerThreads(0); }

    /// With two classes the gradient's direction never changes, so every attack ends at eps along it.
    void twoClassesHaveAClosedForm_data() { methodsAndNorms(); }

    void twoClassesHaveAClosedForm()
    {
        QFETCH(QString, method);
        QFETCH(bool, l2);
        const auto model = linearModel({{1, -2, 2, 0}, {0, 0, 0, 0}}, {0, 0});
        const torch::Tensor x = torch::full({1, 1, 2, 2}, 0.5f);
        const Case spec{method.toStdString(),
                        {.norm = l2 ? Norm::L2 : Norm::Linf, .eps = 0.3, .steps = 8, .stepSize = 0.1}};
        const torch::Tensor moved =
            run(*model, x, torch::tensor({std::int64_t(0)}), spec).adversarial.flatten() - 0.5;
        const torch::Tensor expected =
            l2 ? torch::tensor({-0.1f, 0.2f, -0.2f, 0.0f}) // 0.3 (-1, 2, -2, 0) / 3
               : torch::tensor({-0.3f, 0.3f, -0.3f, 0.0f});
        QVERIFY(torch::allclose(moved, expected, 0, 1e-6));
    }

    void staysInTheBall_data() { methodsAndNorms(); }

    void staysInTheBall()
    {
        QFETCH(QString, method);
        QFETCH(bool, l2);
        const torch::Tensor x = someImages(64);
        const torch::Tensor y = someLabels(64, 5);
        for (const char* architecture : {"small_cnn", "mlp"}) {
            const auto model = seededModel(architecture, 4);
            for (const double eps : {0.0, 0.03, l2 ? 3.0 : 0.7}) {
                for (const bool start : {false, true}) {
                    const Case spec{method.toStdString(),
                                    {.norm = l2 ? Norm::L2 : Norm::Linf, .eps = eps, .steps = 5},
                                    start};
                    const torch::Tensor result = run(*model, x, y, spec).adversarial;
                    QVERIFY(distance(result, x, spec.budget.norm) <= eps + 1e-6);
                    QVERIFY(result.min().item<float>() >= 0 && result.max().item<float>() <= 1);
                    QVERIFY(eps == 0 || distance(result, x, spec.budget.norm) > eps / 2);
                }
            }
        }
        QVERIFY(torch::equal(x, someImages(64))); // the input is left alone
    }

    void independentOfChunksAndThreads_data() { methodsAndNorms(); }

    void independentOfChunksAndThreads()
    {
        QFETCH(QString, method);
        QFETCH(bool, l2);
        const auto model = seededModel("small_cnn", 6);
        const torch::Tensor x = someImages(130);
        const torch::Tensor y = someLabels(130, 5);
        const Case spec{method.toStdString(),
                        {.norm = l2 ? Norm::L2 : Norm::Linf, .eps = l2 ? 1.0 : 0.1, .steps = 4},
                        true};
        models::setWorkerThreads(1);
        const torch::Tensor one = run(*model, x, y, spec, {.seed = 3}).adversarial;
        models::setWorkerThreads(3);
        QVERIFY(torch::equal(run(*model, x, y, spec, {.seed = 3}).adversarial, one));
        // Another seed matters only to the attack that starts at random.
        QCOMPARE(torch::equal(run(*model, x, y, spec, {.seed = 4}).adversarial, one), method != "pgd");
    }

    void vanishingGradientKeepsItsPlace()
    {
        const auto model = linearModel({{0, 0, 0, 0}, {0, 0, 0, 0}}, {1, 0});
        const torch::Tensor x = torch::full({2, 1, 2, 2}, 0.25f);
        const torch::Tensor y = torch::zeros({2}, torch::kInt64);
        for (const Norm norm : {Norm::L2, Norm::Linf}) {
            for (const std::string& id : kClassic)
                QVERIFY(torch::equal(run(*model, x, y, {id, {.norm = norm}}).adversarial, x));
        }
    }

    void randomStartIsUniformInTheBall()
    {
        const auto model =
            linearModel({{0, 0, 0, 0}, {0, 0, 0, 0}}, {0, 0}); // no gradient: the start remains
        const torch::Tensor x = torch::full({4000, 1, 2, 2}, 0.5f);
        const torch::Tensor y = torch::zeros({4000}, torch::kInt64);
        const auto start = [&](Norm norm) {
            return (run(*model, x, y, {"pgd", {.norm = norm, .eps = 0.4, .steps = 1}, true}, {.seed = 5})
                        .adversarial -
                    x)
                .flatten(1);
        };
        const torch::Tensor radius = start(Norm::L2).norm(2, 1) / 0.4;
        // In four dimensions P(radius < r) = r^4: the median is 2^(-1/4); four standard errors of the share.
        const double inner = radius.lt(std::pow(0.5, 0.25)).to(torch::kFloat64).mean().item<double>();
        QVERIFY(std::abs(inner - 0.5) < 4 * 0.5 / std::sqrt(4000));
        QVERIFY(radius.max().item<double>() <= 1 + 1e-5);
        // In L1 too, and each orthant is as likely as another.
        const torch::Tensor diamond = start(Norm::L1) / 0.4;
        const torch::Tensor reach = diamond.abs().sum(1);
        QVERIFY(std::abs(reach.lt(std::pow(0.5, 0.25)).to(torch::kFloat64).mean().item<double>() - 0.5) <
                4 * 0.5 / std::sqrt(4000));
        QVERIFY(std::abs(diamond.gt(0).to(torch::kFloat64).mean().item<double>() - 0.5) <
                4 * 0.5 / std::sqrt(16000));
        // E|x_i| = E radius / 4 = (4/5) / 4.
        QVERIFY(std::abs(diamond.abs().mean().item<double>() - 0.2) < 0.01);
        const torch::Tensor box = start(Norm::Linf) / 0.4;
        QVERIFY(std::abs(box.pow(2).mean().item<double>() - 1.0 / 3) < 0.01);
        QVERIFY(std::abs(box.mean().item<double>()) < 0.02);
    }

    void gradientIsThatOfTheSummedLoss()
    {
        const auto model = linearModel(kWeights, kBiases);
        const torch::Tensor x = torch::rand({3, 1, 2, 3}, at::detail::createCPUGenerator(4));
        const torch::Tensor y = torch::arange(3);
        const torch::Tensor gradient = inputGradient(*model, x, y);
        // Central differences in double of log-sum-exp(z) - z_y.
        const auto loss = [&](const torch::Tensor& at) {
            const torch::Tensor z = model->logits(at.to(torch::kFloat32)).to(torch::kFloat64);
            return (z.logsumexp(1) - z.gather(1, y.unsqueeze(1)).squeeze(1)).sum().item<double>();
        };
        for (std::int64_t i = 0; i < 18; ++i) {
            torch::Tensor up = x.clone();
            torch::Tensor down = x.clone();
            up.view({-1})[i] += 0.01;
            down.view({-1})[i] -= 0.01;
            const double slope = (loss(up) - loss(down)) / 0.02;
            QVERIFY(std::abs(slope - gradient.view({-1})[i].item<double>()) <
                    2e-4); // third derivative and float32
        }
        QCOMPARE(inputGradient(*model, x.narrow(0, 0, 0), y.narrow(0, 0, 0)).size(0), 0);
    }

    void hooksSeeEveryStep()
    {
        const auto model = seededModel("mlp", 6);
        const torch::Tensor x = someImages(60);
        std::map<std::int64_t, std::vector<int>> steps;
        std::int64_t last = 0;
        torch::Tensor start = torch::zeros_like(x);
        AttackHooks hooks;
        hooks.progress = [&](std::int64_t done, std::int64_t total) {
            QCOMPARE(total, 60 * 3);
            QVERIFY(done > last);
            last = done;
        };
        hooks.step = [&](int step, std::int64_t first, const torch::Tensor& now) {
            steps[first].push_back(step);
            if (step == 0)
                start.narrow(0, first, now.size(0)).copy_(now);
        };
        run(*model, x, someLabels(60, 5), {"pgd", {.eps = 0.1, .steps = 3}}, {.hooks = hooks});
        QCOMPARE(last, 180);
        QCOMPARE(steps.size(), 2u);
        for (const auto& entry : steps)
            QCOMPARE(entry.second, (std::vector<int>{0, 1, 2, 3}));
        QVERIFY(torch::equal(start, x));
    }

    void cancelsBetweenSteps()
    {
        const auto model = seededModel("mlp", 6);
        int calls = 0;
        AttackHooks hooks;
        hooks.checkpoint = [&] {
            if (++calls == 4)
                throw Cancelled();
        };
        bool cancelled = false;
        try {
            run(*model, someImages(60), someLabels(60, 5), {"pgd", {.eps = 0.1, .steps = 1000}},
                {.hooks = hooks});
        } catch (const Cancelled&) {
            cancelled = true;
        }
        QVERIFY(cancelled);
        QVERIFY(calls < 1000);
    }

    void mendableErrors()
    {
        const auto model = seededModel("mlp", 6);
        const torch::Tensor x = someImages(2);
        const torch::Tensor y = someLabels(2, 5);
        const auto with = [&](const Case& spec) { return sentenceOf([&] { run(*model, x, y, spec); }); };
        QVERIFY(with({.id = "fgms"})
                    .startsWith("there is no attack 'fgms'. Known attacks: fgsm, bim, pgd, mi-fgsm"));
        QCOMPARE(with({.budget = {.eps = 1.5}}), "pgd: 'eps' is 1.5; it must be from 0.0 to 1.0.");
        QCOMPARE(with({.budget = {.norm = Norm::L2, .eps = -1}}),
                 "pgd: 'eps' is -1.0; it must be from 0.0 to 1000.0.");
        QCOMPARE(with({.budget = {.eps = std::nan("")}}), "pgd: 'eps' is null; it must be from 0.0 to 1.0.");
        QCOMPARE(with({.budget = {.steps = 0}}), "pgd: 'steps' is 0.0; it must be from 1.0 to 100000.0.");
        QCOMPARE(with({.id = "vmi-fgsm", .budget = {.norm = Norm::L2}}),
                 "vmi-fgsm: is not defined for the norm l2. Choose from linf.");
        const auto on = [&](const torch::Tensor& images, const torch::Tensor& labels,
                            const Context& context = {}) {
            return sentenceOf([&] { run(*model, images, labels, {}, context); });
        };
        QCOMPARE(on(x * 255, y).section(';', 1),
                 " they must lie in [0,1]. Scale the images; normalisation happens inside the model.");
        QCOMPARE(on(x.to(torch::kFloat64), y), "pgd: images must be float32 [N,C,H,W].");
        QCOMPARE(on(x, y.narrow(0, 0, 1)), "pgd: labels must be 2 int64 values, one an image.");
        QCOMPARE(on(x, y + 4), "pgd: labels go from 4 to 5; model 'mlp' has the classes 0 to 4.");
        QCOMPARE(on(x, y, {.target = y + 4}),
                 "pgd: targets go from 4 to 5; model 'mlp' has the classes 0 to 4.");
        QCOMPARE(on(x, y, {.samples = torch::arange(3)}),
                 "pgd: sample numbers must be 2 int64 values, one an image.");
    }

    void aModelOfPredictionsHasNoGradient()
    {
        models::ModelCard card;
        card.name = "answers";
        card.classes.resize(5);
        const models::Model model(models::Predictions{torch::zeros({2, 5}), torch::zeros({2}, torch::kInt64)},
                                  card);
        QCOMPARE(
            sentenceOf([&] { run(model, someImages(2), someLabels(2, 5), {}); }),
            "answers: has predictions only and no network, but pgd takes its gradients. Import the network "
            "itself, or leave this model out.");
    }

    void stepSizesThatZeroStandsFor()
    {
        const auto size = [](const char* id, const Budget& budget) {
            return attacks::attacks().make(id)->resolved(budget).stepSize;
        };
        QCOMPARE(size("pgd", {.norm = Norm::L2, .eps = 1}), 0.2);
        QCOMPARE(size("pgd", {.norm = Norm::Linf, .eps = 1}), 0.25);
        QCOMPARE(size("mi-fgsm", {.norm = Norm::L2, .eps = 1, .steps = 10}), 0.1);
        QCOMPARE(size("bim", {.eps = 0.5, .steps = 10}), 0.05);
        QCOMPARE(size("fgsm", {.eps = 0.3, .stepSize = 0.1}), 0.3);
        QCOMPARE(attacks::attacks().make("fgsm")->resolved({.steps = 7}).steps, 1);
    }
};

QTEST_GUILESS_MAIN(TestAttack)
#include "tst_attack.moc"
