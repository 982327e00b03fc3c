#include "backend/imaging/image_codec.h"
#include "backend/imaging/image_header.h"
#include "backend/protocol/error.h"
#include "sample_files.h"

#include <QTest>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <torch/types.h>

using namespace assay;
using namespace assay::imaging;
using namespace assay::test;

namespace {

/// [C,H,W] int64 in RGB(A) order, one value after another: nothing shared with the code under test.
torch::Tensor planes(const cv::Mat& mat)
{
    torch::Tensor image = torch::zeros({mat.channels(), mat.rows, mat.cols}, torch::kInt64);
    auto values = image.accessor<std::int64_t, 3>();
    for (int y = 0; y < mat.rows; ++y) {
        for (int x = 0; x < mat.cols; ++x) {
            for (int c = 0; c < mat.channels(); ++c) {
                const int at = x * mat.channels() + (mat.channels() >= 3 && c < 3 ? 2 - c : c);
                values[c][y][x] =
                    mat.depth() == CV_8U ? mat.ptr<std::uint8_t>(y)[at] : mat.ptr<std::uint16_t>(y)[at];
            }
        }
    }
    return image;
}

torch::Tensor decode(const Bytes& bytes, int channels = 0)
{
    return decodeImage(bytes, DecodeOptions{.channels = channels}, "x").to(torch::kInt64);
}

std::string refusalOf(const Bytes& bytes)
{
    try {
        decodeImage(bytes, DecodeOptions{}, "x");
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

Bytes small(const std::string& ending)
{
    if (ending == ".tiff")
        return tiff(16, 12, 3, Bytes(16 * 12 * 3, 77));
    return encoded(ending, sample(12, 16, 3, CV_8U));
}

} // namespace

class TestImageKinds : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyPixelOfEveryKind_data()
    {
        QTest::addColumn<QString>("ending");
        QTest::addColumn<int>("channels");
        QTest::addColumn<int>("depth");
        const auto rows = [](const char* ending, std::initializer_list<int> channels, int depth) {
            for (const int count : channels)
                QTest::addRow("%s of %d x %d bits", ending + 1, count, depth == CV_8U ? 8 : 16)
                    << ending << count << depth;
        };
        rows(".png", {1, 3, 4}, CV_8U);
        rows(".png", {1, 3, 4}, CV_16U);
        rows(".tiff", {1, 3, 4}, CV_8U);
        rows(".tiff", {1, 3, 4}, CV_16U);
        rows(".bmp", {1, 3}, CV_8U);
        rows(".webp", {3, 4}, CV_8U);
    }

    void everyPixelOfEveryKind()
    {
        QFETCH(QString, ending);
        QFETCH(int, channels);
        QFETCH(int, depth);
        cv::Mat mat = sample(9, 13, channels, depth);
        if (ending == ".webp" && channels == 4) { // its encoder clears colours nobody can see
            for (int i = 3; i < 13 * 4; i += 4)
                for (int y = 0; y < 9; ++y)
                    mat.ptr<std::uint8_t>(y)[i] |= 1;
        }
        const Bytes bytes = encoded(ending.toStdString(), mat);
        torch::Tensor expected = planes(mat);
        if (depth == CV_16U) // v * 255 / 65535, rounded to the nearest
            expected = (expected.to(torch::kFloat64) * 255 / 65535).round().to(torch::kInt64);
        QVERIFY(torch::equal(decode(bytes), expected));
        const auto header = readHeader(bytes);
        QVERIFY(header.has_value());
        QCOMPARE(header->size.width, 13);
        QCOMPARE(header->size.height, 9);
        QCOMPARE(header->colour, channels != 1);
        QCOMPARE(header->alpha, channels == 4);
    }

    void jpegIsWhatOpenCvDecodes()
    {
        for (const int channels : {1, 3}) {
            const Bytes bytes = encoded(".jpg", sample(40, 56, channels, CV_8U));
            const cv::Mat bare = cv::imdecode(bytes, cv::IMREAD_UNCHANGED);
            QVERIFY(torch::equal(decode(bytes), planes(bare)));
            QCOMPARE(readHeader(bytes)->colour, channels == 3);
        }
    }

    void greyAndColour()
    {
        const cv::Mat mat = sample(5, 6, 3, CV_8U);
        const torch::Tensor rgb = planes(mat).to(torch::kFloat64);
        const torch::Tensor grey = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
        const torch::Tensor found = decode(encoded(".png", mat), 1);
        QCOMPARE(found.size(0), 1);
        QVERIFY((found[0].to(torch::kFloat64) - grey).abs().max().item<double>() <= 0.51); // rounding
        const cv::Mat plain = sample(5, 6, 1, CV_8U);
        QVERIFY(torch::equal(decode(encoded(".png", plain), 3), planes(plain).expand({3, 5, 6})));
    }

    void alphaIsLaidOnTheBackground()
    {
        const cv::Mat mat = sample(7, 8, 4, CV_8U);
        const torch::Tensor rgba = planes(mat).to(torch::kFloat64);
        const torch::Tensor a = rgba[3] / 255;
        const Bytes bytes = encoded(".png", mat);
        const auto onColour = [&](std::array<std::uint8_t, 3> colour) {
            const torch::Tensor under = torch::tensor({colour[0], colour[1], colour[2]}).view({3, 1, 1});
            return rgba.narrow(0, 0, 3) * a + under.to(torch::kFloat64) * (1 - a);
        };
        const auto worst = [](const torch::Tensor& x, const torch::Tensor& y) {
            return (x.to(torch::kFloat64) - y).abs().max().item<double>();
        };
        QVERIFY(worst(decode(bytes, 3), onColour({255, 255, 255})) <= 0.501);
        const torch::Tensor red = decodeImage(bytes, DecodeOptions{.background = {200, 10, 0}}, "x");
        QVERIFY(worst(red, onColour({200, 10, 0})) <= 0.501);
        QVERIFY(torch::equal(decode(bytes, 4), planes(mat)));
    }

    void tiffAlphaOfBothKinds()
    {
        // One pixel, red 200 at alpha 100: stored multiplied (1) as 78, else (2) as 200. Both are the same
        // colour.
        const Bytes associated = tiff(1, 1, 4, {78, 0, 0, 100}, 1, 1);
        const Bytes unassociated = tiff(1, 1, 4, {200, 0, 0, 100}, 1, 2);
        for (const Bytes& bytes : {associated, unassociated}) {
            const torch::Tensor pixel = decode(bytes, 3).flatten();
            QVERIFY(std::abs(pixel[0].item<double>() - (78 + 155)) <= 1);
            QCOMPARE(pixel[1].item<std::int64_t>(), 155);
        }
    }

    void orientationIsApplied_data()
    {
        QTest::addColumn<int>("orientation");
        for (int i = 1; i <= 8; ++i)
            QTest::addRow("%d", i) << i;
    }

    void orientationIsApplied()
    {
        QFETCH(int, orientation);
        // From the EXIF standard: where row 0 and column 0 of the stored image belong.
        const auto upright = [&](const torch::Tensor& x) {
            switch (orientation) {
            case 2:
                return x.flip(2);
            case 3:
                return x.flip({1, 2});
            case 4:
                return x.flip(1);
            case 5:
                return x.transpose(1, 2);
            case 6:
                return x.transpose(1, 2).flip(2);
            case 7:
                return x.transpose(1, 2).flip({1, 2});
            case 8:
                return x.transpose(1, 2).flip(1);
            default:
                return x;
            }
        };
        const Bytes plain = encoded(".jpg", sample(8, 16, 3, CV_8U));
        const Bytes turned = withOrientation(plain, orientation);
        QCOMPARE(readHeader(turned)->orientation, orientation);
        QVERIFY(torch::equal(decode(turned), upright(decode(plain))));
        QVERIFY(torch::equal(decodeImage(turned, DecodeOptions{.upright = false}, "x").to(torch::kInt64),
                             decode(plain)));

        Bytes values;
        for (int i = 0; i < 3 * 2 * 3; ++i)
            values.push_back(static_cast<std::uint8_t>(i * 11));
        const torch::Tensor stored = decode(tiff(3, 2, 3, values));
        QCOMPARE(stored[1][1][2].item<int>(), 16 * 11);
        QVERIFY(torch::equal(decode(tiff(3, 2, 3, values, orientation)), upright(stored)));
    }

    void hugeSizesAreRefusedBeforeDecoding_data()
    {
        QTest::addColumn<QString>("ending");
        for (const char* ending : {".png", ".jpg", ".bmp", ".tiff"})
            QTest::newRow(ending + 1) << ending;
    }

    void hugeSizesAreRefusedBeforeDecoding()
    {
        QFETCH(QString, ending);
        const std::string kind = ending.toStdString();
        QCOMPARE(refusalOf(withSize(kind, small(kind), 60000, 60000)),
                 "x: is 60000 x 60000 pixels; sides must be 1 to 16384 and the area at most 64 megapixels. "
                 "Scale the picture down.");
        QVERIFY(refusalOf(withSize(kind, small(kind), 0, 5)).starts_with("x: is 0 x 5 pixels;"));
    }

    void hugeWebPIsRefused()
    {
        QCOMPARE(refusalOf(withSize(".webp", small(".webp"), 16384, 16384)),
                 "x: is 16384 x 16384 pixels; sides must be 1 to 16384 and the area at most 64 megapixels. "
                 "Scale the picture down.");
        // The extended form can say 2^24.
        const Bytes extended = {'R', 'I', 'F', 'F', 22, 0, 0, 0, 'W', 'E',  'B',  'P', 'V',  'P',  '8',
                                'X', 10,  0,   0,   0,  0, 0, 0, 0,   0x5f, 0xea, 0,   0x5f, 0xea, 0};
        QVERIFY(refusalOf(extended).starts_with("x: is 60000 x 60000 pixels;"));
    }

    void cutFilesAreErrors_data()
    {
        QTest::addColumn<QString>("ending");
        QTest::addColumn<QString>("name");
        QTest::newRow("png") << ".png"
                             << "PNG";
        QTest::newRow("jpg") << ".jpg"
                             << "JPEG";
        QTest::newRow("bmp") << ".bmp"
                             << "BMP";
        QTest::newRow("tiff") << ".tiff"
                              << "TIFF";
        QTest::newRow("webp") << ".webp"
                              << "WebP";
    }

    void cutFilesAreErrors()
    {
        QFETCH(QString, ending);
        QFETCH(QString, name);
        const Bytes whole = small(ending.toStdString());
        QCOMPARE(refusalOf(whole), "no error");
        const std::string damaged = "x: is a damaged " + name.toStdString() + ": ";
        for (std::size_t left : {whole.size() / 4, whole.size() / 2, whole.size() - 3}) {
            const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(left));
            QVERIFY2(refusalOf(cut).starts_with(damaged), refusalOf(cut).c_str());
        }
    }

