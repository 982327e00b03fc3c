#include "backend/attacks/carlini_wagner.h"
#include "backend/attacks/deep_fool.h"
#include "backend/attacks/fab.h"
#include "backend/attacks/hyperplane.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "linear_model.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/types.h>

#include <cmath>

using namespace assay;
using namespace assay::attacks;
using namespace assay::test;

namespace {

constexpr std::int64_t kClasses = 5;
constexpr std::int64_t kPixels = 36;
constexpr std::int64_t kFarImages = 60;

torch::Tensor normal(at::IntArrayRef shape, std::uint64_t seed)
{
    return torch::empty(shape).normal_(0, 1, at::detail::createCPUGenerator(seed));
}

/// A linear classifier with weights from a seed, and images about grey whose boundaries lie well inside the
/// box.
struct LinearProblem
{
    torch::Tensor weight = normal({kClasses, kPixels}, 21);
    torch::Tensor x = 0.5 + 0.1 * normal({150, 1, 6, 6}, 22);
    std::shared_ptr<const models::Model> model;
    torch::Tensor y;

    LinearProblem()
    {
        // Balanced at grey, so that every class has images.
        const torch::Tensor bias = -0.5 * weight.sum(1);
        std::vector<std::vector<double>> rows;
        std::vector<double> biases;
        for (std::int64_t k = 0; k < kClasses; ++k) {
            biases.push_back(bias[k].item<double>());
            rows.emplace_back();
            for (std::int64_t j = 0; j < kPixels; ++j)
                rows.back().push_back(weight[k][j].item<double>());
        }
        model = linearModel(rows, biases);
        y = models::predict(*model, x);
        const torch::Tensor far = std::get<1>(nearest(Norm::L2).topk(kFarImages));
        x = x.index_select(0, far);
        y = y.index_select(0, far);
    }

    /// |z_k - z_y| / ||w_k - w_y||_q for each image and class, infinite for the label; q dual to the norm.
    torch::Tensor distances(Norm norm) const
    {
        const torch::Tensor z = model->logits(x);
        const torch::Tensor margins = z.gather(1, y.unsqueeze(1)) - z;
        const torch::Tensor slopes = weight.unsqueeze(0) - weight.index_select(0, y).unsqueeze(1);
        const torch::Tensor sizes = norm == Norm::Linf ? slopes.abs().sum(2) : slopes.norm(2, 2);
        return (margins / sizes).scatter(1, y.unsqueeze(1), INFINITY);
    }
    torch::Tensor nearest(Norm norm) const { return distances(norm).amin(1); }
};

torch::Tensor sizeOf(const torch::Tensor& difference, Norm norm)
{
    const torch::Tensor flat = difference.flatten(1);
    return norm == Norm::Linf ? flat.abs().amax(1) : flat.norm(2, 1);
}

Budget wide(Norm norm, int steps)
{
    return {.norm = norm, .eps = norm == Norm::Linf ? 1.0 : 100.0, .steps = steps};
}

/// The step of one row to the hyperplane, with lambda found by bisection in double.
std::vector<double> stepByBisection(const std::vector<double>& t, const std::vector<double>& w, double excess,
                                    Norm norm)
{
    const auto step = [&](double lambda) {
        std::vector<double> d(t.size());
        for (std::size_t i = 0; i < t.size(); ++i) {
            const double heading = w[i] == 0 ? 0 : (w[i] > 0) == (excess > 0) ? -1 : 1;
            const double speed = norm == Norm::Linf ? 1 : std::abs(w[i]);
            d[i] = heading * std::min(lambda * speed, heading > 0 ? 1 - t[i] : t[i]);
        }
        return d;
    };
    double low = 0, high = 1e6;
    for (int i = 0; i < 200; ++i) {
        const double middle = (low + high) / 2;
        double gain = 0;
        const std::vector<double> d = step(middle);
        for (std::size_t j = 0; j < t.size(); ++j)
            gain += std::abs(w[j] * d[j]);
        (gain < std::abs(excess) ? low : high) = middle;
    }
    return step(high);
}

/// That of L1: the steepest coordinate that is left goes as far as is needed, until all is done.
std::vector<double> stepBySteepness(const std::vector<double>& t, const std::vector<double>& w, double excess)
{
    std::vector<double> d(t.size(), 0.0);
    std::vector<bool> used(t.size(), false);
    double needed = std::abs(excess);
    for (std::size_t round = 0; round < t.size() && needed > 0; ++round) {
        std::size_t steepest = t.size();
        for (std::size_t i = 0; i < t.size(); ++i)
            if (!used[i] && w[i] != 0 && (steepest == t.size() || std::abs(w[i]) > std::abs(w[steepest])))
                steepest = i;
        if (steepest == t.size())
            break;
        used[steepest] = true;
        const double slope = std::abs(w[steepest]);
        const double heading = (w[steepest] > 0) == (excess > 0) ? -1 : 1;
        const double way = std::min(heading > 0 ? 1 - t[steepest] : t[steepest], needed / slope);
        d[steepest] = heading * way;
        needed -= slope * way;
    }
    return d;
}

std::vector<double> numbersOf(const torch::Tensor& row)
{
    const torch::Tensor flat = row.flatten().to(torch::kFloat64).contiguous();
    return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

/// L1 distances in the box to the boundaries of every class, infinite for the label.
torch::Tensor boxedDistances(const LinearProblem& p)
{
    const torch::Tensor z = p.model->logits(p.x);
    torch::Tensor result = torch::full_like(z, INFINITY);
    for (std::int64_t i = 0; i < z.size(0); ++i) {
        const std::int64_t y = p.y[i].item<std::int64_t>();
        for (std::int64_t k = 0; k < kClasses; ++k) {
            if (k == y)
                continue;
            double sum = 0;
            for (const double d : stepBySteepness(numbersOf(p.x[i]), numbersOf(p.weight[k] - p.weight[y]),
                                                  (z[i][k] - z[i][y]).item<double>()))
                sum += std::abs(d);
            result[i][k] = sum;
        }
    }
    return result;
}

} // namespace

class TestSmallestPerturbation : public QObject
{
    Q_OBJECT

private:
    const LinearProblem m_problem;

