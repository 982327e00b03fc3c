#include "backend/attacks/registry.h"
#include "backend/models/initialise.h"
#include "backend/models/predict.h"
#include "linear_model.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/autograd.h>
#include <torch/types.h>

using namespace assay;
using namespace assay::attacks;
using namespace assay::test;

namespace {

constexpr double kEps = 0.08;
constexpr int kSteps = 10;
constexpr double kStep = 0.02;

/// PGD as everybody writes it: the network as trained, weights that require gradients, one batch, every step.
torch::Tensor plainPgd(models::Network& network, const torch::Tensor& x, const torch::Tensor& y, bool l2)
{
    torch::Tensor now = x.clone();
    for (int t = 0; t < kSteps; ++t) {
        now = now.detach().requires_grad_(true);
        const torch::Tensor loss = at::cross_entropy_loss(network.forward(now), y);
        loss.backward();
        const torch::Tensor g = now.grad().detach();
        now = now.detach();
        if (l2) {
            const torch::Tensor length = g.flatten(1).norm(2, 1).view({-1, 1, 1, 1});
            torch::Tensor delta = now + 6 * kStep * g / length - x;
            const torch::Tensor size = delta.flatten(1).norm(2, 1).view({-1, 1, 1, 1});
            delta = delta * (6 * kEps / size).clamp_max(1);
            now = (x + delta).clamp(0, 1);
        } else {
            now = (x + (now + kStep * g.sign() - x).clamp(-kEps, kEps)).clamp(0, 1);
        }
    }
    return now;
}

} // namespace

/// What is fast is what is plain: folded, frozen and cut into chunks, the attack is the same attack.
class TestPlainLoop : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void equalsThePlainLoop_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<bool>("l2");
        for (const char* architecture : {"small_cnn", "resnet", "mlp"})
            for (const bool l2 : {false, true})
                QTest::addRow("%s %s", architecture, l2 ? "L2" : "L-inf") << QString(architecture) << l2;
    }

    void equalsThePlainLoop()
    {
        QFETCH(QString, architecture);
        QFETCH(bool, l2);
        const auto model = seededModel(architecture.toUtf8().constData(), 31, 16);
        const torch::Tensor x = someImages(130, 16), y = models::predict(*model, x);
        const auto network = model->cloneNetwork();
        for (torch::Tensor& weight : network->parameters())
            weight.requires_grad_(true);
        const torch::Tensor plain = plainPgd(*network, x, y, l2);
        const AttackResult ours = attacks::attacks()
                                      .make("pgd", {{"random_start", false}})
                                      ->run(*model, x, y,
                                            {.norm = l2 ? Norm::L2 : Norm::Linf,
                                             .eps = l2 ? 6 * kEps : kEps,
                                             .steps = kSteps,
                                             .stepSize = l2 ? 6 * kStep : kStep},
                                            {});
        const torch::Tensor apart = (ours.adversarial - plain).abs();
        // Folding rounds, and where a gradient is all but zero rounding decides its sign: nearly every pixel
        // agrees.
        QVERIFY(apart.lt(1e-4).to(torch::kFloat64).mean().item<double>() > 0.995);
        const torch::Tensor plainSuccess = models::predict(*model, plain) != y;
        // Not every one of these untrained networks is fooled within the L2 ball; all are in that of L-inf.
        QVERIFY(l2 || plainSuccess.sum().item<int>() > 20);
        QVERIFY((plainSuccess != ours.success).sum().item<int>() <= 1);
    }
};

QTEST_GUILESS_MAIN(TestPlainLoop)
#include "tst_plain_loop.moc"
