#include "backend/models/saliency.h"
#include "backend/models/zoo.h"
#include "tests/support/sentence_of.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTest>
#include <torch/nn/functional/upsampling.h>
#include <torch/types.h>

#include <filesystem>

using namespace assay;
using namespace assay::models;

namespace {

std::shared_ptr<const Model> shownModel(const char* name)
{
    const ModelLibrary zoo({std::filesystem::path(ASSAY_TEST_SOURCE_DIR) / "resources/zoo"});
    return zoo.open(name, torch::kCPU);
}

torch::Tensor shownImages(std::int64_t count)
{
    return torch::rand({count, 1, 28, 28}, at::detail::createCPUGenerator(5));
}

} // namespace

/// Where a model looks.
class TestSaliency : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void ofTheZoo_data()
    {
        QTest::addColumn<QString>("name");
        for (const char* name : {"fashion-cnn", "fashion-resnet", "fashion-vgg", "fashion-convmixer"})
            QTest::newRow(name) << QString(name);
    }
    void ofTheZoo()
    {
        QFETCH(QString, name);
        const auto model = shownModel(name.toUtf8().constData());
        const torch::Tensor x = shownImages(3), y = torch::tensor({1, 4, 7}, torch::kInt64);
        const torch::Tensor maps = gradCam(*model, x, y);
        QCOMPARE(maps.sizes().vec(), (std::vector<std::int64_t>{3, 28, 28}));
        QVERIFY(maps.min().item<float>() >= 0 && maps.max().item<float>() <= 255.001F);
        QVERIFY(
            gradCam(*model, x.narrow(0, 1, 1), y.narrow(0, 1, 1)).allclose(maps.narrow(0, 1, 1), 1e-3, 0.5));
    }

    /// Known in closed form where the last features, flattened, feed a linear layer: the channel weights are
    /// means of that layer's weights over the places of each channel.
    void byHand()
    {
        const auto model = shownModel("fashion-cnn");
        const torch::Tensor x = shownImages(1);
        QCOMPARE(*lastSpatialTap(*model, x), std::string("block3"));
        torch::Tensor features, weight;
        model->logits(x, [&](const std::string& tap, const torch::Tensor& value) {
            if (tap == "block3")
                features = value.contiguous();
        });
        for (const auto& [name, value] : model->namedParameters())
            if (name == "fc.weight")
                weight = value;
        const std::int64_t channels = features.size(1), side = features.size(2);
        const auto byFormula = [&](std::int64_t c) {
            const torch::Tensor alpha =
                weight[c].view({channels, side * side}).mean(1).view({1, channels, 1, 1});
            const torch::Tensor cam = (alpha * features).sum(1, true).relu();
            const torch::Tensor range = (cam.max() - cam.min()).clamp_min(1e-30);
            namespace F = torch::nn::functional;
            return F::interpolate((cam - cam.min()) / range * 255,
                                  F::InterpolateFuncOptions()
                                      .size(std::vector<std::int64_t>{28, 28})
                                      .mode(torch::kBilinear)
                                      .align_corners(false))
                .squeeze(1);
        };
        double most = 0;
        for (std::int64_t c = 0; c < 10; ++c) {
            const torch::Tensor map = gradCam(*model, x, torch::full({1}, c, torch::kInt64));
            QVERIFY2(map.allclose(byFormula(c), 1e-3, 0.05), qPrintable(QString::number(c)));
            most = std::max(most, map.max().item<double>());
        }
        QVERIFY(most > 100); // not all of them are empty
    }

    void aPerceptronShowsNothing()
    {
        const auto model = shownModel("fashion-mlp");
        QVERIFY(!lastSpatialTap(*model, shownImages(1)));
        QCOMPARE(
            test::sentenceOf([&] { gradCam(*model, shownImages(1), torch::zeros({1}, torch::kInt64)); }),
            QString("model 'fashion-mlp' shows no layer that is an image, which Grad-CAM needs. Choose a "
                    "built-in convolutional network."));
    }

    void canBeCancelled()
    {
        const auto model = shownModel("fashion-cnn");
        QCOMPARE(test::sentenceOf([&] {
                     gradCam(*model, shownImages(2), torch::zeros({2}, torch::kInt64),
                             [] { throw Error("enough"); });
                 }),
                 QString("enough."));
    }
};

QTEST_GUILESS_MAIN(TestSaliency)
#include "tst_saliency.moc"
