#include "backend/attacks/registry.h"
#include "backend/attacks/steps.h"
#include "linear_model.h"
#include "plain_attack.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/types.h>

#include <map>

using namespace assay;
using namespace assay::attacks;
using namespace assay::test;

namespace {

constexpr std::int64_t kSide = 12; // 1.1 * 12 = 13.2: diversity has one size to resize to, 13 > r >= 12
constexpr std::int64_t kWide = 32; // 35: three sizes
constexpr std::uint64_t kSeed = 77;

/// The attacks written down once more, from their papers.
const std::map<QString, PlainAttack> kPlain = {
    {"fgsm", {.oneStep = true}},
    {"bim", {}},
    {"pgd", {.evenSteps = false, .randomStart = true}},
    {"mi-fgsm", {.momentum = true}},
    {"ni-fgsm", {.momentum = true, .lookAhead = true}},
    {"di2-fgsm", {.diversity = true}},
    {"dim", {.momentum = true, .diversity = true}},
    {"tim", {.momentum = true, .smoothing = true}},
    {"sim", {.momentum = true, .scales = true}},
    {"vmi-fgsm", {.momentum = true, .variance = true}},
    {"vni-fgsm", {.momentum = true, .lookAhead = true, .variance = true}},
    {"ti-dim", {.momentum = true, .diversity = true, .smoothing = true}},
    {"si-ni-fgsm", {.momentum = true, .lookAhead = true, .scales = true}},
    {"si-ni-dim", {.momentum = true, .lookAhead = true, .scales = true, .diversity = true}},
    {"si-ni-tim", {.momentum = true, .lookAhead = true, .scales = true, .smoothing = true}},
    {"si-ni-ti-dim",
     {.momentum = true, .lookAhead = true, .scales = true, .diversity = true, .smoothing = true}},
    {"vmi-si-ti-dim",
     {.momentum = true, .scales = true, .diversity = true, .smoothing = true, .variance = true}},
    {"vni-si-ti-dim",
     {.momentum = true,
      .lookAhead = true,
      .scales = true,
      .diversity = true,
      .smoothing = true,
      .variance = true}}};

struct Problem
{
    PlainModel plain;
    std::shared_ptr<const models::Model> model;
    torch::Tensor x; ///< float32 [3,1,S,S]
};

Problem problem(std::int64_t side)
{
    const at::Generator generator = at::detail::createCPUGenerator(5);
    const torch::Tensor weight =
        torch::empty({3, side * side}).normal_(0, 0.3, generator).to(torch::kFloat64);
    const torch::Tensor bias = torch::tensor({0.1, -0.2, 0.3}, torch::kFloat64);
    std::vector<std::vector<double>> rows;
    for (std::int64_t k = 0; k < 3; ++k)
        rows.emplace_back(weight[k].data_ptr<double>(), weight[k].data_ptr<double>() + side * side);
    return {{weight, bias}, linearModel(rows, {0.1, -0.2, 0.3}), someImages(3, side)};
}

} // namespace

