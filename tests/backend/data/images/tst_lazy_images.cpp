#include "backend/data/images/lazy_image_dataset.h"
#include "backend/data/images/parallel_for.h"
#include "backend/data/images/prefetcher.h"
#include "tests/backend/data/picture_files.h"

#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <thread>

using namespace assay;
using namespace assay::data;
using namespace assay::test;

class TestLazyImages : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::filesystem::path m_root;

    /// @p count pictures p0.png ... of 6 x 8, the last fifth for testing; labels 0, 1, 0, ...
    std::shared_ptr<LazyImageDataset> made(int count, ImageMemory memory = {}, ImageShape shape = {})
    {
        ImageList list{.classes = {"a", "b"}};
        for (int i = 0; i < count; ++i) {
            const std::string name = "p" + std::to_string(i) + ".png";
            writePicture(m_root / name, picture(i));
            ImagePart& part = list.parts[i < count * 4 / 5 ? 0 : 1];
            part.table.names.push_back(name);
            part.labels.push_back(i % 2);
        }
        if (shape.height == 0)
            shape.height = 6, shape.width = 8;
        return std::make_shared<LazyImageDataset>(DatasetInfo{.name = "set"}, std::move(list),
                                                  ImageRoot(m_root), shape, memory);
    }

private Q_SLOTS:
    void init()
    {
        m_root = std::filesystem::path(m_dir.path().toStdString()) / QTest::currentTestFunction();
        std::filesystem::create_directories(m_root);
    }

    void lazyEqualsEager()
    {
        const auto set = made(40);
        QVERIFY(!set->resident());
        const torch::Tensor ids = torch::tensor({31, 0, 7, 7, 2}, torch::kInt64);
        const torch::Tensor lazy = set->pixelsOf(Split::Train, ids);
        QVERIFY(torch::equal(lazy[0], picture(31)));
        QVERIFY(torch::equal(lazy[3], picture(7)));
        QVERIFY(torch::equal(set->pixelsOf(Split::Train, ids), lazy)); // now from the cache
        const torch::Tensor all = set->pixels(Split::Train);
        QCOMPARE(all.sizes(), torch::IntArrayRef({32, 3, 6, 8}));
        QVERIFY(torch::equal(all.index_select(0, ids), lazy));
        QVERIFY(!set->resident());
        QVERIFY(torch::equal(set->pixels(Split::Test)[0], picture(32)));
        QVERIFY(set->resident());
        QVERIFY(torch::equal(set->pixelsOf(Split::Train, ids), lazy));
        QCOMPARE(set->pixels(Split::Train).data_ptr(), all.data_ptr());
        QVERIFY(
            torch::equal(set->labels(Split::Test), torch::tensor({0, 1, 0, 1, 0, 1, 0, 1}, torch::kInt64)));
        QCOMPARE(set->info().trainCount, 32);
        QCOMPARE(set->samples(Split::Test).names[1], "p33.png");
        QCOMPARE(set->pixelsOf(Split::Test, torch::empty({0}, torch::kInt64)).size(0), 0);
    }

    void originalsKeepTheirSize()
    {
        ImageShape shape;
        shape.height = shape.width = 3;
        const auto set = made(5, {}, shape);
        QVERIFY(torch::equal(set->original(Split::Train, 2), picture(2)));
        QCOMPARE(set->pixelsOf(Split::Train, torch::tensor({2})).sizes(), torch::IntArrayRef({1, 3, 3, 3}));
    }

    void cacheStaysWithinItsBound()
    {
        constexpr std::int64_t kPicture = 3 * 6 * 8;
        const auto set = made(50, {.pixelBytes = 7 * kPicture + 5, .thumbnailBytes = 3 * 3 * 3 * 4});
        for (int round = 0; round < 3; ++round) {
            set->pixelsOf(Split::Train, torch::arange(40));
            QVERIFY(set->cachedBytes() <= 7 * kPicture + 5);
            QCOMPARE(set->cachedBytes(), 7 * kPicture);
        }
        set->thumbnails(Split::Train, torch::arange(40), 4);
        QVERIFY(set->cachedBytes() <= 7 * kPicture + 3 * 3 * 3 * 4);
    }

    void leastRecentlyUsedFallsOut()
    {
        PixelCache cache(3 * 10);
        const auto put = [&](std::uint64_t key) {
            cache.put(key, torch::full({10}, int(key), torch::kUInt8));
        };
        put(1), put(2), put(3);
        QVERIFY(cache.find(1).defined());
        put(4);
        QVERIFY(!cache.find(2).defined());
        QCOMPARE(cache.find(1)[0].item<int>(), 1);
        QCOMPARE(cache.bytes(), 30);
        cache.put(9, torch::zeros({31}, torch::kUInt8)); // larger than all of it: not kept, nothing lost
        QVERIFY(!cache.find(9).defined());
        QVERIFY(cache.find(4).defined());
    }

    void twoThreadsAtOnce()
    {
        const auto set = made(60, {.pixelBytes = 20 * 3 * 6 * 8, .thumbnailBytes = 1000});
        std::atomic<int> wrong = 0;
        const auto work = [&](int step) {
            for (int round = 0; round < 20; ++round) {
                const torch::Tensor ids = torch::arange(10).mul(step).add(round).remainder(48);
                const torch::Tensor pixels = set->pixelsOf(Split::Train, ids);
                for (int i = 0; i < 10; ++i)
                    wrong += torch::equal(pixels[i], picture(ids[i].item<std::int64_t>())) ? 0 : 1;
                set->thumbnails(Split::Train, ids, 4);
                if (round == 15)
                    set->pixels(Split::Train);
                set->hash();
            }
        };
        {
            const std::jthread one(work, 1);
            const std::jthread two(work, 7);
            const std::jthread three(work, 5);
        }
        QCOMPARE(wrong.load(), 0);
    }

    void brokenFileIsNamed()
    {
        const auto set = made(20);
        writeText(m_root / "p9.png", "no picture");
        const auto read = [&] { set->pixelsOf(Split::Train, torch::arange(16)); };
        const QString sentence = QString::fromStdString((m_root / "p9.png").string()) +
                                 ": is neither PNG, JPEG, BMP, TIFF nor WebP. Convert the picture to PNG.";
        QCOMPARE(sentenceOf(read), sentence);
        QCOMPARE(sentenceOf([&] { set->pixels(Split::Train); }), sentence);
        std::filesystem::remove(m_root / "p9.png");
        QCOMPARE(sentenceOf(read), QString::fromStdString((m_root / "p9.png").string()) +
                                       ": no such file. Put the picture back, or import the data set again.");
        writePicture(m_root / "p9.png", picture(9));
        QVERIFY(torch::equal(set->pixels(Split::Train)[9], picture(9))); // the failure was not remembered
        QVERIFY_EXCEPTION_THROWN(set->pixelsOf(Split::Test, torch::tensor({4})), Error);
        QVERIFY_EXCEPTION_THROWN(set->pixelsOf(Split::Test, torch::tensor({-1})), Error);
    }

    void thumbnailsAreSmall()
    {
        const auto set = made(10);
        QCOMPARE(set->thumbnails(Split::Train, torch::arange(3), 4).sizes(),
                 torch::IntArrayRef({3, 3, 3, 4}));
        const torch::Tensor large = set->thumbnails(Split::Train, torch::tensor({5, 1}), 100);
        QVERIFY(torch::equal(large[0], picture(5))); // never enlarged
        QVERIFY(torch::equal(large, set->thumbnails(Split::Train, torch::tensor({5, 1}), 100)));
        const torch::Tensor lazy = set->thumbnails(Split::Train, torch::tensor({5}), 4);
        set->pixels(Split::Train);
        QVERIFY(torch::equal(set->thumbnails(Split::Train, torch::tensor({5}), 4), lazy));
        QVERIFY_EXCEPTION_THROWN(set->thumbnails(Split::Train, torch::tensor({5}), 0), Error);
    }

    void hashSeesNamesLabelsBytesAndShape()
    {
        const auto set = made(10);
        const std::string before = set->hash();
        QCOMPARE(before.size(), 64u);
        QCOMPARE(made(10)->hash(), before);
        ImageShape shape;
        shape.height = shape.width = 5;
        QVERIFY(made(10, {}, shape)->hash() != before);
        QVERIFY(made(9)->hash() != before);
        const auto changed = made(10);
        writePicture(m_root / "p3.png", picture(4));
        QVERIFY(changed->hash() != before);
    }

    void linksOutOfTheFolderAreRefused()
    {
        const auto set = made(5);
        const auto outside = std::filesystem::path(m_dir.path().toStdString()) / "outside.png";
        writePicture(outside, picture(1));
        std::filesystem::remove(m_root / "p0.png");
        std::filesystem::create_symlink(outside, m_root / "p0.png");
        std::filesystem::remove(m_root / "p1.png");
        std::filesystem::create_symlink("p2.png", m_root / "p1.png");
        QCOMPARE(
            sentenceOf([&] { set->pixelsOf(Split::Train, torch::tensor({0})); }),
            QString::fromStdString((m_root / "p0.png").string()) +
                ": is a link that leads out of the data set's folder. Replace the link by the picture, or "
                "allow files outside the folder.");
        QVERIFY(torch::equal(set->pixelsOf(Split::Train, torch::tensor({1}))[0], picture(2)));
        QVERIFY(torch::equal(imaging::decodeImage(ImageRoot(m_root, true).read("p0.png"), false, "x"),
                             picture(1)));
        QVERIFY(!isInside("a/../../b"));
        QVERIFY(!isInside("/a"));
        QVERIFY(!isInside(""));
        QVERIFY(!isInside(std::string("a\0b", 3)));
        QVERIFY(isInside("a/..b/c"));
    }

    void loopsOfLinksEnd()
    {
        std::filesystem::create_symlink("y.png", m_root / "x.png");
        std::filesystem::create_symlink("x.png", m_root / "y.png");
        QVERIFY_EXCEPTION_THROWN(ImageRoot(m_root).read("x.png"), Error);
    }

    void prefetchedBatchesComeInOrder()
    {
        const auto set = made(40, {.pixelBytes = 0, .thumbnailBytes = 0});
        const torch::Tensor ids = torch::arange(32).flip(0);
        Prefetcher prefetcher(set, Split::Train, ids, 5);
        std::int64_t seen = 0;
        while (const auto batch = prefetcher.next()) {
            QVERIFY(torch::equal(batch->ids, ids.narrow(0, seen, batch->ids.size(0))));
            for (std::int64_t i = 0; i < batch->ids.size(0); ++i)
                QVERIFY(torch::equal(batch->pixels[i], picture(batch->ids[i].item<std::int64_t>())));
            seen += batch->ids.size(0);
        }
        QCOMPARE(seen, 32);
        QVERIFY(!prefetcher.next().has_value());
    }

    void prefetcherStopsEarlyAndTellsErrors()
    {
        const auto set = made(40);
        {
            Prefetcher abandoned(set, Split::Train, torch::arange(32), 4);
            QVERIFY(abandoned.next().has_value());
        }
        Prefetcher prefetcher(made(40), Split::Train, torch::arange(32), 4);
        writeText(m_root / "p9.png", "no picture");
        QVERIFY(prefetcher.next().has_value());
        QVERIFY(prefetcher.next().has_value());
        QVERIFY_EXCEPTION_THROWN(prefetcher.next(), Error); // ids 8 to 11
        QVERIFY_EXCEPTION_THROWN(prefetcher.next(), Error);
    }

    void firstErrorOfManyIsThrown()
    {
        std::atomic<int> done = 0;
        parallelFor(1000, [&](std::int64_t) { ++done; });
        QCOMPARE(done.load(), 1000);
        parallelFor(0, [&](std::int64_t) { ++done; });
        QCOMPARE(done.load(), 1000);
        QVERIFY_EXCEPTION_THROWN(parallelFor(10,
                                             [](std::int64_t i) {
                                                 if (i == 3)
                                                     throw Error("3");
                                             }),
                                 Error);
    }
};

QTEST_GUILESS_MAIN(TestLazyImages)
#include "tst_lazy_images.moc"