    void halfAJpegIsNoticed()
    {
        const Bytes whole = encoded(".jpg", sample(64, 64, 3, CV_8U));
        Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.size() * 3 / 4));
        QCOMPARE(refusalOf(cut), "x: is a damaged JPEG: it ends before its picture does. Fetch or save the "
                                 "picture again.");
        Bytes longer = whole;
        longer.insert(longer.end(), {1, 2, 3, 0xff, 0xda});
        QVERIFY(torch::equal(decode(longer), decode(whole)));
        QVERIFY(jpegIsWhole(whole));
        QVERIFY(!jpegIsWhole(cut));
    }

    void floatingPointIsRefused()
    {
        Bytes bytes;
        cv::imencode(".tiff", cv::Mat(4, 4, CV_32FC1, cv::Scalar(0.5)), bytes);
        QCOMPARE(refusalOf(bytes),
                 "x: holds values of other than 8 or 16 bits a channel. Convert the picture "
                 "to PNG of 8 bits.");
    }

    void reducedJpegsAreSmall()
    {
        const Bytes bytes = encoded(".jpg", cv::Mat(64, 96, CV_8UC3, cv::Scalar(10, 100, 200)));
        const torch::Tensor eighth = decodeImage(bytes, DecodeOptions{.reduce = 8}, "x");
        QCOMPARE(eighth.sizes(), torch::IntArrayRef({3, 8, 12}));
        QVERIFY(std::abs(eighth[0].to(torch::kFloat32).mean().item<double>() - 200) < 3);
    }

    void fitsIntoATarget()
    {
        cv::Mat mat(4, 8, CV_8UC1, cv::Scalar(100));
        mat.colRange(0, 2).setTo(0); // what a crop to a square cuts off
        mat.colRange(6, 8).setTo(0);
        const Bytes bytes = encoded(".png", mat);
        const DecodeOptions grey{.channels = 1, .background = {30, 30, 30}};
        torch::Tensor out = torch::empty({1, 4, 4}, torch::kUInt8);
        decodeInto(bytes, grey, Fit::Crop, out, "x");
        QVERIFY(out.eq(100).all().item<bool>());
        decodeInto(bytes, grey, Fit::Stretch, out, "x");
        QVERIFY(torch::equal(out[0][0], torch::tensor({0, 100, 100, 0}, torch::kUInt8)));
        decodeInto(bytes, grey, Fit::Letterbox, out, "x");
        QVERIFY(out[0][0].eq(30).all().item<bool>());
        QVERIFY(out[0][3].eq(30).all().item<bool>());
        QVERIFY(torch::equal(out[0][1], torch::tensor({0, 100, 100, 0}, torch::kUInt8)));
    }

    void placements()
    {
        const Placement crop = place(640, 480, 224, 224, Fit::Crop);
        QCOMPARE(crop.from.x, 80);
        QCOMPARE(crop.from.width, 480);
        QCOMPARE(crop.from.height, 480);
        QCOMPARE(crop.to.width, 224);
        const Placement box = place(640, 480, 224, 224, Fit::Letterbox);
        QCOMPARE(box.from.width, 640);
        QCOMPARE(box.to.width, 224);
        QCOMPARE(box.to.height, 168);
        QCOMPARE(box.to.y, 28);
        const Placement thin = place(16384, 1, 224, 224, Fit::Letterbox);
        QCOMPARE(thin.to.height, 1);
        QCOMPARE(place(16384, 1, 224, 224, Fit::Crop).from.width, 1);
        QVERIFY_EXCEPTION_THROWN(fitFromName("fill", "card"), Error);
    }
};

QTEST_GUILESS_MAIN(TestImageKinds)
#include "tst_image_kinds.moc"
