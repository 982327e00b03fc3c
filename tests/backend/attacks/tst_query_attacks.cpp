#include "backend/attacks/hop_skip_jump.h"
#include "backend/attacks/square.h"
#include "backend/attacks/square_moves.h"
#include "backend/models/parallel.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "linear_model.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/types.h>

#include <atomic>
#include <cmath>

using namespace assay;
using namespace assay::attacks;
using namespace assay::test;

namespace {

constexpr std::int64_t kQuerySide = 6;

/// Two classes with one weight a pixel, balanced at grey.
std::shared_ptr<const models::Model> twoClasses(torch::Tensor& weight)
{
    weight = torch::empty({kQuerySide * kQuerySide}).normal_(0, 1, at::detail::createCPUGenerator(41));
    std::vector<double> other;
    for (std::int64_t j = 0; j < weight.size(0); ++j)
        other.push_back(weight[j].item<double>());
    return linearModel({std::vector<double>(other.size(), 0.0), other},
                       {0, -0.5 * weight.sum().item<double>()});
}

torch::Tensor greyImages(std::int64_t count)
{
    return 0.5 + 0.05 * torch::empty({count, 1, kQuerySide, kQuerySide})
                            .normal_(0, 1, at::detail::createCPUGenerator(42));
}

double worstSize(const torch::Tensor& difference, Norm norm)
{
    const torch::Tensor flat = difference.flatten(1);
    if (norm == Norm::L1)
        return flat.to(torch::kFloat64).abs().sum(1).max().item<double>();
    return (norm == Norm::Linf ? flat.abs().amax(1) : flat.norm(2, 1)).max().item<double>();
}

} // namespace

class TestQueryAttacks : public QObject
{
    Q_OBJECT

    static void bothNorms()
    {
        QTest::addColumn<int>("norm");
        QTest::addRow("linf") << int(Norm::Linf);
        QTest::addRow("l2") << int(Norm::L2);
    }

private Q_SLOTS:
    void cleanup() { models::setWorkerThreads(0); }

    void squaresShrinkAsPublished()
    {
        const SquareOptions fixed{.rescale = false};
        QCOMPARE(squareShare(0, 5000, fixed), 0.8);
        QCOMPARE(squareShare(10, 5000, fixed), 0.8);
        QCOMPARE(squareShare(11, 5000, fixed), 0.4);
        QCOMPARE(squareShare(51, 5000, fixed), 0.2);
        QCOMPARE(squareShare(201, 5000, fixed), 0.1);
        QCOMPARE(squareShare(501, 5000, fixed), 0.05);
        QCOMPARE(squareShare(4999, 5000, fixed), 0.8 / 128);
        QCOMPARE(squareShare(8001, 10000, fixed), 0.8 / 512);
        // Rescaled, half of any budget is iteration 5000 of 10000.
        QCOMPARE(squareShare(500, 1000, {}), 0.8 / 128);
        QCOMPARE(squareShare(1, 1000, {}), 0.8);
        QCOMPARE(squareShare(2, 1000, {}), 0.4);
    }

    /// Side 5: above a bump of 2 x 5 about (1,2), below the negative of one of 3 x 5 about (1,2). Sums of
    /// 1/(k+1)^2 from the Chebyshev distance to 2: 49/36 in the middle, 13/36 around it, 4/36 beyond.
    void bumpsByHand()
    {
        const torch::Tensor above =
            torch::tensor({{4.0, 13.0, 13.0, 13.0, 4.0}, {4.0, 13.0, 49.0, 13.0, 4.0}});
        const torch::Tensor below = torch::tensor(
            {{4.0, 13.0, 13.0, 13.0, 4.0}, {4.0, 13.0, 49.0, 13.0, 4.0}, {4.0, 13.0, 13.0, 13.0, 4.0}});
        const torch::Tensor expected =
            torch::cat({above / above.norm(), -below / below.norm()}) / std::sqrt(2.0);
        QVERIFY(torch::allclose(squareBumps(5), expected.to(torch::kFloat32), 1e-5, 1e-6));
        for (const std::int64_t side : {1, 2, 3, 8, 25})
            QVERIFY(std::abs(squareBumps(side).norm().item<double>() - 1) < 1e-5);
    }

