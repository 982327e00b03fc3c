#include "backend/data/corruptions/corruption.h"
#include "backend/data/corruptions/poisson_quantile.h"
#include "backend/imaging/image_codec.h"
#include "pictures.h"

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <opencv2/imgproc.hpp>
#include <torch/types.h>

#include <algorithm>
#include <cmath>

using namespace assay;
using namespace assay::test;

// The corruptions that have a closed form against that form, written another way; the noises by their
// statistics; JPEG and pixelate against Pillow. Constants are those of the released code for CIFAR-10.

namespace {

torch::Tensor damaged(const char* id, const torch::Tensor& x, double severity, std::uint64_t seed = 3)
{
    return data::corrupted(data::corruption(id), x, severity, seed, numbered(x.size(0)));
}

double largest(const torch::Tensor& difference)
{
    return difference.abs().max().item<double>();
}

double meanOf(const torch::Tensor& x)
{
    return x.to(torch::kFloat64).mean().item<double>();
}

double deviation(const torch::Tensor& x)
{
    return x.to(torch::kFloat64).std().item<double>();
}

/// Hue, saturation and value by OpenCV, as float32 [H,W,3].
cv::Mat hsvOf(const torch::Tensor& image)
{
    const torch::Tensor pixels = image.permute({1, 2, 0}).contiguous();
    const cv::Mat rgb(static_cast<int>(pixels.size(0)), static_cast<int>(pixels.size(1)), CV_32FC3,
                      pixels.data_ptr());
    cv::Mat hsv;
    cv::cvtColor(rgb, hsv, cv::COLOR_RGB2HSV);
    return hsv;
}

torch::Tensor rgbOf(const cv::Mat& hsv)
{
    cv::Mat rgb;
    cv::cvtColor(hsv, rgb, cv::COLOR_HSV2RGB);
    return torch::from_blob(rgb.data, {rgb.rows, rgb.cols, 3}).clone().permute({2, 0, 1}).contiguous();
}

/// [1,1,side,side]: x and y are pixels from the centre.
torch::Tensor ramp(std::int64_t side, double perX, double perY)
{
    const torch::Tensor at = torch::arange(side) - (static_cast<double>(side) - 1) / 2;
    return (.5 + perX * at.unsqueeze(0) + perY * at.unsqueeze(1)).view({1, 1, side, side});
}

torch::Tensor inner(const torch::Tensor& x, std::int64_t margin)
{
    return x.slice(2, margin, x.size(2) - margin).slice(3, margin, x.size(3) - margin);
}

torch::Tensor readPng(const QString& path, bool grey)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const QByteArray bytes = file.readAll();
    return imaging::decodeImage(
        {reinterpret_cast<const std::uint8_t*>(bytes.data()), std::size_t(bytes.size())}, grey, "reference");
}

constexpr std::array<double, 5> kGaussian = {.04, .06, .08, .09, .10};
constexpr std::array<double, 5> kPhotonsOfWhite = {500, 250, 100, 75, 50};
constexpr std::array<double, 5> kSpeckle = {.06, .1, .12, .16, .2};
constexpr std::array<double, 5> kImpulse = {.01, .02, .03, .05, .07};
constexpr std::array<double, 5> kBlur = {.4, .6, .7, .8, 1};
constexpr std::array<double, 5> kBrightness = {.05, .1, .15, .2, .3};
constexpr std::array<double, 5> kContrast = {.75, .5, .4, .3, .15};
constexpr std::array<std::array<double, 2>, 5> kSaturate = {{{.3, 0}, {.1, 0}, {1.5, 0}, {2, .1}, {2.5, .2}}};
constexpr std::array<double, 5> kFog = {.2, .5, .75, 1, 1.5};
constexpr std::array<int, 5> kZoomSteps = {7, 12, 16, 21, 26};

} // namespace

