#include "backend/imaging/image_codec.h"
#include "backend/imaging/survival.h"
#include "backend/protocol/error.h"

#include <opencv2/imgcodecs.hpp>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

#include <QTest>

#include <cmath>
#include <numbers>

using namespace assay;
using namespace assay::imaging;
using Kind = Ordeal::Kind;

namespace {

/// Smooth colour images, as photographs are.
torch::Tensor smoothImages(std::int64_t count, std::int64_t channels, std::int64_t side)
{
    const torch::Tensor t = torch::linspace(0, std::numbers::pi, side);
    std::vector<torch::Tensor> images;
    for (std::int64_t i = 0; i < count * channels; ++i)
        images.push_back(torch::outer((t * (1 + static_cast<double>(i % 3))).sin().abs(),
                                      (t + 0.3 * static_cast<double>(i)).cos().abs()));
    return torch::stack(images).view({count, channels, side, side}).clamp(0, 1);
}

double change(const torch::Tensor& a, const torch::Tensor& b)
{
    return (a - b).abs().mean().item<double>();
}

} // namespace

class TestSurvival : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void idsAreStable()
    {
        std::vector<std::string> ids;
        for (const Ordeal& ordeal : ordeals())
            ids.push_back(ordealId(ordeal));
        QCOMPARE(ids, (std::vector<std::string>{"none", "png", "jpeg-95", "jpeg-75", "jpeg-50", "resize-0.75",
                                                "resize-0.5", "print"}));
    }

    void nothingHappensToNone()
    {
        const torch::Tensor x = torch::rand({3, 3, 9, 11});
        QVERIFY(torch::equal(afterOrdeal(x, {Kind::None}), x));
    }

    void pngRoundsAndNoMore()
    {
        const torch::Tensor x = torch::rand({3, 3, 9, 11}, at::detail::createCPUGenerator(1));
        const torch::Tensor after = afterOrdeal(x, {Kind::Png});
        QVERIFY(torch::equal(after, (x * 255).round() / 255));
        QVERIFY(torch::equal(afterOrdeal(after, {Kind::Png}), after));
        const torch::Tensor grey = torch::rand({2, 1, 5, 5});
        QVERIFY(torch::equal(afterOrdeal(grey, {Kind::Png}), (grey * 255).round() / 255));
    }

    /// The same as a file that OpenCV writes and our decoder reads, channels in RGB order.
    void jpegIsTheCodecs()
    {
        const torch::Tensor x = smoothImages(1, 3, 24);
        const torch::Tensor bytes = (x[0] * 255).round().to(torch::kUInt8);
        cv::Mat bgr(24, 24, CV_8UC3);
        for (int row = 0; row < 24; ++row)
            for (int column = 0; column < 24; ++column)
                for (int c = 0; c < 3; ++c)
                    bgr.at<cv::Vec3b>(row, column)[c] = bytes[2 - c][row][column].item<std::uint8_t>();
        std::vector<std::uint8_t> file;
        cv::imencode(".jpg", bgr, file, {cv::IMWRITE_JPEG_QUALITY, 75});
        const torch::Tensor decoded = decodeImage(file, false, "test").to(torch::kFloat32) / 255;
        QVERIFY(torch::allclose(afterOrdeal(x, {Kind::Jpeg, 75})[0], decoded));
    }

    void lowerQualityChangesMore()
    {
        const torch::Tensor x = smoothImages(4, 3, 32) + 0.02 * torch::randn({4, 3, 32, 32});
        const torch::Tensor clipped = x.clamp(0, 1);
        const double q95 = change(afterOrdeal(clipped, {Kind::Jpeg, 95}), clipped);
        const double q75 = change(afterOrdeal(clipped, {Kind::Jpeg, 75}), clipped);
        const double q50 = change(afterOrdeal(clipped, {Kind::Jpeg, 50}), clipped);
        QVERIFY(0 < q95 && q95 < q75 && q75 < q50);
    }

    void resizingKeepsSlowAndLosesFast()
    {
        const torch::Tensor flat = torch::full({1, 3, 20, 20}, 0.25);
        QVERIFY(torch::allclose(afterOrdeal(flat, {Kind::Resize, 0.5}), flat));
        torch::Tensor board = torch::zeros({1, 1, 20, 20});
        for (std::int64_t i = 0; i < 20; ++i)
            for (std::int64_t j = i % 2; j < 20; j += 2)
                board[0][0][i][j] = 1;
        // Halving averages 2 x 2 squares of a chequerboard: grey everywhere.
        QVERIFY(torch::allclose(afterOrdeal(board, {Kind::Resize, 0.5}), torch::full_like(board, 0.5)));
        QCOMPARE(afterOrdeal(torch::rand({1, 2, 7, 9}), {Kind::Resize, 0.75}).sizes(),
                 (at::IntArrayRef{1, 2, 7, 9}));
    }

    /// On a flat grey image only tone and grain act: 0.5 -> 0.5^1.15, give or take the noise's mean.
    void printHasTheToneItSays()
    {
        const torch::Tensor flat = torch::full({1, 1, 64, 64}, 0.5);
        const torch::Tensor after = afterOrdeal(flat, {Kind::Print}, 3);
        QVERIFY(std::abs(after.mean().item<double>() - std::pow(0.5, 1.15)) < 0.002);
        QVERIFY(std::abs(after.std().item<double>() - 0.02 / 0.86) < 0.001);
    }

    void printDependsOnSeedAndNumberAlone()
    {
        const torch::Tensor x = smoothImages(3, 3, 16);
        const torch::Tensor all = afterOrdeal(x, {Kind::Print}, 3);
        QVERIFY(torch::equal(all, afterOrdeal(x, {Kind::Print}, 3)));
        QVERIFY(torch::equal(all.narrow(0, 2, 1), afterOrdeal(x.narrow(0, 2, 1), {Kind::Print}, 3, 2)));
        QVERIFY(!torch::equal(all, afterOrdeal(x, {Kind::Print}, 4)));
        QVERIFY(!torch::equal(all.narrow(0, 2, 1), afterOrdeal(x.narrow(0, 2, 1), {Kind::Print}, 3, 0)));
    }

    void allStayInRange()
    {
        const torch::Tensor x = torch::rand({2, 4, 13, 6}).round();
        for (const Ordeal& ordeal : ordeals()) {
            const torch::Tensor after = afterOrdeal(x, ordeal);
            QCOMPARE(after.sizes(), x.sizes());
            QVERIFY(after.min().item<float>() >= 0 && after.max().item<float>() <= 1);
            QCOMPARE(afterOrdeal(x.narrow(0, 0, 0), ordeal).size(0), 0);
        }
    }

    void refusesWhatIsOutOfRange()
    {
        const torch::Tensor x = torch::rand({1, 1, 4, 4});
        QVERIFY_EXCEPTION_THROWN(afterOrdeal(x.to(torch::kFloat64), {Kind::Png}), Error);
        QVERIFY_EXCEPTION_THROWN(afterOrdeal(x, {Kind::Resize, 1.5}), Error);
        try {
            afterOrdeal(x, {Kind::Jpeg, 0});
            QFAIL("a quality of 0 was accepted");
        } catch (const Error& error) {
            QCOMPARE(error.what(), "JPEG: the quality is 0; it must be 1 to 100.");
        }
    }
};

QTEST_GUILESS_MAIN(TestSurvival)
#include "tst_survival.moc"