    void squareFoolsWithinItsBudget_data() { bothNorms(); }
    void squareFoolsWithinItsBudget()
    {
        QFETCH(int, norm);
        torch::Tensor weight;
        const auto model = twoClasses(weight);
        const torch::Tensor x = greyImages(120);
        const torch::Tensor y = models::predict(*model, x);
        const torch::Tensor margin = (model->logits(x).select(1, 1)).abs();
        const torch::Tensor exact = margin / (Norm(norm) == Norm::Linf ? weight.abs().sum() : weight.norm());
        const Budget budget{.norm = Norm(norm), .eps = 1.5 * exact.max().item<double>(), .queries = 3000};
        const AttackResult result = Square("square").run(*model, x, y, budget, {.seed = 5});
        // Half as far again as any boundary: nearly every image must fall.
        QVERIFY2(result.success.to(torch::kFloat64).mean().item<double>() >= 0.95,
                 qPrintable(QString::number(result.success.to(torch::kFloat64).mean().item<double>())));
        QVERIFY(torch::equal(models::predict(*model, result.adversarial) != y, result.success));
        QVERIFY(worstSize(result.adversarial - x, budget.norm) <= budget.eps * (1 + 1e-6) + 1e-6);
        QVERIFY(result.queries.max().item<std::int64_t>() <= 3000);
        QVERIFY(result.queries.min().item<std::int64_t>() >= 1);
        QCOMPARE(result.forwardImages, result.queries.sum().item<std::int64_t>());
        // Below the distance nothing can fall.
        Budget small = budget;
        small.eps = 0.99 * exact.min().item<double>();
        small.queries = 50;
        const AttackResult none = Square("square").run(*model, x, y, small, {.seed = 5});
        QVERIFY(!none.success.any().item<bool>());
        QVERIFY(none.queries.eq(50).all().item<bool>());
        // The proposal kept is nearer to the boundary than the image.
        const torch::Tensor left = model->logits(none.adversarial).select(1, 1).abs();
        QVERIFY((left < margin).to(torch::kFloat64).mean().item<double>() > 0.95);
    }

    /// In L1 the nearest boundary is reached with the steepest pixels alone, which squares do not single out:
    /// some times that distance is needed, and then nearly every image falls.
    void squareFoolsInL1()
    {
        torch::Tensor weight;
        const auto model = twoClasses(weight);
        const torch::Tensor x = greyImages(60);
        const torch::Tensor y = models::predict(*model, x);
        const torch::Tensor margin = model->logits(x).select(1, 1).abs();
        const torch::Tensor exact = margin / weight.abs().max(); // the room is not spent
        const Budget budget{.norm = Norm::L1, .eps = 6 * exact.max().item<double>(), .queries = 2000};
        const AttackResult result = Square("square").run(*model, x, y, budget, {.seed = 5});
        const double rate = result.success.to(torch::kFloat64).mean().item<double>();
        QVERIFY2(rate >= 0.95, qPrintable(QString::number(rate)));
        QVERIFY(torch::equal(models::predict(*model, result.adversarial) != y, result.success));
        QVERIFY(worstSize(result.adversarial - x, Norm::L1) <= budget.eps * (1 + 1e-6));
        Budget small = budget;
        small.eps = 0.99 * exact.min().item<double>();
        small.queries = 50;
        const AttackResult none = Square("square").run(*model, x, y, small, {.seed = 5});
        QVERIFY(!none.success.any().item<bool>());
        QVERIFY(worstSize(none.adversarial - x, Norm::L1) <= small.eps + 1e-6);
        const torch::Tensor left = model->logits(none.adversarial).select(1, 1).abs();
        QVERIFY((left < margin).to(torch::kFloat64).mean().item<double>() > 0.95);
    }

    void everyImageAskedAboutIsCounted()
    {
        const auto model = seededModel("mlp", 9);
        const torch::Tensor x = someImages(70);
        const torch::Tensor y = models::predict(*model, x);
        std::vector<std::unique_ptr<const QueryAttack>> all;
        all.push_back(std::make_unique<Square>("square"));
        all.push_back(std::make_unique<HopSkipJump>("hop-skip-jump"));
        for (const auto& attack : all) {
            for (const std::int64_t queries : {1, 2, 3, 20, 400}) {
                std::atomic<std::int64_t> asked = 0;
                std::atomic<bool> inside = true;
                const auto answer = [&](const torch::Tensor& images) {
                    asked += images.size(0);
                    if (images.min().item<float>() < 0 || images.max().item<float>() > 1)
                        inside = false;
                    return model->logits(images);
                };
                const AttackResult result =
                    attack->attack(answer, torch::kCPU, x, y,
                                   {.norm = Norm::L2, .eps = 0.5, .queries = queries}, {.seed = 2});
                QCOMPARE(result.queries.sum().item<std::int64_t>(), asked.load());
                QVERIFY(result.queries.max().item<std::int64_t>() <= queries);
                QVERIFY(inside);
                QVERIFY(worstSize(result.adversarial - x, Norm::L2) <= 0.5 * (1 + 1e-6) + 1e-6);
            }
        }
    }