/// Every built-in gradient attack against the formulas of its paper, on a softmax of a linear map, whose
/// gradient is known in closed form.
class TestUpdateRules : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyLineOfTheTableIsTested()
    {
        for (const AttackInfo& info : attacks::attacks().list()) {
            if (info.reference.find("1412.6572") != std::string::npos ||
                info.id.find("fgsm") != std::string::npos)
                QVERIFY2(kPlain.contains(QString::fromStdString(info.id)), info.id.c_str());
        }
    }

    void followsThePaper_data()
    {
        QTest::addColumn<QString>("id");
        QTest::addColumn<int>("norm");
        QTest::addColumn<bool>("targeted");
        for (const auto& [id, plain] : kPlain) {
            for (const Norm norm : attacks::attacks().info(id.toStdString()).norms) {
                for (const bool targeted : {false, true})
                    QTest::addRow("%s %s%s", qPrintable(id), normName(norm), targeted ? " targeted" : "")
                        << id << int(norm) << targeted;
            }
        }
    }

    void followsThePaper()
    {
        QFETCH(QString, id);
        QFETCH(int, norm);
        QFETCH(bool, targeted);
        PlainAttack plain = kPlain.at(id);
        const Problem p = problem(plain.diversity ? kWide : kSide);
        Budget budget{.norm = Norm(norm), .eps = 0.1, .steps = 6};
        if (budget.norm == Norm::L2)
            budget.eps = 0.8;
        if (budget.norm == Norm::L1)
            budget.eps = 3;
        Json parameters = Json::object();
        if (plain.randomStart && budget.norm != Norm::Linf) {
            // How the start is drawn in these norms has a test of its own.
            plain.randomStart = false;
            parameters["random_start"] = false;
        }
        if (plain.variance) {
            plain.neighbours = 4;
            parameters["vt_neighbours"] = 4;
        }
        const torch::Tensor y = torch::tensor({0, 1, 2}, torch::kInt64);
        const torch::Tensor other = torch::tensor({1, 2, 0}, torch::kInt64);
        Context context{.seed = kSeed, .samples = torch::tensor({11, 3, 40}, torch::kInt64)};
        if (targeted)
            context.target = y;
        const auto attack = attacks::attacks().make(id.toStdString(), parameters);
        const AttackResult result = attack->run(*p.model, p.x, targeted ? other : y, budget, context);
        for (std::int64_t i = 0; i < 3; ++i) {
            const torch::Tensor expected =
                plainAttack(p.plain, plain, p.x[i][0].to(torch::kFloat64), i, targeted, budget, kSeed,
                            (*context.samples)[i].item<std::int64_t>());
            const torch::Tensor apart = (result.adversarial[i][0].to(torch::kFloat64) - expected).abs();
            // Six float32 steps against double, and the shrinking of the L1 ball by 1e-6. Interpolation
            // weights in float32 are wrong by some 1e-6, so that of 1024 gradients one or two may take the
            // other sign.
            const double tolerance = plain.diversity ? 3e-5 : 5e-6;
            const std::int64_t allowed = plain.diversity ? 5 : 0;
            QVERIFY2(apart.gt(tolerance).sum().item<std::int64_t>() <= allowed,
                     qPrintable(QString("image %1: %2").arg(i).arg(apart.max().item<double>())));
            const bool fooled = (p.plain.logits(expected).argmax().item<std::int64_t>() == i) == targeted;
            QCOMPARE(result.success[i].item<bool>(), fooled);
        }
        const std::int64_t copies = plain.scales ? 5 : 1, steps = plain.oneStep ? 1 : 6;
        // The last step's variance is used by nobody and not computed.
        const std::int64_t passes = copies * (steps + (plain.variance ? 4 * (steps - 1) : 0));
        QCOMPARE(result.gradientImages, 3 * passes);
        QCOMPARE(result.forwardImages, 3 * (passes + 1));
    }

    void projectsOntoTheL1Ball()
    {
        const torch::Tensor clean = torch::full({40, 1, 5, 6}, 0.5f);
        const torch::Tensor delta =
            torch::empty(clean.sizes()).uniform_(-0.4, 0.4, at::detail::createCPUGenerator(9));
        for (const double eps : {0.0, 0.05, 1.0, 4.0, 100.0}) {
            torch::Tensor position = clean + delta;
            Ball(clean, Norm::L1, eps).project(position);
            for (std::int64_t i = 0; i < 40; ++i) {
                const torch::Tensor expected =
                    projectL1ByBisection(delta[i].flatten().to(torch::kFloat64), eps);
                const torch::Tensor got = (position[i] - clean[i]).flatten().to(torch::kFloat64);
                QVERIFY(torch::allclose(got, expected, 0, 1e-6));
                QVERIFY(got.abs().sum().item<double>() <= eps + 1e-6);
            }
        }
    }

    /// The step goes where it helps and can: the largest gradient is at a white pixel that should get whiter.
    void l1StepLeavesOutWhatCannotMove()
    {
        torch::Tensor x = torch::full({1, 1, 1, 4}, 0.5f);
        x[0][0][0][0] = 1;
        const torch::Tensor gradient = torch::tensor({9.0f, -3.0f, 2.0f, 0.0f}).view({1, 1, 1, 4});
        torch::Tensor position = x.clone();
        Ball(x, Norm::L1, 1).advance(position, gradient, 0.25, 0.25);
        QVERIFY(torch::allclose((position - x).flatten(), torch::tensor({0.0f, -0.25f, 0.0f, 0.0f})));
        position = x.clone();
        Ball(x, Norm::L1, 1).advance(position, gradient, 0.25, 0.5);
        QVERIFY(torch::allclose((position - x).flatten(), torch::tensor({0.0f, -0.125f, 0.125f, 0.0f})));
        position = x.clone();
        Ball(x, Norm::L1, 1).advance(position, gradient, -0.25, 0.25); // downhill the white pixel may darken
        QVERIFY(torch::allclose((position - x).flatten(), torch::tensor({-0.25f, 0.0f, 0.0f, 0.0f})));
    }
};

QTEST_GUILESS_MAIN(TestUpdateRules)
#include "tst_update_rules.moc"
