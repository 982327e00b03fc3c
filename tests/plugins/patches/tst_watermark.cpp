#include "backend/imaging/image_codec.h"
#include "plugins/patches/watermark.h"
#include "plugins/patches/watermark_region.h"
#include "tests/support/sentence_of.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

#include <cmath>

using namespace assay;
using namespace assay::medlocker;

namespace {

/// Everything covered, of one colour.
Logo solidLogo(int side, std::uint8_t red, std::uint8_t green, std::uint8_t blue)
{
    Logo logo{.side = side};
    for (std::size_t p = 0; p < logo.pixels(); ++p) {
        logo.colour.insert(logo.colour.end(), {red, green, blue});
        logo.cover.push_back(255);
    }
    return logo;
}

torch::Tensor noiseImage(std::int64_t channels, std::int64_t height, std::int64_t width)
{
    torch::Tensor image = torch::empty({channels, height, width}, torch::kUInt8);
    std::uint8_t* out = image.data_ptr<std::uint8_t>();
    std::uint32_t state = 7;
    for (std::int64_t i = 0; i < image.numel(); ++i) {
        state = state * 1664525U + 1013904223U;
        out[i] = static_cast<std::uint8_t>(state >> 24);
    }
    return image;
}

} // namespace

/// Blending, removal and allowed places by hand results.
class TstWatermark : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void blendsByHand()
    {
        // a = 0.4: 0.6 * 100 + 0.4 * 200 = 140; grey of (200,100,50) is 124.2: 60 + 49.68 = 109.68.
        const Logo logo = solidLogo(3, 200, 100, 50);
        const torch::Tensor colour =
            watermarked(torch::full({3, 4, 5}, 100, torch::kUInt8), logo, {.alpha = 102, .u = 2, .v = 1});
        QCOMPARE(colour[0][1][2].item<int>(), 140);
        QCOMPARE(colour[1][3][4].item<int>(), 100);
        QCOMPARE(colour[2][2][3].item<int>(), 80);
        const torch::Tensor grey =
            watermarked(torch::full({1, 4, 5}, 100, torch::kUInt8), logo, {.alpha = 102, .u = 2, .v = 1});
        QCOMPARE(grey[0][1][2].item<int>(), 110);
    }

    /// u is the column, v the row: on an image that is not square a confusion writes elsewhere.
    void uIsTheColumnAndVTheRow()
    {
        const torch::Tensor plain = torch::zeros({1, 4, 9}, torch::kUInt8);
        const torch::Tensor marked =
            watermarked(plain, solidLogo(3, 255, 255, 255), {.alpha = 255, .u = 5, .v = 1});
        QCOMPARE(marked.narrow(1, 1, 3).narrow(2, 5, 3).sum().item<int>(), 9 * 255);
        QCOMPARE(marked.sum(torch::kInt64).item<int>(), 9 * 255);
        QCOMPARE(test::sentenceOf([&] {
                     watermarked(plain, solidLogo(3, 255, 255, 255), {.alpha = 255, .u = 1, .v = 5});
                 }),
                 QString("a logo of 3 pixels at column 1 and row 5 does not lie inside an image of 9 x 4 "
                         "pixels."));
    }

    /// Without an alpha channel the opacity is min(grey, alpha) / 255, as published.
    void greyLogosAreOpaqueByTheirLevel()
    {
        Logo logo{.side = 3, .byGrey = true};
        logo.cover = {0, 50, 100, 150, 200, 250, 255, 10, 0};
        for (const std::uint8_t level : logo.cover)
            logo.colour.insert(logo.colour.end(), 3, level);
        QCOMPARE(logo.opacity(0, 120), 0.0);
        QCOMPARE(logo.opacity(2, 120), 100 / 255.0);
        QCOMPARE(logo.opacity(5, 120), 120 / 255.0);
    }

    void whatTheSearchSeesIsWhatIsStored()
    {
        const torch::Tensor image = noiseImage(3, 12, 15);
        const Logo logo = LogoSource::ringAndBar("red").at(7);
        const Placement at{.alpha = 171, .u = 6, .v = 3};
        torch::Tensor seen = image.to(torch::kFloat32).div(255);
        stampInto(seen.data_ptr<float>(), image.data_ptr<std::uint8_t>(), shapeOf(image), logo, at);
        QVERIFY(seen.equal(watermarked(image, logo, at).to(torch::kFloat32).div(255)));
    }

    /// Stored in 8 bits a removed logo errs by up to 0.5 / (1 - a), 5 levels at 0.9, and half a level of
    /// rounding.
    void removalErrsWithinItsBound()
    {
        const torch::Tensor image = noiseImage(3, 40, 40);
        const Logo logo = LogoSource::ringAndBar("white").at(20);
        double before = 0;
        for (const int alpha : {102, 170, 230}) {
            const Placement at{.alpha = alpha, .u = 4, .v = 15};
            const torch::Tensor back = restored(watermarked(image, logo, at), logo, at);
            const double error =
                (back.to(torch::kFloat64) - image.to(torch::kFloat64)).abs().max().item<double>();
            QVERIFY2(error <= 0.5 / (1 - alpha / 255.0) + 0.5, qPrintable(QString::number(error)));
            QVERIFY(error >= before); // the more opaque, the more is lost
            before = error;
            const torch::Tensor exact = unblended(blended(image, logo, at), logo, at);
            QVERIFY((exact - image.to(torch::kFloat64)).abs().max().item<double>() < 1e-9);
        }
        QVERIFY(before >= 3);
    }

    void whatIsOpaqueStaysLost()
    {
        const torch::Tensor image = torch::full({1, 5, 5}, 40, torch::kUInt8);
        const Placement at{.alpha = 255, .u = 1, .v = 1};
        const Logo logo = solidLogo(3, 255, 255, 255);
        const torch::Tensor back = restored(watermarked(image, logo, at), logo, at);
        QCOMPARE(back[0][2][2].item<int>(), 255);
        QCOMPARE(back[0][0][0].item<int>(), 40);
    }

    void theRingHasAHoleAndABar()
    {
        const Logo logo = LogoSource::ringAndBar("blue").at(20);
        const auto cover = [&logo](int row, int column) {
            return static_cast<int>(logo.cover[static_cast<std::size_t>(row * 20 + column)]);
        };
        QCOMPARE(cover(0, 0), 0);     // outside of the ring
        QCOMPARE(cover(1, 10), 255);  // the ring, above
        QCOMPARE(cover(10, 10), 255); // the bar
        QCOMPARE(cover(6, 10), 0);    // between them
        QCOMPARE(logo.colour[3 * (10 * 20 + 10)], std::uint8_t(20));
        QCOMPARE(logo.colour[3 * (10 * 20 + 10) + 2], std::uint8_t(190));
        QCOMPARE(test::sentenceOf([] { LogoSource::ringAndBar("white").at(2); }),
                 QString("logo_size: a logo of 2 pixels is too small; 3 are the least. Give a larger "
                         "fraction of the image."));
    }

    /// A file with an alpha channel keeps its colours when scaled; black without one is invisible.
    void logosFromFiles()
    {
        QTemporaryDir folder;
        const auto written = [&folder](const QString& name, const torch::Tensor& pixels) {
            QFile file(folder.filePath(name));
            const std::vector<std::uint8_t> png = imaging::encodePng(pixels);
            if (!file.open(QIODevice::WriteOnly))
                qFatal("cannot write");
            file.write(reinterpret_cast<const char*>(png.data()), static_cast<qint64>(png.size()));
            return folder.filePath(name).toStdString();
        };
        torch::Tensor rgba = torch::zeros({4, 8, 4}, torch::kUInt8);
        rgba[0].fill_(180);
        rgba[3].narrow(0, 0, 4).fill_(255); // opaque above, transparent below
        const Logo logo = LogoSource::fromFile(written("shape.png", rgba)).at(8);
        QVERIFY(!logo.byGrey);
        QCOMPARE(logo.cover[0], std::uint8_t(0)); // centred on a square
        QCOMPARE(logo.cover[3], std::uint8_t(255));
        QCOMPARE(logo.colour[3 * 3], std::uint8_t(180));
        QCOMPARE(logo.cover[7 * 8 + 3], std::uint8_t(0));

        const torch::Tensor grey = torch::full({1, 4, 4}, 90, torch::kUInt8);
        QVERIFY(LogoSource::fromFile(written("grey.png", grey)).at(4).byGrey);
        const std::string black = written("black.png", torch::zeros({1, 4, 4}, torch::kUInt8));
        QCOMPARE(
            test::sentenceOf([&] { LogoSource::fromFile(black); }),
            QString::fromStdString(black) +
                ": the logo is black everywhere. Give a picture with an alpha channel; without one, black "
                "is transparent.");
    }

    void integralImageIsTheSum()
    {
        const torch::Tensor mask = noiseImage(1, 13, 9)[0].gt(150).to(torch::kUInt8);
        const IntegralImage sums(mask);
        for (int v = 0; v < 13; ++v)
            for (int u = 0; u < 9; ++u)
                for (int h = 1; h <= 13 - v; h += 3)
                    for (int w = 1; w <= 9 - u; w += 2)
                        QCOMPARE(
                            sums.count(u, v, w, h),
                            mask.narrow(0, v, h).narrow(1, u, w).sum(torch::kInt64).item<std::int64_t>());
    }

    void regionsHoldExactlyTheFreePlaces()
    {
        torch::Tensor mask = torch::zeros({6, 9}, torch::kUInt8);
        mask[2][4] = 1;
        const Region region(IntegralImage(mask), 3);
        std::size_t free = 0;
        for (int v = 0; v < 4; ++v) {
            for (int u = 0; u < 7; ++u) {
                const bool covers = v <= 2 && 2 < v + 3 && u <= 4 && 4 < u + 3;
                QCOMPARE(region.contains(u, v), !covers);
                free += covers ? 0 : 1;
            }
        }
        QCOMPARE(region.size(), free);
        QVERIFY(!region.contains(7, 0) && !region.contains(0, 4) && !region.contains(-1, 0));
        QCOMPARE(region.nearest(3, 1).u, 1); // (5,1) and (3,3) are as near: the first counts
        QVERIFY(std::abs(region.fraction() - static_cast<double>(free) / 28) < 1e-12);
        // One pixel of nine is allowed.
        QCOMPARE(Region(IntegralImage(mask), 3, 0.12).size(), std::size_t(28));
        QVERIFY(Region(IntegralImage(mask), 7).empty());
    }

    /// First the threshold, then the size, then nothing.
    void withoutRoomFallbacksTakeOverInOrder()
    {
        // Above 100 all, above 165 the right half, above 185 two columns more free.
        torch::Tensor map = torch::full({8, 8}, 120.0F);
        map.narrow(1, 4, 4).fill_(180.0F);
        map.narrow(1, 6, 2).fill_(250.0F);
        QVERIFY(!protect(map, 110, 5, 0, Fallback::None).feasible());
        const Protection raised = protect(map, 110, 4, 0, Fallback::Threshold);
        QCOMPARE(raised.threshold, 130.0);
        QCOMPARE(raised.side, 4);
        const Protection wider = protect(map, 110, 6, 0, Fallback::Threshold);
        QCOMPARE(wider.threshold, 190.0);
        QVERIFY(!protect(map, 110, 7, 0, Fallback::Threshold).feasible());
        const Protection shrunk = protect(map, 110, 8, 0, Fallback::ThresholdAndSize);
        QCOMPARE(shrunk.side, 6);
        QCOMPARE(shrunk.threshold, 190.0);
        QCOMPARE(shrunk.mask.sum(torch::kInt64).item<int>(), 16);
        map.fill_(7);
        const Protection flat = protect(map, 110, 3, 0, Fallback::ThresholdAndSize);
        QVERIFY(flat.mapIsFlat && !flat.feasible());
    }
};

QTEST_GUILESS_MAIN(TstWatermark)
#include "tst_watermark.moc"
