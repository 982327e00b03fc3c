#include "backend/data/images/prefetcher.h"
#include "tests/backend/data/images/photo_folder.h"
#include "tests/support/peak_memory.h"

#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

using namespace assay;
using namespace assay::data;

/// The bounds that the documentation names, on the process and not only on the caches' own counts.
class TestImageMemory : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void processStaysWithinTheBound()
    {
        constexpr int kCount = 248;
        constexpr int kSide = 640;
        constexpr std::int64_t kBatch = 4;
        constexpr std::int64_t kMebi = 1 << 20;
        QTemporaryDir dir;
        ImageShape shape;
        shape.height = shape.width = kSide;
        const ImageMemory memory{.pixelBytes = 64 * kMebi, .thumbnailBytes = 2 * kMebi};
        const auto set = std::make_shared<LazyImageDataset>(
            DatasetInfo{.name = "photos"}, test::writePhotos(dir.path().toStdString(), kCount, kSide, kSide),
            ImageRoot(dir.path().toStdString()), shape, memory);
        set->pixelsOf(Split::Train, torch::arange(4)); // what the libraries take once

        test::forgetPeakMemory();
        const std::int64_t before = test::residentMemory("VmRSS");
        for (std::int64_t at = 0; at < kCount; at += kBatch)
            set->pixelsOf(Split::Train, torch::arange(at, at + kBatch));
        Prefetcher ahead(set, Split::Train, torch::arange(kCount), kBatch);
        while (ahead.next()) {
        }
        set->thumbnails(Split::Train, torch::arange(kCount), 64);
        const std::int64_t growth = test::residentMemory("VmHWM") - before;

        // Two batches wait, one is read, one is used; a picture a core is in flight, read and decoded.
        const std::int64_t picture = shape.bytes();
        const std::int64_t bound =
            memory.pixelBytes + memory.thumbnailBytes + 4 * kBatch * picture + 8 * picture + 16 * kMebi;
        QVERIFY2(growth < bound, qPrintable(QString("grew by %1 MiB").arg(growth / kMebi)));
        QVERIFY(bound < kCount * picture / 2); // so that keeping everything would have been seen
        QVERIFY(set->cachedBytes() > 60 * kMebi);
    }
};

QTEST_GUILESS_MAIN(TestImageMemory)
#include "tst_image_memory.moc"