class TestCorruptionFormulas : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void noisesHaveTheirStatistics()
    {
        const torch::Tensor grey =
            torch::full({64, 3, 32, 32}, .5f); // 196,608 values: s.e. of a deviation .0016
        for (std::size_t i = 0; i < 5; ++i) {
            const double severity = static_cast<double>(i) + 1;
            const torch::Tensor gaussian = damaged("gaussian_noise", grey, severity) - .5;
            QVERIFY(std::abs(meanOf(gaussian)) < .01 * kGaussian[i]);
            QVERIFY(std::abs(deviation(gaussian) / kGaussian[i] - 1) < .008);
            const double beyond = meanOf(gaussian.abs().gt(1.96 * kGaussian[i]).to(torch::kFloat64));
            QVERIFY2(std::abs(beyond - .05) < .0025, std::to_string(beyond).c_str());

            const torch::Tensor speckle = damaged("speckle_noise", grey, severity) - .5;
            QVERIFY(std::abs(deviation(speckle) / (.5 * kSpeckle[i]) - 1) < .008);

            const torch::Tensor counts = damaged("shot_noise", grey, severity) * kPhotonsOfWhite[i];
            QVERIFY(largest(counts - counts.round()) < 1e-3);
            QVERIFY(std::abs(meanOf(counts) / (.5 * kPhotonsOfWhite[i]) - 1) < .005);
            QVERIFY(std::abs(counts.var().item<double>() / (.5 * kPhotonsOfWhite[i]) - 1) < .02);

            const torch::Tensor impulse = damaged("impulse_noise", grey, severity);
            const double salt = meanOf(impulse.eq(1).to(torch::kFloat64));
            const double pepper = meanOf(impulse.eq(0).to(torch::kFloat64));
            QVERIFY(std::abs(salt / (.5 * kImpulse[i]) - 1) < .15);
            QVERIFY(std::abs(pepper / (.5 * kImpulse[i]) - 1) < .15);
            QVERIFY(std::abs(meanOf(impulse.eq(.5f).to(torch::kFloat64)) + salt + pepper - 1) < 1e-9);
        }
    }

    /// Against the sum of the probabilities: the smallest count whose distribution function reaches the
    /// quantile.
    void poissonQuantilesAreThoseOfTheDistribution()
    {
        for (const double expected : {.3, 4.0, 15.9, 16.0, 40.0, 500.0}) {
            double wrong = 0; // share of draws
            constexpr int kPoints = 4000;
            for (int i = 0; i < kPoints; ++i) {
                const double normal = -4 + 8.0 * (i + .5) / kPoints;
                const double quantile = .5 * std::erfc(-normal / std::sqrt(2.0));
                double sum = 0;
                int count = -1;
                while (sum < quantile && count < 2000) {
                    ++count;
                    sum += std::exp(count * std::log(expected) - expected - std::lgamma(count + 1.0));
                }
                const double found = data::poissonQuantile(expected, normal);
                QVERIFY2(std::abs(found - count) <= 1, std::to_string(expected).c_str());
                wrong += (found != count ? 1 : 0) * std::exp(-normal * normal / 2) /
                         std::sqrt(2 * std::acos(-1.0)) * 8.0 / kPoints;
            }
            QVERIFY2(wrong <= (expected < 16 ? 0 : .01),
                     (std::to_string(expected) + ": " + std::to_string(wrong)).c_str());
        }
        QCOMPARE(data::poissonQuantile(0, 3), 0.0);
    }

    void brightnessAndSaturationAreThoseOfTheirColourSpace()
    {
        const torch::Tensor x = colourPictures(3, 32);
        for (std::size_t i = 0; i < 5; ++i) {
            const torch::Tensor bright = damaged("brightness", x, static_cast<double>(i) + 1);
            const torch::Tensor saturated = damaged("saturate", x, static_cast<double>(i) + 1);
            for (std::int64_t n = 0; n < x.size(0); ++n) {
                cv::Mat hsv = hsvOf(x[n]);
                for (auto at = hsv.begin<cv::Vec3f>(); at != hsv.end<cv::Vec3f>(); ++at)
                    (*at)[2] = std::min(1.0f, (*at)[2] + static_cast<float>(kBrightness[i]));
                QVERIFY(largest(rgbOf(hsv) - bright[n]) < 1e-4);
                hsv = hsvOf(x[n]);
                for (auto at = hsv.begin<cv::Vec3f>(); at != hsv.end<cv::Vec3f>(); ++at)
                    (*at)[1] = std::clamp((*at)[1] * static_cast<float>(kSaturate[i][0]) +
                                              static_cast<float>(kSaturate[i][1]),
                                          0.0f, 1.0f);
                QVERIFY(largest(rgbOf(hsv) - saturated[n]) < 1e-4);
            }
        }
        // Hue 0 of grey is red, at the levels that add saturation.
        const torch::Tensor grey = damaged("saturate", torch::full({1, 3, 8, 8}, .5f), 5).mean({0, 2, 3});
        QVERIFY(largest(grey - torch::tensor({.5f, .4f, .4f})) < 1e-6);
    }

    void contrastShrinksAboutTheMean()
    {
        const torch::Tensor x = colourPictures(3, 32);
        for (std::size_t i = 0; i < 5; ++i) {
            const torch::Tensor mean = x.mean({2, 3}, true);
            QVERIFY(largest(damaged("contrast", x, static_cast<double>(i) + 1) -
                            ((x - mean) * kContrast[i] + mean)) < 1e-6);
        }
        // Half-way between levels 1 and 2 the factor is half-way, too.
        const torch::Tensor mean = x.mean({2, 3}, true);
        QVERIFY(largest(damaged("contrast", x, 1.5) - ((x - mean) * .625 + mean)) < 1e-6);
    }

    /// Point images: what a blur makes of them is its kernel.
    void blursSpreadPointsAsTheirKernels()
    {
        const torch::Tensor point = torch::zeros({1, 1, 31, 31});
        point[0][0][15][15] = 1;
        const torch::Tensor at = torch::arange(31) - 15;
        const torch::Tensor square =
            (at.unsqueeze(0).square() + at.unsqueeze(1).square()).to(torch::kFloat64);
        for (std::size_t i = 0; i < 5; ++i) {
            const torch::Tensor kernel = torch::exp(-square / (2 * kBlur[i] * kBlur[i]));
            QVERIFY(largest(damaged("gaussian_blur", point, static_cast<double>(i) + 1)[0][0] -
                            kernel / kernel.sum()) < 1e-4); // cut at 4 sigmas
        }
        // Level 5 of defocus: the nine pixels within 1.5, hardly softened; level 1 the centre softened by
        // 0.4.
        const torch::Tensor disk = square.le(2.25).to(torch::kFloat64) / 9;
        QVERIFY(largest(damaged("defocus_blur", point, 5)[0][0] - disk) < 1e-6);
        const torch::Tensor soft = torch::exp(-square / (2 * .4 * .4)) * square.le(2);
        QVERIFY(largest(damaged("defocus_blur", point, 1)[0][0] - soft / soft.sum()) < 1e-6);

        // Motion keeps the light and sends it to one side; its steps are weighted as a half Gaussian of 2.5.
        const torch::Tensor smear = damaged("motion_blur", point, 5)[0][0];
        QVERIFY(std::abs(smear.sum().item<double>() - 1) < 1e-5);
        double total = 0;
        for (int k = 0; k <= 18; ++k)
            total += std::exp(-k * k / (2 * 2.5 * 2.5));
        QVERIFY(std::abs(smear.max().item<double>() - 1 / total) < 1e-6);
        QVERIFY(largest(smear.slice(1, 16, 31)) == 0);
        QVERIFY(smear[15][15].item<double>() == smear.max().item<double>());
    }

    /// Level 1 exchanges without smoothing: no pixel is lost, and none comes from more than one to the left or
    /// above. As published, the first row and column are left out.
    void glassMovesPixelsAbout()
    {
        const torch::Tensor x = torch::arange(32 * 32).view({1, 1, 32, 32}) / 1024.0f;
        const torch::Tensor y = damaged("glass_blur", x, 1); // width .05: no smoothing
        QVERIFY(torch::equal(std::get<0>(y.flatten().sort()), x.flatten()));
        const torch::Tensor moved = y.ne(x)[0][0];
        QVERIFY(moved.to(torch::kFloat64).mean().item<double>() > .4);
        QVERIFY(!moved[0].any().item<bool>() && !moved.select(1, 0).any().item<bool>());
        // A pixel may be carried on to the left and up, never more than one to the right or down.
        const torch::Tensor from = (y[0][0] * 1024).round().to(torch::kInt64);
        const torch::Tensor row = torch::arange(32).unsqueeze(1).expand({32, 32});
        QVERIFY((row - from.div(32, "floor")).max().item<std::int64_t>() <= 1);
        QVERIFY((from.div(32, "floor") - row).max().item<std::int64_t>() >= 1);
        // Level 2 is level 1's shuffle between two smoothings of .25: sigma * 4 rounds to one pixel.
        const torch::Tensor at = torch::tensor({-1.0f, 0.0f, 1.0f});
        torch::Tensor kernel = torch::exp(-at.square() / (2 * .25 * .25));
        kernel = (kernel.unsqueeze(1) * kernel.unsqueeze(0)) / kernel.sum().square();
        const torch::Tensor flat = torch::full({1, 1, 32, 32}, .5f);
        QVERIFY(largest(damaged("glass_blur", flat, 2) - .5) < 1e-6);
        torch::Tensor corner = torch::zeros({1, 1, 32, 32}); // the border is not exchanged, only smoothed
        corner[0][0][0][16] = 1;
        const double once =
            kernel[1][1].item<double>() + kernel[0][1].item<double>(); // the edge is continued
        QVERIFY(damaged("glass_blur", corner, 2)[0][0][0][16].item<double>() > .9 * once * once);
    }

    /// The constants for ImageNet, where they have a closed form.
    void imagenetConstants()
    {
        const auto& list = data::imagenetCorruptions();
        const auto of = [&](const char* id, const torch::Tensor& x, double severity) {
            const auto found = std::ranges::find(list, id, &data::Corruption::id);
            return data::corrupted(*found, x, severity, 3, numbered(x.size(0)));
        };
        const torch::Tensor grey = torch::full({32, 1, 32, 32}, .5f);
        QVERIFY(std::abs(deviation(of("gaussian_noise", grey, 2) - .5) / .12 - 1) < .01);
        QVERIFY(std::abs(meanOf(of("impulse_noise", grey, 5).ne(.5f).to(torch::kFloat64)) / .27 - 1) < .03);
        QVERIFY(largest(of("brightness", grey, 4) - .9) < 1e-6);
        const torch::Tensor x = colourPictures(2, 32), mean = x.mean({2, 3}, true);
        QVERIFY(largest(of("contrast", x, 5) - ((x - mean) * .05 + mean)) < 1e-5);
        const torch::Tensor point = torch::zeros({1, 1, 31, 31});
        point[0][0][15][15] = 1;
        const torch::Tensor disk = of("defocus_blur", point, 1)[0][0];
        QVERIFY(std::abs(disk[15][15].item<double>() - 1.0 / 29) < 1e-5); // 29 pixels within 3
        const torch::Tensor coarse = of("pixelate", x, 5);                // 8 x 8 cells of 4 x 4 pixels
        const torch::Tensor means = torch::avg_pool2d(x, 4);
        QVERIFY(largest(coarse - means.repeat_interleave(4, 2).repeat_interleave(4, 3)) < 1e-5);
    }

    void zoomBlurOfARampIsARamp()
    {
        const torch::Tensor x = ramp(32, .02, -.01);
        for (std::size_t i = 0; i < 5; ++i) {
            double slope = 1;
            for (int k = 0; k < kZoomSteps[i]; ++k)
                slope += 1 / (1 + .01 * k);
            slope /= kZoomSteps[i] + 1;
            QVERIFY(largest(damaged("zoom_blur", x, static_cast<double>(i) + 1) - (.5 + (x - .5) * slope)) <
                    1e-5);
        }
    }

    void rotationTurnsCounterClockwise()
    {
        for (const double severity : {1.0, 2.5, 5.0}) {
            const double angle = 12 * severity * std::acos(-1.0) / 180;
            const torch::Tensor turned = damaged("rotation", ramp(32, .02, 0), severity);
            QVERIFY(largest(inner(turned - ramp(32, .02 * std::cos(angle), -.02 * std::sin(angle)), 8)) <
                    1e-5);
        }
        torch::Tensor point = torch::zeros({1, 1, 33, 33});
        point[0][0][16][26] = 1; // ten pixels to the right of the centre
        const torch::Tensor turned = damaged("rotation", point, 5)[0][0];
        QCOMPARE(turned.argmax().item<std::int64_t>(),
                 (16 - 9) * 33 + 16 + 5); // 60 degrees: 5 right, 8.66 up
        QCOMPARE(damaged("rotation", torch::ones({1, 1, 32, 32}), 4)[0][0][0][0].item<float>(), 0.0f);
    }

    /// Level 1 only shifts: a ramp stays a plane. Level 5 bends it.
    void elasticShiftsThenBends()
    {
        const torch::Tensor x = ramp(32, .01, .005);
        const auto bend = [](const torch::Tensor& y) {
            return largest(inner(y, 9).diff(2, 2)) + largest(inner(y, 9).diff(2, 3));
        };
        QVERIFY(bend(damaged("elastic_transform", x, 1)) < 1e-5);
        QVERIFY(bend(damaged("elastic_transform", x, 5)) > 1e-3);
        QVERIFY(largest(inner(damaged("elastic_transform", x, 1) - x, 9)) > 1e-3);
    }

    void fogIsAMixtureWithATexture()
    {
        const torch::Tensor white = torch::ones({4, 1, 32, 32});
        for (std::size_t i = 0; i < 5; ++i) {
            const torch::Tensor foggy = damaged("fog", white, static_cast<double>(i) + 1);
            for (std::int64_t n = 0; n < 4; ++n) {
                QVERIFY(std::abs(foggy[n].max().item<double>() - 1) < 1e-6);
                QVERIFY(std::abs(foggy[n].min().item<double>() - 1 / (1 + kFog[i])) < 1e-6);
            }
        }
        QVERIFY(largest(damaged("fog", torch::zeros({1, 1, 32, 32}), 5)) == 0); // nothing shines in it
    }

    void frostIsTheSameIceAtEachSeverity()
    {
        const torch::Tensor x = torch::full({3, 3, 32, 32}, .3f);
        const torch::Tensor ice = (damaged("frost", x, 1) - .3) / .2;
        QVERIFY(ice.min().item<double>() >= -1e-5 && ice.max().item<double>() <= 1 + 1e-5);
        QVERIFY(deviation(ice) > .1);
        QVERIFY(largest(damaged("frost", x, 2) - (.3 + .3 * ice)) < 1e-5);
        QVERIFY(largest(damaged("frost", x, 5) - (.75 * .3 + .45 * ice)) < 1e-5);
    }

    /// On black: the whitening, and the expected light of two layers of flakes, which smearing keeps but for
    /// edges.
    void snowHasItsExpectedLight()
    {
        const double threshold = (.6 - .1) / .2;
        const double flake = .1 * .5 * std::erfc(threshold / std::sqrt(2.0)) +
                             .2 * std::exp(-threshold * threshold / 2) / std::sqrt(2 * std::acos(-1.0));
        const torch::Tensor y = damaged("snow", torch::zeros({400, 1, 32, 32}), 1);
        QVERIFY2(std::abs(meanOf(y) - (.05 * .5 + 2 * flake)) < 5e-4, std::to_string(meanOf(y)).c_str());
        QCOMPARE(meanOf(damaged("snow", torch::ones({2, 1, 32, 32}), 5)), 1.0);
    }

    void spatterIsWaterThenMud()
    {
        const torch::Tensor water = damaged("spatter", torch::zeros({8, 3, 32, 32}), 2);
        QVERIFY(std::abs(water.select(1, 0).max().item<double>() - .5 * 175 / 255) < 1e-6);
        QVERIFY(std::abs(water.select(1, 1).max().item<double>() - .5 * 238 / 255) < 1e-6);
        const torch::Tensor mud = damaged("spatter", torch::ones({8, 3, 32, 32}), 5);
        QVERIFY(std::abs(mud.select(1, 0).min().item<double>() - 63.0 / 255) < .15);
        QVERIFY(mud.select(1, 2).min().item<double>() < mud.select(1, 0).min().item<double>());
        const torch::Tensor greyMud = damaged("spatter", torch::ones({8, 1, 32, 32}), 5);
        QVERIFY(greyMud.min().item<double>() >= 45.9 / 255 - 1e-3 && greyMud.min().item<double>() < .4);
        // Half-way from the one to the other.
        const torch::Tensor x = greyPictures(4);
        QVERIFY(largest(damaged("spatter", x, 3.5) -
                        (damaged("spatter", x, 3) + damaged("spatter", x, 4)) / 2) < 1e-5);
    }

    void pixelateAndJpegAreThoseOfPillow_data()
    {
        QTest::addColumn<int>("side");
        QTest::newRow("grey 28") << 28;
        QTest::newRow("colour 32") << 32;
        QTest::newRow("colour 64") << 64;
    }

    void pixelateAndJpegAreThoseOfPillow()
    {
        QFETCH(const int, side);
        const bool grey = side == 28;
        const torch::Tensor pictures = grey ? greyPictures(3) : colourPictures(3, side);
        const torch::Tensor bytes = pictures.mul(255).round().to(torch::kUInt8);
        const torch::Tensor x = bytes.to(torch::kFloat32) / 255;
        const QTemporaryDir folder;
        for (std::int64_t n = 0; n < 3; ++n) {
            QFile file(folder.filePath(QString("in-%1.png").arg(n)));
            QVERIFY(file.open(QIODevice::WriteOnly));
            const auto png = imaging::encodePng(bytes[n]);
            file.write(reinterpret_cast<const char*>(png.data()), static_cast<qint64>(png.size()));
        }
        QCOMPARE(QProcess::execute("/usr/bin/python3",
                                   {ASSAY_TEST_SOURCE_DIR "/tests/backend/data/corruptions/make_reference.py",
                                    folder.path(), QString::number(side)}),
                 0);
        for (const char* id : {"pixelate", "jpeg_compression"}) {
            for (int level = 1; level <= 5; ++level) {
                const torch::Tensor ours = damaged(id, x, level) * 255;
                for (std::int64_t n = 0; n < 3; ++n) {
                    const torch::Tensor theirs =
                        readPng(folder.filePath(QString("%1-%2-%3.png").arg(id).arg(n).arg(level)), grey);
                    QVERIFY(theirs.defined());
                    // Pillow rounds twice in pixelate: rows, then columns. JPEG is bytes in, bytes out.
                    const double tolerance = *id == 'p' ? 1.01 : 1e-3;
                    const double off = largest(ours[n] - theirs.to(torch::kFloat32));
                    QVERIFY2(off <= tolerance, (std::string(id) + std::to_string(off)).c_str());
                }
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestCorruptionFormulas)
#include "tst_corruption_formulas.moc"