    static void bothNorms()
    {
        QTest::addColumn<int>("norm");
        QTest::addRow("linf") << int(Norm::Linf);
        QTest::addRow("l2") << int(Norm::L2);
    }

private Q_SLOTS:
    void stepsToHyperplanesByHand()
    {
        const torch::Tensor n = torch::tensor({1.0f, 1.0f}).view({1, 2});
        const auto step = [&](std::vector<float> point, const torch::Tensor& normal, float excess,
                              Norm norm) {
            const torch::Tensor d =
                stepToHyperplane(torch::tensor(point).view({1, 2}), normal, torch::tensor({excess}), norm);
            return std::pair{d[0][0].item<float>(), d[0][1].item<float>()};
        };
        const auto near = [](std::pair<float, float> a, float first, float second) {
            return std::abs(a.first - first) < 1e-6 && std::abs(a.second - second) < 1e-6;
        };
        for (const Norm norm : {Norm::Linf, Norm::L2}) {
            QVERIFY(near(step({0.5f, 0.5f}, n, 0.6f, norm), -0.3f, -0.3f));
            QVERIFY(near(step({0.5f, 0.5f}, n, -0.6f, norm), 0.3f, 0.3f));
            // The first coordinate stops at the wall, the second makes up for it.
            QVERIFY(near(step({0.1f, 0.9f}, n, 0.6f, norm), -0.1f, -0.5f));
            // Out of reach: the corner that comes closest.
            QVERIFY(near(step({0.1f, 0.9f}, n, 5.0f, norm), -0.1f, -0.9f));
            QVERIFY(near(step({0.5f, 0.5f}, torch::zeros({1, 2}), 1.0f, norm), 0, 0));
            QVERIFY(near(step({0.5f, 0.5f}, n, 0.0f, norm), 0, 0));
        }
        const torch::Tensor steep = torch::tensor({2.0f, -1.0f}).view({1, 2});
        QVERIFY(near(step({0.5f, 0.5f}, steep, 0.6f, Norm::L2), -0.24f, 0.12f));
        QVERIFY(near(step({0.5f, 0.5f}, steep, 0.6f, Norm::Linf), -0.2f, 0.2f));
        // The scale of the equation does not matter.
        QVERIFY(near(step({0.5f, 0.5f}, steep * 1e-12, 0.6e-12f, Norm::L2), -0.24f, 0.12f));
    }