    /// In loops over the pixels and by operators, from states that are reached on the way.
    void windowsMoveMassAlike_data()
    {
        QTest::addColumn<int>("norm");
        QTest::addColumn<int>("channels");
        for (const Norm norm : {Norm::L2, Norm::L1})
            for (const int channels : {1, 2})
                QTest::addRow("%s, %d", normName(norm), channels) << int(norm) << channels;
    }
    void windowsMoveMassAlike()
    {
        QFETCH(int, norm);
        QFETCH(int, channels);
        const double eps = Norm(norm) == Norm::L2 ? 1.5 : 12;
        constexpr std::int64_t kSamples = 12;
        at::Generator generator = at::detail::createCPUGenerator(17);
        const torch::Tensor clean =
            torch::empty({kSamples, channels, 13, 11}).uniform_(-0.2, 1.2, generator).clamp_(0, 1);
        torch::Tensor best = clean.clone(); // of which nothing is spent at first
        SquareMoves moves;
        SquareWindows windows;
        std::int64_t small = 0;
        for (int round = 0; round < 40; ++round) {
            const torch::Tensor spent = massPerImage(Norm(norm), best - clean);
            const WindowState state{
                .norm = Norm(norm), .eps = eps, .best = best, .clean = clean, .spent = spent};
            const torch::Tensor uniform = torch::empty({kSamples, 5 + channels}).uniform_(0, 1, generator);
            const std::int64_t side = windowSide(0.5 / (1 + round), 13, 11);
            const torch::Tensor wanted = moves.proposeByOperators(state, uniform, side);
            const torch::Tensor found = moves.propose(state, uniform, side, windows);
            QVERIFY((found - wanted).abs().amax().item<double>() < 2e-6);
            for (std::int64_t i = 0; i < kSamples; ++i) {
                const models::Region& at = windows.squares()[std::size_t(i)];
                torch::Tensor rest = found[i].ne(best[i]);
                rest.narrow(1, at.top, at.bottom - at.top).narrow(2, at.left, at.right - at.left).zero_();
                QVERIFY(!rest.any().item<bool>());
                small += at.bottom - at.top < 13 || at.right - at.left < 11;
            }
            windows.settle(best, torch::rand({kSamples}, generator).gt(0.4));
            QVERIFY(worstSize(best - clean, Norm(norm)) <= eps * (1 + 1e-6));
        }
        // In L1 of several channels the whole image changes.
        QCOMPARE(small > 200, Norm(norm) == Norm::L2 || channels == 1);
    }

    void squareAsksAboutChangesAlike_data()
    {
        QTest::addColumn<QByteArray>("architecture");
        QTest::addColumn<bool>("targeted");
        QTest::addColumn<double>("eps"); // that some resist
        QTest::addColumn<int>("norm");
        const auto linf = int(Norm::Linf);
        const auto l2 = int(Norm::L2);
        QTest::addRow("small_cnn") << QByteArray("small_cnn") << false << 0.03 << linf;
        QTest::addRow("small_cnn, targeted") << QByteArray("small_cnn") << true << 0.2 << linf;
        QTest::addRow("resnet") << QByteArray("resnet") << false << 0.015 << linf;
        QTest::addRow("resnet, targeted") << QByteArray("resnet") << true << 0.03 << linf;
        QTest::addRow("mlp") << QByteArray("mlp") << false << 0.015 << linf;
        QTest::addRow("mlp, targeted") << QByteArray("mlp") << true << 0.03 << linf;
        QTest::addRow("small_cnn, L2") << QByteArray("small_cnn") << false << 0.3 << l2;
        QTest::addRow("resnet, L2") << QByteArray("resnet") << false << 0.12 << l2;
        QTest::addRow("mlp, L2") << QByteArray("mlp") << false << 0.12 << l2;
        const auto l1 = int(Norm::L1);
        QTest::addRow("small_cnn, L1") << QByteArray("small_cnn") << false << 2.0 << l1;
        QTest::addRow("resnet, L1") << QByteArray("resnet") << false << 1.0 << l1;
        QTest::addRow("mlp, L1") << QByteArray("mlp") << false << 1.0 << l1;
    }

