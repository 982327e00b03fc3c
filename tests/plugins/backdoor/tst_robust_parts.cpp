#include "backend/engine/files.h"
#include "backend/imaging/image_codec.h"
#include "backend/protocol/error.h"
#include "plugins/backdoor/robust_autoencoder.h"
#include "plugins/backdoor/robust_distil.h"
#include "plugins/backdoor/robust_external.h"
#include "plugins/backdoor/robust_results.h"
#include "tests/support/bench_context.h"

#include <QTemporaryDir>
#include <QTest>
#include <torch/nn.h>
#include <torch/script.h>

#include <cmath>
#include <functional>

using namespace assay;
using namespace assay::backdoor;

namespace {

/// float32 [n,C,H,W] of smooth images, the same every time.
torch::Tensor smoothImages(std::int64_t n, std::int64_t channels = 1, std::int64_t side = 28)
{
    const torch::Tensor at = torch::arange(n * channels * side * side, torch::kFloat32);
    return (0.5 + 0.4 * (at * 0.013).sin() * (at * 0.0007).cos()).view({n, channels, side, side});
}

double robustDistance(const torch::Tensor& a, const torch::Tensor& b)
{
    return (a - b).abs().max().item<double>();
}

QString robustSentence(const std::function<void()>& call)
{
    try {
        call();
    } catch (const Error& error) {
        return QString::fromStdString(error.what());
    }
    return {};
}

} // namespace

