#include "backend/attacks/apgd.h"
#include "backend/attacks/losses.h"
#include "backend/attacks/registry.h"
#include "backend/data/catalogue.h"
#include "backend/models/model_file.h"
#include "backend/models/predict.h"
#include "linear_model.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

#include <filesystem>
#include <fstream>
#include <map>

using namespace assay;
using namespace assay::attacks;
using namespace assay::test;

namespace {

/// The network of make_apgd_reference.py.
class ReferenceNetwork final : public models::Network
{
public:
    explicit ReferenceNetwork(const std::map<std::string, torch::Tensor>& weights)
    {
        for (const char* name : {"conv1", "bias1", "conv2", "bias2", "linear", "bias3"})
            m_weights[name] = register_parameter(name, weights.at(name));
    }
    torch::Tensor forward(const torch::Tensor& x, const models::TapSink*) override
    {
        torch::Tensor h = at::conv2d(x, m_weights["conv1"], m_weights["bias1"], 1, 1).relu();
        h = at::conv2d(h, m_weights["conv2"], m_weights["bias2"], 2).relu();
        return at::linear(h.flatten(1), m_weights["linear"], m_weights["bias3"]);
    }
    std::vector<std::string> taps() const override { return {}; }

private:
    std::map<std::string, torch::Tensor> m_weights;
};

double farthest(const torch::Tensor& a, const torch::Tensor& b)
{
    return (a - b).abs().max().item<double>();
}

} // namespace

class TestApgd : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    std::map<std::string, torch::Tensor> m_reference;
    std::shared_ptr<const models::Model> m_model;

