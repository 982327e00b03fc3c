#include "fake_library.h"

#include "widgets/browsing/thumbnail_store.h"

#include <QSignalSpy>
#include <QTest>

#include <numeric>

using namespace assay;
using namespace assay::test;
using namespace assay::widgets;

/// Which thumbnails are asked for, and what becomes of the answers.
class TestThumbnailStore : public QObject
{
    Q_OBJECT

    static QVector<qint64> range(qint64 first, qint64 count)
    {
        QVector<qint64> ids(count);
        std::iota(ids.begin(), ids.end(), first);
        return ids;
    }
    static QVector<qint64> idsOf(const FakeLibrary::Question& question)
    {
        QVector<qint64> ids;
        for (const Json& id : question.params.at("ids"))
            ids << id.get<qint64>();
        return ids;
    }

private Q_SLOTS:
    void onlyAFewRequestsAreUnderWay()
    {
        FakeLibrary library(100000);
        library.answersAtOnce = false;
        ThumbnailStore store(library.port(), nullptr);
        store.setSource("shapes", "test", 28);
        store.want(range(0, 1000), 84);
        QCOMPARE(library.questions.size(), ThumbnailStore::kMostUnderWay);
        QCOMPARE(store.underWay(), ThumbnailStore::kMostUnderWay);
        QCOMPARE(idsOf(library.questions[0]), range(0, ThumbnailStore::kMostIds));
        QCOMPARE(library.questions[0].params.at("split").get<std::string>(), std::string("test"));
        // Never more than the images have.
        QCOMPARE(library.questions[0].params.at("side").get<int>(), 28);
        store.want(range(0, 1000), 84);
        QCOMPARE(library.questions.size(), ThumbnailStore::kMostUnderWay); // nothing is asked twice
    }

    void whatIsNoLongerWantedIsNotAskedFor()
    {
        FakeLibrary library(100000);
        library.answersAtOnce = false;
        ThumbnailStore store(library.port(), nullptr);
        store.setSource("shapes", "test", 28);
        store.want(range(0, 5000), 28);
        store.want(range(90000, 200), 28);
        library.answer();
        QTRY_COMPARE(library.questions.size(), ThumbnailStore::kMostUnderWay);
        QCOMPARE(idsOf(library.questions.last()).first(), 90000);
        QVERIFY(!store.image(0).isNull()); // it had been asked for: it is kept
    }

    void imagesArrive()
    {
        FakeLibrary library(100, 3);
        ThumbnailStore store(library.port(), nullptr);
        QSignalSpy arrived(&store, &ThumbnailStore::arrived);
        store.setSource("shapes", "test", 28);
        store.want(range(0, 100), 28);
        QVERIFY(store.image(7).isNull());
        QTRY_VERIFY(!store.image(99).isNull());
        QVERIFY(arrived.count() >= 1);
        QCOMPARE(store.image(7).pixel(3, 0), qRgb(10, 50, 90));
        const int asked = library.asked;
        store.want(range(0, 100), 28);
        QCOMPARE(library.asked, asked);
    }

    void sharperOnesReplaceThem()
    {
        FakeLibrary library(10, 3, 200);
        ThumbnailStore store(library.port(), nullptr);
        store.setSource("shapes", "test", 200);
        store.want(range(0, 10), 30);
        QTRY_COMPARE(store.image(3).width(), 32);
        store.want(range(0, 10), 100);
        QCOMPARE(store.image(3).width(), 32); // shown until the sharper one is there
        QTRY_COMPARE(store.image(3).width(), 128);
        store.want(range(0, 10), 4000);
        QTRY_COMPARE(store.image(3).width(), 200);
    }

    void oneBrokenImageSpoilsNoOther()
    {
        FakeLibrary library(60);
        library.unreadable = 17;
        ThumbnailStore store(library.port(), nullptr);
        QSignalSpy refused(&store, &ThumbnailStore::refused);
        store.setSource("shapes", "test", 28);
        store.want(range(0, 60), 28);
        QTRY_COMPARE(refused.count(), 1);
        QCOMPARE(refused[0][0].toString(), QString("shape-17.png: cannot be decoded."));
        QVERIFY(store.isBroken(17));
        QTRY_VERIFY(!store.image(59).isNull());
        for (qint64 id = 0; id < 60; ++id)
            QTRY_COMPARE(store.image(id).isNull(), id == 17);
        const int asked = library.asked;
        store.want(range(0, 60), 28);
        QCOMPARE(library.asked, asked); // it is not asked for again
    }

    void theEnginesDeathBreaksNothing()
    {
        FakeLibrary library(60);
        library.answersAtOnce = false;
        ThumbnailStore store(library.port(), nullptr);
        store.setSource("shapes", "test", 28);
        store.want(range(0, 60), 28);
        store.setReady(false);
        library.refusal = "The engine died.";
        library.answerAll();
        QVERIFY(!store.isBroken(3));
        QVERIFY(library.questions.isEmpty());
        library.refusal.clear();
        store.setReady(true);
        QCOMPARE(library.questions.size(), 1);
        library.answerAll();
        QTRY_VERIFY(!store.image(59).isNull());
    }

    void answersOfAnEarlierSourceAreDropped()
    {
        FakeLibrary library(60);
        library.answersAtOnce = false;
        ThumbnailStore store(library.port(), nullptr);
        store.setSource("shapes", "test", 28);
        store.want(range(0, 10), 28);
        store.setSource("shapes", "train", 28);
        library.answerAll();
        QTest::qWait(50);
        QVERIFY(store.image(3).isNull());
        QCOMPARE(store.underWay(), 0);
    }

    void memoryIsBounded()
    {
        FakeLibrary library(4000, 3, 256);
        ThumbnailStore store(library.port(), nullptr);
        store.setSource("shapes", "test", 256);
        for (qint64 first = 0; first < 600; first += 96) {
            store.want(range(first, 96), 256);
            QTRY_VERIFY(!store.image(first + 95).isNull());
        }
        qint64 kept = 0;
        for (qint64 id = 0; id < 700; ++id)
            kept += store.image(id).sizeInBytes();
        QVERIFY(kept > 32 * 1024 * 1024);
        QVERIFY(kept <= ThumbnailStore::kCacheKiB * 1024);
        QVERIFY(store.image(0).isNull());
    }

    void anAnswerOfTheWrongSizeIsSaid()
    {
        ThumbnailStore store(
            [](const std::string&, const Json&, QObject*, EngineClient::ReplyHandler handler) {
                handler({1, true, {{"channels", 3}, {"height", 28}, {"width", 28}}, {1, 2, 3}, {}});
            },
            nullptr);
        QSignalSpy refused(&store, &ThumbnailStore::refused);
        store.setSource("shapes", "test", 28);
        store.want({5}, 28);
        QTRY_COMPARE(refused.count(), 1);
        QVERIFY(
            refused[0][0].toString().startsWith("the images could not be read: 3 bytes are not 1 of 2352"));
    }
};

QTEST_GUILESS_MAIN(TestThumbnailStore)
#include "tst_thumbnail_store.moc"