class TestRobustParts : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void distillationLossByHand()
    {
        // Two images, two classes. Softened at tau = 2: the teacher says 1/2, 1/2 and 3/4, 1/4.
        const double tau = 2, alpha = 0.3;
        const torch::Tensor teacher = torch::tensor({{1.0F, 1.0F}, {float(2 * std::log(3.0)), 0.0F}});
        const torch::Tensor student = torch::tensor({{2.0F, 0.0F}, {0.0F, 0.0F}});
        const torch::Tensor y = torch::tensor({0, 1}, torch::kInt64);
        const double s = std::exp(1.0) / (std::exp(1.0) + 1); // softened student, class 0 of the first image
        const double first = 0.5 * std::log(0.5 / s) + 0.5 * std::log(0.5 / (1 - s));
        const double second = 0.75 * std::log(0.75 / 0.5) + 0.25 * std::log(0.25 / 0.5);
        const double plain = (std::log(1 + std::exp(-2.0)) + std::log(2.0)) / 2;
        const double tempered = (-std::log(s) + std::log(2.0)) / 2;
        const double divergence = (first + second) / 2; // batchmean
        const auto loss = [&](bool atTau) {
            return distillationLoss(student, teacher, y,
                                    {.temperature = tau, .alpha = alpha, .temperedLabels = atTau})
                .item<double>();
        };
        QVERIFY(std::abs(loss(false) - (alpha * 4 * divergence + 0.7 * plain)) < 1e-6);
        QVERIFY(std::abs(loss(true) - (alpha * 4 * divergence + 0.7 * tempered)) < 1e-6);
    }

    void distillationIsLibTorchsBatchmean()
    {
        torch::Tensor teacher = torch::randn({7, 5}, at::detail::createCPUGenerator(1));
        torch::Tensor student = torch::randn({7, 5}, at::detail::createCPUGenerator(2));
        const torch::Tensor y = torch::zeros({7}, torch::kInt64);
        namespace F = torch::nn::functional;
        const torch::Tensor expected =
            100 * F::kl_div(F::log_softmax(student / 10, 1), F::softmax(teacher / 10, 1),
                            F::KLDivFuncOptions().reduction(torch::kBatchMean));
        const torch::Tensor loss = distillationLoss(student, teacher, y, {.temperature = 10, .alpha = 1});
        QVERIFY(robustDistance(loss, expected) < 1e-5);
        // Labels alone ask no teacher.
        const torch::Tensor labels = distillationLoss(student, {}, y, {.alpha = 0});
        QVERIFY(robustDistance(labels, F::cross_entropy(student, y)) < 1e-6);
    }

    void coloursAreTransferred()
    {
        const torch::Tensor x = smoothImages(3, 3), v = (1 - smoothImages(3, 3)) * 0.3 + 0.2;
        const torch::Tensor moved = colourTransfer(v, x);
        QVERIFY(robustDistance(moved.mean({2, 3}), x.mean({2, 3})) < 0.01);
        QVERIFY(robustDistance(moved.std({2, 3}, false), x.std({2, 3}, false)) < 0.01);
        QVERIFY(robustDistance(v.mean({2, 3}), x.mean({2, 3})) > 0.05);
        // A plain image gets the mean alone.
        const torch::Tensor flat = colourTransfer(torch::full_like(x, 0.3), x);
        QVERIFY(robustDistance(flat, x.mean({2, 3}, true).expand_as(x)) < 1e-6);
    }

    void whatAnImageBecomesIsItsOwn_data()
    {
        QTest::addColumn<QString>("which");
        QTest::newRow("augmentation") << "augment";
        QTest::newRow("blur") << "blur";
        QTest::newRow("autoencoder") << "autoencoder";
    }

    void whatAnImageBecomesIsItsOwn()
    {
        QFETCH(QString, which);
        const auto make = [&](std::uint64_t seed) -> std::unique_ptr<const RobustVariation> {
            if (which == "blur")
                return plainBlur();
            if (which == "augment")
                return strongAugmentation(seed);
            const RobustAutoencoderSpec spec{.code = 8, .width = 4, .epochs = 1, .noise = 0.5};
            const auto bytes = (smoothImages(60) * 255).to(torch::kUInt8);
            return autoencoderVariation(trainAutoencoder(bytes, spec, torch::kCPU, {}).weights, spec,
                                        {1, 28, 28}, torch::kCPU, seed);
        };
        const auto variation = make(5);
        const torch::Tensor x = smoothImages(6), ids = torch::tensor({4, 9, 2, 77, 1, 5}, torch::kInt64);
        const torch::Tensor together = variation->vary(x, 0.6, ids);
        QCOMPARE(together.sizes(), x.sizes());
        QVERIFY(together.min().item<float>() >= 0 && together.max().item<float>() <= 1);
        const torch::Tensor rows = torch::tensor({3, 1}, torch::kInt64);
        const torch::Tensor apart = variation->vary(x.index_select(0, rows), 0.6, ids.index_select(0, rows));
        QVERIFY(robustDistance(apart, together.index_select(0, rows)) < 1e-5);
        QVERIFY(robustDistance(variation->vary(x, 0, ids), x) < 1e-5);
        if (which == "blur")
            return;
        QVERIFY(robustDistance(make(6)->vary(x, 0.6, ids), together) > 1e-3);
        QVERIFY(robustDistance(variation->vary(x, 0.6, ids + 1), together) > 1e-3);
        QVERIFY(make(6)->key() != variation->key());
    }

    void detailsComeBackUnlessTheyStandOut()
    {
        const torch::Tensor made = torch::full({1, 1, 8, 8}, 0.4);
        torch::Tensor x = made.clone();
        x.index_put_({0, 0, 2, 2}, 0.45); // texture
        x.index_put_({0, 0, 5, 5}, 1.0);  // a trigger
        const torch::Tensor v = withDetails(made, x, 0.5);
        QVERIFY(std::abs(v[0][0][2][2].item<double>() - 0.4493) < 1e-3);
        QVERIFY(std::abs(v[0][0][5][5].item<double>() - (0.4 + 0.6 * std::exp(-2.0))) < 1e-5);
        QVERIFY(torch::equal(withDetails(made, x, 0), x));
        QVERIFY(torch::equal(withDetails(made, x, 1), made));
        const torch::Tensor stronger = withDetails(made, x, 0.7);
        QVERIFY(stronger[0][0][5][5].item<double>() < 0.4 + 1e-4);
    }

    void autoencoderLearns()
    {
        const auto bytes = (smoothImages(200) * 255).to(torch::kUInt8);
        const RobustAutoencoderSpec spec{.code = 8, .width = 4, .epochs = 6, .noise = 0.2};
        const TrainedAutoencoder once = trainAutoencoder(bytes, spec, torch::kCPU, {});
        QCOMPARE(once.losses.size(), std::size_t(6));
        QVERIFY2(once.losses.back() < once.losses.front() / 2,
                 qPrintable(QString::number(once.losses.back())));
        const TrainedAutoencoder again = trainAutoencoder(bytes, spec, torch::kCPU, {});
        for (std::size_t i = 0; i < once.weights.size(); ++i)
            QVERIFY(torch::equal(once.weights[i].second, again.weights[i].second));
    }

    void noiseGoesFromNoneToAll()
    {
        const torch::Tensor x = smoothImages(2), noise = torch::ones_like(x);
        QVERIFY(robustDistance(noisedImages(x, torch::zeros({2}), noise), 2 * x - 1) < 1e-6);
        QVERIFY(robustDistance(noisedImages(x, torch::ones({2}), noise), noise) < 1e-6);
        const torch::Tensor half = noisedImages(x, torch::full({2}, 0.5), noise);
        QVERIFY(robustDistance(half, std::sqrt(0.5) * (2 * x - 1 + noise)) < 1e-6);
    }

    void blurKeepsMeansAndSpreadsAPoint()
    {
        torch::Tensor x = torch::zeros({1, 2, 15, 15});
        x.index_put_({0, 1, 7, 7}, 1);
        const torch::Tensor blurred = gaussianBlur(x, 1);
        QVERIFY(robustDistance(blurred[0][0], torch::zeros({15, 15})) < 1e-7);
        QVERIFY(std::abs(blurred.sum().item<double>() - 1) < 1e-5);
        // Neighbours in a Gaussian of deviation 1: exp(-1/2).
        QVERIFY(std::abs((blurred[0][1][7][8] / blurred[0][1][7][7]).item<double>() - std::exp(-0.5)) < 1e-5);
    }

    void aurocCountsTiesHalf()
    {
        const auto scores = torch::tensor({3.0, 1.0, 2.0, 2.0}, torch::kFloat64);
        QCOMPARE(aurocOf(scores, torch::tensor({true, false, true, false})), 3.5 / 4);
        QVERIFY(std::isnan(aurocOf(scores, torch::tensor({true, true, true, true}))));
    }

    void scriptsVary()
    {
        const QTemporaryDir folder;
        const auto file = [&](const char* name) {
            return std::filesystem::path(folder.filePath(name).toStdString());
        };
        torch::jit::Module graded("Graded");
        graded.define("def forward(self, images: Tensor, strength: float) -> Tensor:\n"
                      "  return images * (1.0 - strength)\n");
        graded.save(file("graded.pt").string());
        const auto variation = scriptVariation(file("graded.pt"), 0);
        QVERIFY(variation->graded());
        const torch::Tensor x = smoothImages(2), ids = torch::arange(2, torch::kInt64);
        QVERIFY(robustDistance(variation->vary(x, 0.25, ids), 0.75 * x) < 1e-6);

        torch::jit::Module small("Small");
        small.define("def forward(self, images: Tensor) -> Tensor:\n  return images[:, :, 1:]\n");
        small.save(file("small.pt").string());
        const auto wrong = scriptVariation(file("small.pt"), 0);
        QVERIFY(!wrong->graded());
        QCOMPARE(robustSentence([&] { wrong->vary(x, 1, ids); }),
                 "small.pt: 'forward' must answer with float32 images of the size it is given. Write "
                 "forward(self, images: Tensor, strength: float) -> Tensor, float32 in [0,1].");
        torch::jit::Module odd("Odd");
        odd.define("def forward(self, images: Tensor, other: float) -> Tensor:\n  return images * other\n");
        odd.save(file("odd.pt").string());
        QCOMPARE(robustSentence([&] { scriptVariation(file("odd.pt"), 0); }),
                 "odd.pt: 'forward' has an argument 'other' without a default. Write forward(self, images: "
                 "Tensor, strength: float) -> Tensor, float32 in [0,1].");
    }

    void foldersVary()
    {
        const QTemporaryDir folder;
        const std::filesystem::path path(folder.path().toStdString());
        const auto pixels = (smoothImages(2) * 255).to(torch::kUInt8);
        const auto write = [&](const char* name, const torch::Tensor& image) {
            const auto png = imaging::encodePng(image);
            engine::writeFileAtomically(path / name, {reinterpret_cast<const char*>(png.data()), png.size()});
        };
        write("0007.png", pixels[0]);
        write("12.png", pixels[1]);
        test::BenchContext context;
        const auto variation = folderVariation(path, context.dataset({"fashion-mnist"}));
        QVERIFY(!variation->graded());
        const torch::Tensor x = torch::zeros({2, 1, 28, 28});
        const torch::Tensor v = variation->vary(x, 1, torch::tensor({12, 7}, torch::kInt64));
        QVERIFY(robustDistance(v[0] * 255, pixels[1].to(torch::kFloat32)) < 1e-3);
        QVERIFY(robustDistance(v[1] * 255, pixels[0].to(torch::kFloat32)) < 1e-3);
        QCOMPARE(robustSentence([&] {
                     variation->vary(x, 1, torch::tensor({12, 8}, torch::kInt64));
                 }),
                 QString::fromStdString(path.string()) +
                     ": there is no variation of training image 8. Put a picture 8.png there, for each image "
                     "used.");
    }
};

QTEST_GUILESS_MAIN(TestRobustParts)
#include "tst_robust_parts.moc"