    void stepsToHyperplanesByBisection_data() { bothNorms(); }
    void stepsToHyperplanesByBisection()
    {
        QFETCH(int, norm);
        constexpr std::int64_t kRows = 200, kWidth = 30;
        const torch::Tensor t =
            torch::empty({kRows, kWidth}).uniform_(0, 1, at::detail::createCPUGenerator(31));
        torch::Tensor w = normal({kRows, kWidth}, 32);
        w.masked_fill_(w.abs().lt(0.1), 0);                   // some coordinates that do not count
        const torch::Tensor excess = 4 * normal({kRows}, 33); // some beyond reach
        const torch::Tensor d = stepToHyperplane(t, w, excess, Norm(norm));
        double worst = 0;
        for (std::int64_t i = 0; i < kRows; ++i) {
            std::vector<double> point, slope;
            for (std::int64_t j = 0; j < kWidth; ++j) {
                point.push_back(t[i][j].item<double>());
                slope.push_back(w[i][j].item<double>());
            }
            const auto expected = stepByBisection(point, slope, excess[i].item<double>(), Norm(norm));
            for (std::int64_t j = 0; j < kWidth; ++j)
                worst = std::max(worst, std::abs(expected[std::size_t(j)] - d[i][j].item<double>()));
        }
        QVERIFY2(worst < 1e-5, qPrintable(QString::number(worst)));
        QVERIFY((t + d).min().item<double>() >= 0 && (t + d).max().item<double>() <= 1 + 1e-6);
    }

    void stepsToHyperplanesInL1()
    {
        constexpr std::int64_t kRows = 200, kWidth = 30;
        const torch::Tensor t =
            torch::empty({kRows, kWidth}).uniform_(0, 1, at::detail::createCPUGenerator(34));
        torch::Tensor w = normal({kRows, kWidth}, 35);
        w.masked_fill_(w.abs().lt(0.1), 0);
        const torch::Tensor excess = 4 * normal({kRows}, 36); // some beyond reach
        const torch::Tensor d = stepToHyperplane(t, w, excess, Norm::L1);
        double worst = 0;
        for (std::int64_t i = 0; i < kRows; ++i) {
            const auto expected = stepBySteepness(numbersOf(t[i]), numbersOf(w[i]), excess[i].item<double>());
            for (std::int64_t j = 0; j < kWidth; ++j)
                worst = std::max(worst, std::abs(expected[std::size_t(j)] - d[i][j].item<double>()));
        }
        QVERIFY2(worst < 1e-5, qPrintable(QString::number(worst)));
        QVERIFY((t + d).min().item<double>() >= 0 && (t + d).max().item<double>() <= 1 + 1e-6);
        // Sparse: one coordinate at most ends between its image and its wall.
        const torch::Tensor partly = d.ne(0).logical_and((t + d).gt(1e-6)).logical_and((t + d).lt(1 - 1e-6));
        QVERIFY(partly.sum(1).le(1).all().item<bool>());
        QVERIFY(
            torch::equal(stepToHyperplane(t, torch::zeros_like(w), excess, Norm::L1), torch::zeros_like(t)));
    }

    void fabFindsTheDistanceInL1()
    {
        const LinearProblem& p = m_problem;
        const torch::Tensor exact = boxedDistances(p).amin(1);
        const AttackResult result = Fab("fab").run(*p.model, p.x, p.y, wide(Norm::L1, 40));
        QVERIFY(result.success.all().item<bool>());
        const torch::Tensor ratio = (result.adversarial - p.x).abs().flatten(1).sum(1) / exact;
        QVERIFY2(ratio.min().item<double>() > 1 - 1e-3,
                 qPrintable(QString::number(ratio.min().item<double>())));
        QVERIFY2(ratio.median().item<double>() < 1.02,
                 qPrintable(QString::number(ratio.median().item<double>())));
        // The nearest boundary is chosen as if there were no walls: another one may be nearer.
        QVERIFY2(ratio.max().item<double>() < 1.5, qPrintable(QString::number(ratio.max().item<double>())));
    }