    /// A model is asked about what squares change; a function, about whole images, of which layers over
    /// images make what they make of the first. The answers are the same, but where pixels go into a linear
    /// layer: there sums are rounded otherwise, and now and then a proposal is so little better that this
    /// decides.
    void squareAsksAboutChangesAlike()
    {
        QFETCH(QByteArray, architecture);
        QFETCH(bool, targeted);
        QFETCH(double, eps);
        QFETCH(int, norm);
        const bool exact = architecture != "mlp";
        const torch::Tensor x = someImages(120);
        const auto model = seededModel(architecture.constData(),
                                       architecture == "small_cnn" ? seedOfVariedAnswers(x.size(0)) : 9);
        const torch::Tensor y = models::predict(*model, x);
        const Budget budget{.norm = Norm(norm), .eps = eps, .queries = 120};
        Context context{.seed = 4};
        if (targeted)
            context.target = (y + 1).remainder(5);
        models::setWorkerThreads(2);
        const Square square("square");
        const AttackResult changes = square.run(*model, x, y, budget, context);
        const auto answer = [&](const torch::Tensor& images) {
            return exact ? model->localChanges(images)->begin(images) : model->logits(images);
        };
        const AttackResult whole = square.attack(answer, torch::kCPU, x, y, budget, context);
        QVERIFY(whole.success.any().item<bool>() && !whole.success.all().item<bool>());
        const torch::Tensor apart = (changes.adversarial - whole.adversarial).abs().flatten(1).amax(1);
        const torch::Tensor same = apart.le(exact ? 0 : 1e-5);
        QVERIFY(same.to(torch::kFloat64).mean().item<double>() >= (exact ? 1 : 0.95));
        QVERIFY(torch::equal(changes.success.logical_and(same), whole.success.logical_and(same)));
        QVERIFY(torch::equal(changes.queries * same, whole.queries * same));
        QCOMPARE(changes.forwardImages, changes.queries.sum().item<std::int64_t>());
        // Without a function for whole images: that run() has taken this way, and no question another.
        const Answers onlyChanges = {.logits = {}, .localChanges = [&](const torch::Tensor& like) {
                                         return model->localChanges(like);
                                     }};
        const AttackResult alone = square.attack(onlyChanges, torch::kCPU, x, y, budget, context);
        QVERIFY(torch::equal(alone.adversarial, changes.adversarial));
        QVERIFY(torch::equal(alone.queries, changes.queries));
    }