private Q_SLOTS:
    void initTestCase()
    {
        QProcess python;
        python.start("/usr/bin/python3",
                     {QStringLiteral(ASSAY_TEST_SOURCE_DIR "/tests/backend/attacks/make_apgd_reference.py"),
                      m_folder.path()});
        QVERIFY2(python.waitForFinished(240000) && python.exitCode() == 0,
                 python.readAllStandardError().constData());
        const std::string folder = m_folder.path().toStdString() + "/";
        const Json index = Json::parse(std::ifstream(folder + "index.json"));
        for (const auto& [name, shape] : index.items()) {
            torch::Tensor values = torch::empty(shape.get<std::vector<std::int64_t>>());
            std::ifstream file(folder + name, std::ios::binary);
            file.read(static_cast<char*>(values.data_ptr()), std::streamsize(values.nbytes()));
            QVERIFY2(file.good() && file.peek() == EOF, name.c_str());
            m_reference[name] = values;
        }
        models::ModelCard card;
        card.name = "reference";
        card.classes.resize(6);
        m_model =
            std::make_shared<const models::Model>(std::make_shared<ReferenceNetwork>(m_reference), card);
    }

    /// Of 100 steps the paper's table in section 3; of others by hand: 0.22 N, then each period shorter by
    /// 0.03 N and no shorter than 0.06 N, in whole numbers.
    void checkpointsAreThePapers()
    {
        QCOMPARE(apgdCheckpoints(100), (std::vector<int>{22, 41, 57, 70, 80, 87, 93, 99}));
        // Periods 11, 10, 9, 8, 7 and then 6, which would end at 51.
        QCOMPARE(apgdCheckpoints(50), (std::vector<int>{11, 21, 30, 38, 45}));
        QCOMPARE(apgdCheckpoints(10), (std::vector<int>{2, 3, 4, 5, 6, 7, 8, 9, 10}));
        QCOMPARE(apgdCheckpoints(1), (std::vector<int>{1}));
    }

    void lossesAreTheReferences_data()
    {
        QTest::addColumn<QString>("loss");
        QTest::addColumn<int>("norm");
        QTest::addColumn<bool>("shrinking");
        for (const char* loss : {"ce", "dlr", "dlr-targeted"}) {
            for (const Norm norm : {Norm::Linf, Norm::L2, Norm::L1})
                QTest::addRow("%s %s", loss, normName(norm)) << loss << int(norm) << false;
            QTest::addRow("%s l1 shrinking", loss) << loss << int(Norm::L1) << true;
        }
    }

    /// The loss after each of 100 iterations (50 in L1), from the image itself, against an implementation
    /// from the paper that takes one image at a time.
    void lossesAreTheReferences()
    {
        QFETCH(QString, loss);
        QFETCH(int, norm);
        QFETCH(bool, shrinking);
        const bool aimed = loss == "dlr-targeted";
        const torch::Tensor x = m_reference.at("x");
        const torch::Tensor y = m_reference.at("y").to(torch::kInt64);
        const torch::Tensor target = m_reference.at("target").to(torch::kInt64);
        const torch::Tensor expected =
            m_reference.at(loss.toStdString() + "-" + normName(Norm(norm)) + (shrinking ? "-shrinking" : ""));
        torch::Tensor reached = torch::full_like(expected, std::nanf(""));
        Context context;
        if (aimed)
            context.target = target;
        context.hooks.step = [&](int step, std::int64_t first, const torch::Tensor& position) {
            const torch::Tensor z = m_model->logits(position);
            const torch::Tensor value = loss == "ce"    ? crossEntropy(z, y, false)
                                        : loss == "dlr" ? dlr(z, y, false)
                                                        : dlrTargeted(z, y, target);
            reached.narrow(0, first, position.size(0)).select(1, step).copy_(value);
        };
        const ApgdOptions options{.loss = loss == "ce"    ? ApgdLoss::CrossEntropy
                                          : loss == "dlr" ? ApgdLoss::Dlr
                                                          : ApgdLoss::DlrTargeted,
                                  .randomStart = false,
                                  .shrinkingRadius = shrinking};
        const double eps = Norm(norm) == Norm::Linf ? 0.03 : Norm(norm) == Norm::L2 ? 0.12 : 0.5;
        const int steps = int(expected.size(1)) - 1;
        const Budget budget{.norm = Norm(norm), .eps = eps, .steps = steps};
        const AttackResult result = Apgd("apgd", options).run(*m_model, x, y, budget, context);
        QVERIFY2(torch::allclose(reached, expected, 1e-5, 1e-5),
                 qPrintable(QString::number(farthest(reached, expected))));
        // The comparison means something only if the step size was halved on the way.
        QVERIFY((expected.slice(1, 1) < expected.slice(1, 0, steps)).any().item<bool>());
        // And the result is the best of them where none fooled.
        if (!aimed && loss == "ce" && !shrinking) {
            const torch::Tensor value = crossEntropy(m_model->logits(result.adversarial), y, false);
            const torch::Tensor best = expected.amax(1);
            const torch::Tensor missed = result.success.logical_not();
            QVERIFY(torch::allclose(value.masked_select(missed), best.masked_select(missed), 1e-5, 1e-5));
        }
    }

    /// Of two linear classes the gradient has one sign everywhere: the corner x + eps sign(w1 - w0), cut with
    /// the box.
    void reachesTheCorner()
    {
        const auto model = linearModel({{1, -2, 0.5, 1}, {0, 1, 1, -3}}, {0.1, 0});
        const torch::Tensor x = torch::tensor({0.5f, 0.5f, 0.95f, 0.02f}).view({1, 1, 2, 2});
        const torch::Tensor y = torch::zeros({1}, torch::kInt64);
        const torch::Tensor corner = torch::tensor({0.4f, 0.6f, 1.0f, 0.0f}).view({1, 1, 2, 2});
        for (const bool start : {true, false}) {
            const AttackResult result = Apgd("apgd-ce", {.randomStart = start})
                                            .run(*model, x, y, {.eps = 0.1, .steps = 30}, {.seed = 3});
            QVERIFY(farthest(result.adversarial, corner) < 1e-6);
        }
        // In L2 along the difference of the weights, here inside the box: (-1, 3, 0.5, -4) / sqrt(26.25).
        const torch::Tensor middle = torch::full({1, 1, 2, 2}, 0.5f);
        const torch::Tensor way = torch::tensor({-1.0f, 3.0f, 0.5f, -4.0f}).view({1, 1, 2, 2});
        const AttackResult l2 =
            Apgd("apgd-ce").run(*model, middle, y, {.norm = Norm::L2, .eps = 0.2, .steps = 100}, {.seed = 3});
        QVERIFY(farthest(l2.adversarial, middle + 0.2 * way / way.norm()) < 1e-4);
    }

    /// Four classes of which only the fourth can be reached: APGD-T finds it however unlikely it is at the
    /// image, as long as it is among the classes tried.
    void triesOneClassAfterTheOther()
    {
        const auto model =
            linearModel({{0, 0, 0, 0}, {0.1, 0, 0, 0}, {0, 0.1, 0, 0}, {6, 6, -6, -6}, {0, 0, 0, 0.1}},
                        {1, 0.5, 0.4, -1, 0.3});
        const torch::Tensor x = torch::full({3, 1, 2, 2}, 0.5f);
        const torch::Tensor y = torch::zeros({3}, torch::kInt64);
        const Budget budget{.eps = 0.15, .steps = 20}; // moves the fourth logit by 24 * 0.15 = 3.6
        const auto fooledWith = [&](int classes) {
            return Apgd("apgd-t", {.loss = ApgdLoss::DlrTargeted, .targetClasses = classes})
                .run(*model, x, y, budget, {})
                .success.all()
                .item<bool>();
        };
        QVERIFY(fooledWith(4));
        QVERIFY(!fooledWith(1));
    }

    void everySampleAloneIsTheSame()
    {
        const auto model = seededModel("mlp", 9);
        const torch::Tensor x = someImages(70);
        const torch::Tensor y = models::predict(*model, x);
        for (const bool stops : {false, true}) {
            const Apgd attack("apgd-t", {.loss = ApgdLoss::DlrTargeted, .restarts = 2, .targetClasses = 3});
            const Budget budget{.eps = 0.03, .steps = 15};
            const AttackResult all = attack.run(*model, x, y, budget, {.seed = 4, .stopWhenFooled = stops});
            QVERIFY(all.success.any().item<bool>() && !all.success.all().item<bool>());
            for (const std::int64_t i : {0, 31, 69}) {
                const AttackResult one = attack.run(
                    *model, x.narrow(0, i, 1), y.narrow(0, i, 1), budget,
                    {.seed = 4, .stopWhenFooled = stops, .samples = torch::full({1}, i, torch::kInt64)});
                QVERIFY(farthest(one.adversarial, all.adversarial.narrow(0, i, 1)) < 1e-4);
                QCOMPARE(one.success.item<bool>(), all.success[i].item<bool>());
            }
        }
    }

    void stoppingCostsLess()
    {
        const auto model = seededModel("mlp", 9);
        const torch::Tensor x = someImages(70);
        const torch::Tensor y = models::predict(*model, x);
        const Budget budget{.eps = 0.05, .steps = 20};
        const AttackResult all = Apgd("apgd-ce").run(*model, x, y, budget, {.seed = 4});
        const AttackResult stopped =
            Apgd("apgd-ce").run(*model, x, y, budget, {.seed = 4, .stopWhenFooled = true});
        // A start, 20 steps of which the last needs no gradient.
        QCOMPARE(all.gradientImages, 70 * 20);
        QCOMPARE(all.forwardImages, 70 * 21);
        QVERIFY(torch::equal(all.success, stopped.success));
        QVERIFY(stopped.gradientImages < all.gradientImages);
        QVERIFY(torch::equal(models::predict(*model, stopped.adversarial) != y, stopped.success));
    }

    void progressEndsAtItsTotal()
    {
        const auto model = seededModel("mlp", 9);
        const torch::Tensor x = someImages(60);
        const torch::Tensor y = models::predict(*model, x);
        std::int64_t last = 0, total = 0;
        Context context{.stopWhenFooled = true};
        context.hooks.progress = [&](std::int64_t done, std::int64_t of) {
            last = done;
            total = of;
        };
        Apgd("apgd-ce").run(*model, x, y, {.eps = 0.1, .steps = 10}, context);
        QCOMPARE(last, 600);
        QCOMPARE(total, 600);
    }

    /// Of two linear classes the best perturbation is a knapsack: the entries of the steepest slopes go to
    /// their walls, the last as far as the radius lasts. Gradients that never change are not what the method
    /// is for: it finds nearly all of it.
    void nearlyFillsTheKnapsackInL1()
    {
        const torch::Tensor w = torch::empty({100}).normal_(0, 1, at::detail::createCPUGenerator(31));
        std::vector<std::vector<double>> rows(2);
        for (std::int64_t i = 0; i < 100; ++i) {
            rows[0].push_back(0);
            rows[1].push_back(w[i].item<double>());
        }
        const auto model = linearModel(rows, {0, -60}); // too far to fool
        const torch::Tensor x =
            torch::empty({12, 1, 10, 10}).uniform_(0, 1, at::detail::createCPUGenerator(32));
        const torch::Tensor y = torch::zeros({12}, torch::kInt64);
        const double eps = 4;
        const torch::Tensor room = torch::where(w.gt(0), 1 - x.flatten(1), x.flatten(1));
        const auto [slopes, order] = w.abs().sort(0, true);
        const torch::Tensor filled = room.index_select(1, order);
        const torch::Tensor left = (eps - (filled.cumsum(1) - filled)).clamp_min(0);
        const torch::Tensor best = (torch::min(filled, left) * slopes).sum(1);
        for (const bool shrinking : {false, true}) {
            const AttackResult result =
                Apgd("apgd-dlr",
                     {.loss = ApgdLoss::Dlr, .shrinkingRadius = shrinking}) // of two classes: the margin
                    .run(*model, x, y, {.norm = Norm::L1, .eps = eps, .steps = 100}, {.seed = 3});
            const torch::Tensor share = ((result.adversarial - x).flatten(1) * w).sum(1) / best;
            qInfo("of the knapsack: %.4f to %.4f", share.min().item<double>(), share.max().item<double>());
            QVERIFY(share.min().item<double>() > 0.95 && share.max().item<double>() < 1 + 1e-5);
        }
    }

    /// Sparse steps and an exact projection are worth more than steps of one size, cut (Croce and Hein 2021,
    /// tables 1 and 2), on a trained model.
    void reachesMoreInL1ThanPgd()
    {
        const auto model = models::loadModel(std::filesystem::path(ASSAY_TEST_SOURCE_DIR) /
                                                 "resources/zoo/fashion-cnn.safetensors",
                                             torch::kCPU);
        const auto data = data::DatasetCatalogue().open("fashion-mnist");
        const torch::Tensor ids = torch::arange(60);
        const torch::Tensor x = data->images(data::Split::Test, ids, torch::kCPU);
        const torch::Tensor y = models::predict(*model, x);
        for (const double eps : {1.0, 2.0}) {
            const Budget budget{.norm = Norm::L1, .eps = eps, .steps = 40};
            const auto fooledBy = [&](const char* id) {
                const AttackResult result =
                    attacks::attacks().make(id)->run(*model, x, y, budget, {.seed = 1});
                const torch::Tensor radii =
                    (result.adversarial - x).abs().to(torch::kFloat64).flatten(1).sum(1);
                return std::pair(result.success.sum().item<std::int64_t>(), radii.max().item<double>());
            };
            const auto [pgd, pgdRadius] = fooledBy("pgd");
            const auto [apgd, apgdRadius] = fooledBy("apgd-ce");
            qInfo("L1 eps %g: of 60 PGD fools %lld, APGD %lld", eps, static_cast<long long>(pgd),
                  static_cast<long long>(apgd));
            QVERIFY(pgdRadius <= eps * (1 + 1e-6) && apgdRadius <= eps * (1 + 1e-6));
            QVERIFY(apgd > 0 && apgd < 60 && apgd >= pgd);
        }
    }

    void samplesAloneAreTheSameInL1()
    {
        const auto model = seededModel("mlp", 9);
        const torch::Tensor x = someImages(60);
        const torch::Tensor y = models::predict(*model, x);
        for (const bool shrinking : {false, true}) {
            const Apgd attack("apgd-ce", {.restarts = 2, .shrinkingRadius = shrinking});
            const Budget budget{.norm = Norm::L1, .eps = 1.2, .steps = 15};
            const AttackResult all = attack.run(*model, x, y, budget, {.seed = 4});
            QVERIFY(all.success.any().item<bool>() && !all.success.all().item<bool>());
            for (const std::int64_t i : {0, 31, 59}) {
                const AttackResult one =
                    attack.run(*model, x.narrow(0, i, 1), y.narrow(0, i, 1), budget,
                               {.seed = 4, .samples = torch::full({1}, i, torch::kInt64)});
                QVERIFY(farthest(one.adversarial, all.adversarial.narrow(0, i, 1)) < 1e-4);
                QCOMPARE(one.success.item<bool>(), all.success[i].item<bool>());
            }
        }
    }

    void sparseCheckpoints()
    {
        const std::vector<int> hundred = apgdSparseCheckpoints(100);
        QCOMPARE(hundred.size(), std::size_t(25));
        QCOMPARE(hundred.front(), 4);
        QCOMPARE(hundred.back(), 100);
        QCOMPARE(apgdSparseCheckpoints(3), (std::vector<int>{1, 2, 3}));
    }
};

QTEST_GUILESS_MAIN(TestApgd)
#include "tst_apgd.moc"