    void fabFindsTheDistance_data() { bothNorms(); }
    void fabFindsTheDistance()
    {
        QFETCH(int, norm);
        const LinearProblem& p = m_problem;
        const AttackResult result = Fab("fab").run(*p.model, p.x, p.y, wide(Norm(norm), 30));
        QVERIFY(result.success.all().item<bool>());
        const torch::Tensor ratio = sizeOf(result.adversarial - p.x, Norm(norm)) / p.nearest(Norm(norm));
        // Just beyond the boundary: the overshoot, which backward steps shrink.
        QVERIFY2(ratio.min().item<double>() > 1 - 1e-3,
                 qPrintable(QString::number(ratio.min().item<double>())));
        QVERIFY2(ratio.max().item<double>() < 1.01, qPrintable(QString::number(ratio.max().item<double>())));
    }

    /// One class after the other ends with the first success within eps: that of the class tried first.
    void targetedFabFindsTheDistanceToItsClass_data() { bothNorms(); }
    void targetedFabFindsTheDistanceToItsClass()
    {
        QFETCH(int, norm);
        const LinearProblem& p = m_problem;
        const torch::Tensor second = std::get<1>(p.model->logits(p.x).topk(2, 1)).select(1, 1).contiguous();
        const AttackResult result = Fab("fab-t", {.targeted = true, .targetClasses = 4})
                                        .run(*p.model, p.x, p.y, wide(Norm(norm), 30));
        QVERIFY(result.success.all().item<bool>());
        const torch::Tensor to = p.distances(Norm(norm)).gather(1, second.unsqueeze(1)).squeeze(1);
        const torch::Tensor size = sizeOf(result.adversarial - p.x, Norm(norm));
        QVERIFY((size / to).max().item<double>() < 1.01);
        QVERIFY((size / p.nearest(Norm(norm))).min().item<double>() > 1 - 1e-3);
    }

    void deepFoolFindsTheDistance_data() { bothNorms(); }
    void deepFoolFindsTheDistance()
    {
        QFETCH(int, norm);
        const LinearProblem& p = m_problem;
        const AttackResult result = DeepFool("deepfool").run(*p.model, p.x, p.y, wide(Norm(norm), 50));
        QVERIFY(result.success.all().item<bool>());
        const torch::Tensor size = sizeOf(result.adversarial - p.x, Norm(norm));
        const torch::Tensor exact = p.nearest(Norm(norm));
        // One step suffices: (distance + 1e-4) times 1.02.
        const torch::Tensor expected = (exact + 1e-4) * 1.02;
        QVERIFY((size - expected).abs().max().item<double>() < 1e-5 * double(kPixels));
    }

    void carliniWagnerFindsTheDistance()
    {
        const LinearProblem& p = m_problem;
        // Adam's steps are as long as its rate: smaller than usual, since these distances are.
        const AttackResult result =
            CarliniWagner("cw-l2", {.learningRate = 0.002}).run(*p.model, p.x, p.y, wide(Norm::L2, 500));
        QVERIFY(result.success.all().item<bool>());
        const torch::Tensor ratio = sizeOf(result.adversarial - p.x, Norm::L2) / p.nearest(Norm::L2);
        QVERIFY2(ratio.min().item<double>() > 1 - 1e-3,
                 qPrintable(QString::number(ratio.min().item<double>())));
        // An image between two boundaries may end at the farther one: the margin follows the class that
        // leads.
        QVERIFY2(ratio.median().item<double>() < 1.003,
                 qPrintable(QString::number(ratio.median().item<double>())));
        QVERIFY(ratio.lt(1.03).sum().item<int>() >= kFarImages * 9 / 10);
        QVERIFY2(ratio.max().item<double>() < 1.3, qPrintable(QString::number(ratio.max().item<double>())));
    }