    /// At a point of a linear boundary the estimate is the boundary's normal, up to the noise of B probes in
    /// d dimensions: a cosine of about 1 / sqrt(1 + pi d / (2 B)), here 0.97.
    void directionIsTheNormal_data() { bothNorms(); }
    void directionIsTheNormal()
    {
        QFETCH(int, norm);
        torch::Tensor weight;
        const auto model = twoClasses(weight);
        const torch::Tensor x = torch::full({4, 1, kQuerySide, kQuerySide}, 0.5f); // on the boundary
        const torch::Tensor y = torch::zeros({4}, torch::kInt64);
        const Budget budget{.norm = Norm(norm), .eps = 1};
        const Context context;
        HookCalls hooks(context.hooks, 1);
        Queries queries([&](const torch::Tensor& images) { return model->logits(images); }, 4);
        torch::Tensor adversarial = x.clone();
        QueryTask task{.queries = queries,
                       .budget = budget,
                       .context = context,
                       .hooks = hooks,
                       .firstImage = 0,
                       .part = 50,
                       .clean = x,
                       .classes = y,
                       .targeted = false,
                       .samples = torch::arange(4),
                       .adversarial = adversarial,
                       .success = torch::zeros({4}, torch::kBool)};
        const auto estimate = [&](const torch::Tensor& position) {
            return boundaryDirection(task,
                                     {.position = position,
                                      .rows = torch::arange(4),
                                      .samples = torch::arange(4),
                                      .radius = torch::full({4}, 0.1f),
                                      .evaluations = 1010,
                                      .iteration = 3},
                                     RandomStreams(7, 1));
        };
        const torch::Tensor found = estimate(x);
        QVERIFY(queries.counts().eq(1010).all().item<bool>());
        QVERIFY(torch::allclose(found.flatten(1).norm(2, 1), torch::ones({4}), 0, 1e-5));
        const torch::Tensor cosine = found.flatten(1).mv(weight) / weight.norm();
        QVERIFY2(cosine.min().item<double>() > 0.93,
                 qPrintable(QString::number(cosine.min().item<double>())));
        // What the samples' estimates are off by has nothing in common, though one draw serves all: in 35
        // dimensions four standard deviations of the cosine are 0.68.
        const torch::Tensor along = (weight / weight.norm()).unsqueeze(0);
        torch::Tensor off = found.flatten(1) - cosine.unsqueeze(1) * along;
        off = off / off.norm(2, 1, true);
        const torch::Tensor common = off.mm(off.t()).fill_diagonal_(0).abs();
        QVERIFY2(common.max().item<double>() < 0.68,
                 qPrintable(QString::number(common.max().item<double>())));
        // In other parts the same, and by operators, which take what does not lie number after number.
        task.part = 7;
        QVERIFY(torch::equal(estimate(x), found));
        const torch::Tensor turned = x.transpose(2, 3).contiguous().transpose(2, 3);
        QVERIFY(!turned.is_contiguous());
        QVERIFY(torch::allclose(estimate(turned), found, 0, 1e-6));
    }

    void hopSkipJumpFindsTheDistance_data() { bothNorms(); }
    void hopSkipJumpFindsTheDistance()
    {
        QFETCH(int, norm);
        torch::Tensor weight;
        const auto model = twoClasses(weight);
        const torch::Tensor x = greyImages(20);
        const torch::Tensor y = models::predict(*model, x);
        const torch::Tensor exact = model->logits(x).select(1, 1).abs() /
                                    (Norm(norm) == Norm::Linf ? weight.abs().sum() : weight.norm());
        const Budget budget{
            .norm = Norm(norm), .eps = Norm(norm) == Norm::Linf ? 1.0 : 100.0, .queries = 5000};
        const AttackResult result = HopSkipJump("hop-skip-jump").run(*model, x, y, budget, {.seed = 3});
        QVERIFY(result.success.all().item<bool>());
        QVERIFY(torch::equal(models::predict(*model, result.adversarial) != y, result.success));
        const torch::Tensor flat = (result.adversarial - x).flatten(1);
        const torch::Tensor ratio = (Norm(norm) == Norm::Linf ? flat.abs().amax(1) : flat.norm(2, 1)) / exact;
        QVERIFY2(ratio.min().item<double>() > 1 - 1e-3,
                 qPrintable(QString::number(ratio.min().item<double>())));
        // L-inf steps by signs, of which an estimate gets the small ones wrong.
        const double most = Norm(norm) == Norm::Linf ? 1.5 : 1.1;
        QVERIFY2(ratio.median().item<double>() < most,
                 qPrintable(QString::number(ratio.median().item<double>())));
        QVERIFY(result.queries.max().item<std::int64_t>() <= 5000);
    }

    void hopSkipJumpKeepsToTheBall()
    {
        torch::Tensor weight;
        const auto model = twoClasses(weight);
        const torch::Tensor x = greyImages(20);
        const torch::Tensor y = models::predict(*model, x);
        const torch::Tensor exact = model->logits(x).select(1, 1).abs() / weight.norm();
        const Budget budget{.norm = Norm::L2, .eps = exact.median().item<double>() * 1.05, .queries = 3000};
        const AttackResult all = HopSkipJump("hop-skip-jump").run(*model, x, y, budget, {.seed = 3});
        const AttackResult stopped =
            HopSkipJump("hop-skip-jump").run(*model, x, y, budget, {.seed = 3, .stopWhenFooled = true});
        for (const AttackResult& result : {all, stopped}) {
            QVERIFY(worstSize(result.adversarial - x, Norm::L2) <= budget.eps * (1 + 1e-6) + 1e-6);
            QVERIFY(torch::equal(models::predict(*model, result.adversarial) != y, result.success));
            QVERIFY(result.success.any().item<bool>() && !result.success.all().item<bool>());
            QVERIFY(!result.success.logical_and(exact.gt(budget.eps)).any().item<bool>());
        }
        QVERIFY(stopped.queries.sum().item<std::int64_t>() < all.queries.sum().item<std::int64_t>());
    }

