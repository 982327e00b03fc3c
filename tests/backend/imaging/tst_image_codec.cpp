#include "backend/imaging/image_codec.h"
#include "backend/imaging/image_header.h"
#include "backend/protocol/error.h"

#include <QTest>
#include <torch/types.h>

using namespace assay;
using namespace assay::imaging;

namespace {

torch::Tensor picture(std::int64_t channels)
{
    return torch::arange(channels * 5 * 7, torch::kInt64)
        .mul_(37)
        .remainder(256)
        .to(torch::kUInt8)
        .view({channels, 5, 7});
}

std::string sentenceOf(const std::vector<std::uint8_t>& bytes)
{
    try {
        decodeImage(bytes, false, "a.png");
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

} // namespace

class TestImageCodec : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void pngKeepsEveryPixel()
    {
        QVERIFY(torch::equal(decodeImage(encodePng(picture(3)), false, "x"), picture(3)));
        QVERIFY(torch::equal(decodeImage(encodePng(picture(1)), true, "x"), picture(1)));
    }

    void channelOrderIsRgb()
    {
        torch::Tensor red = torch::zeros({3, 2, 2}, torch::kUInt8);
        red[0].fill_(255);
        const torch::Tensor grey = decodeImage(encodePng(red), true, "x");
        QCOMPARE(grey.size(0), 1);
        QCOMPARE(int(grey[0][0][0].item<std::uint8_t>()), 76); // 0.299 * 255
    }

    void encodesOnlyImages()
    {
        QVERIFY_EXCEPTION_THROWN(encodePng(torch::zeros({2, 4, 4}, torch::kUInt8)), Error);
        QVERIFY_EXCEPTION_THROWN(encodePng(torch::zeros({1, 4, 4})), Error);
        QVERIFY_EXCEPTION_THROWN(encodePng(torch::zeros({1, 0, 4}, torch::kUInt8)), Error);
    }

    void refusesWhatIsNoImage()
    {
        QCOMPARE(sentenceOf({}), "a.png: is empty. Fetch or save the picture again.");
        QCOMPARE(sentenceOf({'G', 'I', 'F', '8', '9', 'a'}),
                 "a.png: is neither PNG, JPEG, BMP, TIFF nor WebP. Convert the picture to PNG.");
    }

    void refusesHugeSizesBeforeDecoding()
    {
        auto bytes = encodePng(picture(3));
        bytes[16] = 0x7f; // the width's highest byte
        QCOMPARE(sentenceOf(bytes), "a.png: is 2130706439 x 5 pixels; sides must be 1 to 16384 and the area "
                                    "at most 64 megapixels. Scale "
                                    "the picture down.");
    }

    void refusesDamage()
    {
        auto bytes = encodePng(picture(3));
        bytes.resize(30);
        QCOMPARE(sentenceOf(bytes),
                 "a.png: is a damaged PNG: its pixels cannot be decoded. Fetch or save the picture again.");
        bytes.resize(20);
        QCOMPARE(sentenceOf(bytes),
                 "a.png: is a damaged PNG: it ends inside its header. Fetch or save the picture again.");
    }

    void anyCutIsAnImageOrAnError()
    {
        const auto bytes = encodePng(picture(3));
        for (std::size_t size = 0; size < bytes.size(); size += 7) {
            const std::vector<std::uint8_t> cut(bytes.begin(),
                                                bytes.begin() + static_cast<std::ptrdiff_t>(size));
            sizeFromHeader(cut);
            try {
                decodeImage(cut, false, "cut");
            } catch (const Error&) {
            }
        }
    }

    void readsSizesFromHeaders()
    {
        const std::vector<std::uint8_t> jpeg = {0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0,
                                                0,    17,   8,    0,    9, 0, 6, 3, 0,    0};
        const auto size = sizeFromHeader(jpeg);
        QVERIFY(size.has_value());
        QCOMPARE(size->width, 6);
        QCOMPARE(size->height, 9);
        QVERIFY(!sizeFromHeader(std::vector<std::uint8_t>{0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff}).has_value());
    }

    void resizesByAreaAndBilinearly()
    {
        const torch::Tensor four = torch::tensor({0.0f, 2.0f, 4.0f, 6.0f}).view({1, 2, 2});
        QCOMPARE(resize(four, 1, 1).item<float>(), 3.0f);
        // OpenCV's bilinear: pixel centres at (i + 0.5) / 2 - 0.5, edges held.
        const torch::Tensor wide = resize(torch::tensor({0.0f, 4.0f}).view({1, 1, 2}), 1, 4);
        QVERIFY(torch::allclose(wide.flatten(), torch::tensor({0.0f, 1.0f, 3.0f, 4.0f})));
        QCOMPARE(resize(picture(3), 10, 3).sizes(), torch::IntArrayRef({3, 10, 3}));
        QVERIFY_EXCEPTION_THROWN(resize(four, 0, 4), Error);
        QVERIFY_EXCEPTION_THROWN(resize(torch::zeros({1, 2, 2}, torch::kInt64), 2, 2), Error);
    }
};

QTEST_GUILESS_MAIN(TestImageCodec)
#include "tst_image_codec.moc"
