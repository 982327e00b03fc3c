#include "backend/metrics/image_similarity.h"

#include <QTest>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

using namespace assay;

namespace {

/// [1,1,height,width]: value (7 row + 13 column + 5 row column + offset) mod 17 over 16.
torch::Tensor pattern(std::int64_t height, std::int64_t width, int offset)
{
    const torch::Tensor row = torch::arange(height).unsqueeze(1), column = torch::arange(width);
    return (7 * row + 13 * column + 5 * row * column + offset)
        .remainder(17)
        .to(torch::kFloat32)
        .div(16)
        .view({1, 1, height, width});
}

double ssimOfPair(const torch::Tensor& a, const torch::Tensor& b)
{
    return metrics::ssim(a, b).item<double>();
}

} // namespace

class TestImageSimilarity : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void psnrIsByHand()
    {
        torch::Tensor a = torch::zeros({3, 1, 2, 2}), b = a.clone();
        b[0] += 0.1;       // mean square 0.01: 20 dB
        b[1][0][0][0] = 1; // 0.25: 6.0206 dB
        const torch::Tensor psnr = metrics::psnr(a, b);
        QVERIFY(std::abs(psnr[0].item<double>() - 20) < 1e-5);
        QVERIFY(std::abs(psnr[1].item<double>() - 10 * std::log10(4.0)) < 1e-5);
        QVERIFY(std::isinf(psnr[2].item<double>()));
        QVERIFY(std::abs(metrics::meanPsnr(psnr) - (20 + 10 * std::log10(4.0)) / 2) < 1e-5);
        QVERIFY(std::isnan(metrics::meanPsnr(psnr.narrow(0, 2, 1))));
    }

    void equalImagesAreOne()
    {
        QVERIFY(std::abs(ssimOfPair(pattern(20, 24, 0), pattern(20, 24, 0)) - 1) < 1e-12);
        QVERIFY(std::abs(ssimOfPair(pattern(7, 5, 0), pattern(7, 5, 0)) - 1) < 1e-12); // a cropped window
    }

    /// Two plain images: structure and contrast agree, (2 a b + C1) / (a^2 + b^2 + C1) is left.
    void plainImagesDifferByTheirMeansAlone()
    {
        const torch::Tensor a = torch::full({1, 1, 16, 16}, 0.2), b = torch::full({1, 1, 16, 16}, 0.6);
        const double expected = (2 * 0.2 * 0.6 + 1e-4) / (0.04 + 0.36 + 1e-4);
        QVERIFY(std::abs(ssimOfPair(a, b) - expected) < 1e-6);
    }

    /// By the definition written out as loops in Python (Gaussian weights exp(-(i^2 + j^2) / 4.5), i and j
    /// from -5 to 5, of sum 1; population variances; the mean over the places where the window lies inside).
    void valuesAreTheDefinitions()
    {
        const torch::Tensor a = pattern(14, 17, 0), b = pattern(14, 17, 3), c = 1 - a;
        QVERIFY(std::abs(ssimOfPair(a, b) - 0.282005368) < 1e-6);
        QVERIFY(std::abs(ssimOfPair(a, c) + 0.967353910) < 1e-6);
        // Images and channels are taken one by one.
        const torch::Tensor pairs = metrics::ssim(torch::cat({a, a}), torch::cat({b, c}));
        QVERIFY(std::abs(pairs[0].item<double>() - ssimOfPair(a, b)) < 1e-12);
        QVERIFY(std::abs(pairs[1].item<double>() - ssimOfPair(a, c)) < 1e-12);
        QVERIFY(std::abs(ssimOfPair(torch::cat({a, a}, 1), torch::cat({b, c}, 1)) -
                         pairs.mean().item<double>()) < 1e-12);
    }
};

QTEST_GUILESS_MAIN(TestImageSimilarity)
#include "tst_image_similarity.moc"