    /// Images that are wrong already cost one question; a model of one answer for everything costs the tries.
    void hopSkipJumpAtTheEdges()
    {
        torch::Tensor weight;
        const auto model = twoClasses(weight);
        const torch::Tensor x = greyImages(5);
        const torch::Tensor wrong = 1 - models::predict(*model, x);
        const Budget budget{.norm = Norm::L2, .eps = 1, .queries = 500};
        const AttackResult already = HopSkipJump("hop-skip-jump").run(*model, x, wrong, budget);
        QVERIFY(already.success.all().item<bool>());
        QVERIFY(torch::equal(already.adversarial, x));
        QVERIFY(already.queries.eq(1).all().item<bool>());
        const auto constant =
            linearModel({std::vector<double>(36, 0.0), std::vector<double>(36, 0.0)}, {1, 0});
        const AttackResult never = HopSkipJump("hop-skip-jump", {.startTries = 30})
                                       .run(*constant, x, torch::zeros({5}, torch::kInt64), budget);
        QVERIFY(!never.success.any().item<bool>());
        QVERIFY(torch::equal(never.adversarial, x));
        QVERIFY(never.queries.eq(31).all().item<bool>());
        try {
            HopSkipJump("hop-skip-jump").run(*model, x, wrong, budget, {.target = wrong});
            QFAIL("accepted");
        } catch (const Error& error) {
            QCOMPARE(QString(error.what()), "hop-skip-jump: cannot aim at classes: it would have to start "
                                            "from an image of each. Choose an "
                                            "attack that can, or leave the target out.");
        }
    }

    void partsGiveWhatTheWholeGives_data()
    {
        QTest::addColumn<bool>("square");
        QTest::addColumn<int>("norm");
        for (const bool square : {true, false})
            for (const Norm norm : {Norm::Linf, Norm::L2})
                QTest::addRow("%s %s", square ? "square" : "hop-skip-jump", normName(norm))
                    << square << int(norm);
    }

    /// 1200 questions: far enough that samples leave and estimates are made.
    void partsGiveWhatTheWholeGives()
    {
        QFETCH(bool, square);
        QFETCH(int, norm);
        torch::Tensor weight;
        const auto model = twoClasses(weight);
        const torch::Tensor x = greyImages(110);
        const torch::Tensor y = models::predict(*model, x);
        const std::unique_ptr<const Attack> attack =
            square ? std::unique_ptr<const Attack>(std::make_unique<Square>("square"))
                   : std::make_unique<HopSkipJump>("hop-skip-jump");
        const Budget budget{
            .norm = Norm(norm), .eps = Norm(norm) == Norm::Linf ? 0.05 : 0.25, .queries = 1200};
        models::setWorkerThreads(1);
        const AttackResult one = attack->run(*model, x, y, budget, {.seed = 3});
        models::setWorkerThreads(3);
        const AttackResult three = attack->run(*model, x, y, budget, {.seed = 3});
        QVERIFY(torch::equal(one.adversarial, three.adversarial));
        QVERIFY(torch::equal(one.queries, three.queries));
        for (const auto& [first, n] : {std::pair<int, int>{0, 7}, {7, 1}, {60, 50}}) {
            const AttackResult part =
                attack->run(*model, x.narrow(0, first, n), y.narrow(0, first, n), budget,
                            {.seed = 3, .samples = torch::arange(first, first + n)});
            // Sums are rounded otherwise in batches of another size, and an answer at the very boundary may
            // change.
            const torch::Tensor same =
                (part.adversarial - one.adversarial.narrow(0, first, n)).abs().flatten(1).amax(1).lt(1e-4);
            QVERIFY(same.to(torch::kFloat64).mean().item<double>() >= 0.8);
        }
        const AttackResult other = attack->run(*model, x, y, budget, {.seed = 4});
        QVERIFY(!torch::equal(one.adversarial, other.adversarial));
    }
};

QTEST_GUILESS_MAIN(TestQueryAttacks)
#include "tst_query_attacks.moc"