    /// Aimed at the least likely class: its distance is a lower bound, and exact where no third class is in
    /// the way.
    void aimedAttacksReachTheirClass()
    {
        const LinearProblem& p = m_problem;
        const torch::Tensor target = (p.y + 1).remainder(kClasses);
        const torch::Tensor least = p.distances(Norm::L2).gather(1, target.unsqueeze(1)).squeeze(1);
        const auto check = [&](const Attack& attack, int steps, double slack) {
            const AttackResult result =
                attack.run(*p.model, p.x, p.y, wide(Norm::L2, steps), {.target = target});
            QVERIFY(result.success.all().item<bool>());
            QVERIFY(torch::equal(models::predict(*p.model, result.adversarial), target));
            const torch::Tensor ratio = sizeOf(result.adversarial - p.x, Norm::L2) / least;
            QVERIFY(ratio.min().item<double>() > 1 - 1e-3);
            QVERIFY2(ratio.median().item<double>() < slack,
                     qPrintable(QString::number(ratio.median().item<double>())));
        };
        check(CarliniWagner("cw-l2"), 300, 1.3);
        check(Fab("fab", {}), 60, 1.3);
    }

    /// With half the distance as the budget nothing succeeds, and what comes back lies on the ball's surface;
    /// with a little more than the distance of the median image half of them do.
    void respectsTheBudget_data() { bothNorms(); }
    void respectsTheBudget()
    {
        QFETCH(int, norm);
        const LinearProblem& p = m_problem;
        const torch::Tensor exact = p.nearest(Norm(norm));
        std::vector<std::unique_ptr<const Attack>> all;
        all.push_back(std::make_unique<Fab>("fab"));
        all.push_back(std::make_unique<DeepFool>("deepfool"));
        if (Norm(norm) == Norm::L2)
            all.push_back(std::make_unique<CarliniWagner>("cw-l2"));
        for (const auto& attack : all) {
            Budget budget = wide(Norm(norm), 100);
            budget.eps = 0.9 * exact.min().item<double>();
            const AttackResult none = attack->run(*p.model, p.x, p.y, budget);
            QVERIFY(!none.success.any().item<bool>());
            QVERIFY(torch::allclose(sizeOf(none.adversarial - p.x, budget.norm),
                                    torch::full({kFarImages}, budget.eps), 1e-3, 1e-6));
            budget.eps = exact.median().item<double>();
            const AttackResult half = attack->run(*p.model, p.x, p.y, budget);
            QVERIFY(sizeOf(half.adversarial - p.x, budget.norm).max().item<double>() <= budget.eps + 1e-6);
            // Examples lie a little beyond the boundary: 5 % of the radius at most.
            QVERIFY(torch::equal(half.success.logical_and(exact.gt(budget.eps)),
                                 torch::zeros_like(half.success)));
            QVERIFY(half.success.logical_not().logical_and(exact.lt(budget.eps * 0.95)).sum().item<int>() ==
                    0);
        }
    }

    void stoppingGivesTheSameSuccesses()
    {
        const auto model = seededModel("small_cnn", 6);
        const torch::Tensor x = someImages(60);
        const torch::Tensor y = models::predict(*model, x);
        const Budget budget{.norm = Norm::L2, .eps = 0.3, .steps = 40};
        std::vector<std::unique_ptr<const Attack>> all;
        all.push_back(std::make_unique<Fab>("fab"));
        all.push_back(std::make_unique<Fab>("fab-t", FabOptions{.targeted = true}));
        all.push_back(std::make_unique<CarliniWagner>("cw-l2", CarliniWagnerOptions{.searchSteps = 6}));
        for (const auto& attack : all) {
            const AttackResult slow = attack->run(*model, x, y, budget, {.seed = 1});
            const AttackResult fast = attack->run(*model, x, y, budget, {.seed = 1, .stopWhenFooled = true});
            // Rounding in batches of other sizes may decide an image at the very edge.
            QVERIFY(slow.success.ne(fast.success).sum().item<int>() <= 1);
            QVERIFY(fast.gradientImages < slow.gradientImages);
        }
    }

    void deepFoolCannotAim()
    {
        const LinearProblem& p = m_problem;
        try {
            DeepFool("deepfool").run(*p.model, p.x, p.y, wide(Norm::L2, 5), {.target = p.y});
            QFAIL("accepted");
        } catch (const Error& error) {
            QCOMPARE(QString(error.what()),
                     "deepfool: cannot aim at classes. Choose an attack that can, or leave the target out.");
        }
    }
};

QTEST_GUILESS_MAIN(TestSmallestPerturbation)
#include "tst_smallest_perturbation.moc"
