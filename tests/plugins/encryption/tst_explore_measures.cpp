#include "plugins/encryption/explore_measures.h"

#include <QTest>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

using namespace assay;
using namespace assay::encryption;

class TestExploreMeasures : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void entropyIsByHand()
    {
        torch::Tensor images = torch::zeros({2, 1, 16, 16}, torch::kUInt8);
        images[1] = torch::arange(256).view({1, 16, 16}).to(torch::kUInt8);
        QVERIFY(std::abs(meanEntropy(images) - 4) < 1e-12); // 0 bits and 8 bits
        images[0].narrow(1, 0, 8).fill_(9);                 // half of one value: 1 bit
        QVERIFY(std::abs(meanEntropy(images) - 4.5) < 1e-12);
    }

    void neighboursOfKnownImages()
    {
        // Rows that alternate: equal to the right, opposite below and below to the right.
        const torch::Tensor stripes =
            torch::arange(8).remainder(2).mul(200).to(torch::kUInt8).view({1, 1, 8, 1}).expand({1, 1, 8, 8});
        const auto [right, below, diagonal] = neighbourCorrelation(stripes);
        QVERIFY(std::abs(right - 1) < 1e-12 && std::abs(below + 1) < 1e-12 && std::abs(diagonal + 1) < 1e-12);
        QVERIFY(std::isnan(neighbourCorrelation(torch::zeros({1, 1, 4, 4}, torch::kUInt8))[0]));
    }

    void histogramsAreShares()
    {
        torch::Tensor image = torch::zeros({1, 2, 2, 2}, torch::kUInt8);
        image[0][1] = torch::tensor({3, 4, 255, 255}).view({2, 2}).to(torch::kUInt8);
        const torch::Tensor shares = channelHistograms(image, 64);
        QCOMPARE(shares[0][0].item<double>(), 1.0);
        QCOMPARE(shares[1][0].item<double>(), 0.25);
        QCOMPARE(shares[1][1].item<double>(), 0.25);
        QCOMPARE(shares[1][63].item<double>(), 0.5);
    }

    void mosaicsAreReadInRows()
    {
        const torch::Tensor images =
            torch::arange(70).view({70, 1, 1, 1}).expand({70, 1, 2, 3}).to(torch::kUInt8);
        const torch::Tensor whole = mosaic(images);
        QVERIFY((whole.sizes() == std::vector<std::int64_t>{1, 16, 24}));
        QCOMPARE(whole[0][1][3].item<int>(), 1);
        QCOMPARE(whole[0][2][0].item<int>(), 8);
        QCOMPARE(whole[0][15][23].item<int>(), 63);
        QCOMPARE(mosaic(images.narrow(0, 0, 3))[0][0][9].item<int>(), 0);
    }

    void jpegTellsNoiseFromPlains()
    {
        const torch::Tensor plain = torch::full({3, 64, 64}, 90, torch::kUInt8);
        const at::Generator generator = at::detail::createCPUGenerator(1);
        const torch::Tensor noise = torch::randint(256, {3, 64, 64}, generator, torch::kUInt8);
        const auto small = jpegBytes(plain, {50, 90}), large = jpegBytes(noise, {50, 90});
        QVERIFY(large[1] > 4 * small[1]);
        QVERIFY(large[1] > large[0]);
    }

    void tintsKeepThePicture()
    {
        const torch::Tensor grey =
            torch::arange(28 * 28).remainder(256).to(torch::kUInt8).view({1, 1, 28, 28});
        const auto made = [&](std::uint64_t seed) {
            return tinted(grey.repeat({2, 1, 1, 1}), 16, at::detail::createCPUGenerator(seed));
        };
        const torch::Tensor colours = made(1);
        QVERIFY((colours.sizes() == std::vector<std::int64_t>{2, 3, 32, 32}));
        QVERIFY(torch::equal(colours, made(1)));
        QVERIFY(!torch::equal(colours, made(2)) && !torch::equal(colours[0], colours[1]));
        // The frame is the background, which black pixels have too.
        QVERIFY(torch::equal(colours.select(3, 0).select(2, 0), colours.select(3, 2).select(2, 2)));
        // Value 255, the last of the first picture's ninth row and third column (28 * 9 + 3), is a pure hue.
        const torch::Tensor hue = colours[0].select(2, 2 + 3).select(1, 2 + 9);
        QCOMPARE(hue.min().item<int>(), 0);
        QCOMPARE(hue.max().item<int>(), 255);
    }
};

QTEST_GUILESS_MAIN(TestExploreMeasures)
#include "tst_explore_measures.moc"
