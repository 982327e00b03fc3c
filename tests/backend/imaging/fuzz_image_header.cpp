#include "backend/imaging/image_codec.h"
#include "backend/imaging/image_header.h"
#include "backend/protocol/error.h"
#include "sample_files.h"

#include <QTest>
#include <torch/types.h>

#include <random>

using namespace assay;
using namespace assay::imaging;
using namespace assay::test;

/// Any bytes give a header or none, and an image or an Error, never anything else.
class FuzzImageHeader : public QObject
{
    Q_OBJECT

    static std::vector<Bytes> seeds()
    {
        const cv::Mat mat = sample(12, 16, 3, CV_8U);
        return {encoded(".png", mat),
                encoded(".jpg", mat),
                withOrientation(encoded(".jpg", mat), 6),
                encoded(".bmp", mat),
                encoded(".bmp", sample(12, 16, 1, CV_8U)),
                encoded(".webp", mat),
                tiff(16, 12, 3, Bytes(16 * 12 * 3, 7), 3),
                encoded(".tiff", sample(12, 16, 4, CV_16U))};
    }

    static Bytes mutated(Bytes bytes, std::mt19937& random)
    {
        // Mostly in the head, where sizes and offsets are.
        for (std::uint32_t i = 0; i <= random() % 5; ++i) {
            const std::size_t range =
                random() % 3 == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 160);
            bytes[random() % range] = random() % 4 == 0 ? 0xff : static_cast<std::uint8_t>(random());
        }
        if (random() % 4 == 0)
            bytes.resize(random() % (bytes.size() + 1));
        return bytes;
    }

private Q_SLOTS:
    void headers()
    {
        std::mt19937 random(20261122);
        const auto files = seeds();
        int read = 0;
        for (int round = 0; round < 200000; ++round) {
            const Bytes bytes = mutated(files[random() % files.size()], random);
            read += readHeader(bytes).has_value() ? 1 : 0;
            jpegIsWhole(bytes);
        }
        QVERIFY(read > 0);
    }

    void decoding()
    {
        std::mt19937 random(20261123);
        const auto files = seeds();
        int read = 0;
        for (int round = 0; round < 4000; ++round) {
            const Bytes bytes = mutated(files[random() % files.size()], random);
            const auto size = sizeFromHeader(bytes);
            if (size && size->width * size->height > 4'000'000) // allowed, but slow by the thousand
                continue;
            try {
                const torch::Tensor image = decodeImage(bytes, DecodeOptions{}, "x");
                QCOMPARE(image.size(0), 3);
                ++read;
            } catch (const Error&) {
            }
        }
        QVERIFY(read > 0);
    }
};

QTEST_GUILESS_MAIN(FuzzImageHeader)
#include "fuzz_image_header.moc"
