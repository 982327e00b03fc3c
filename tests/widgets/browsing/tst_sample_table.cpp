#include "fake_library.h"

#include "widgets/browsing/class_balance.h"
#include "widgets/browsing/sample_filter.h"
#include "widgets/browsing/sample_pixels.h"
#include "widgets/browsing/sample_reply.h"

#include <QElapsedTimer>
#include <QRandomGenerator>
#include <QTest>

#include <cmath>
#include <limits>

using namespace assay;
using namespace assay::test;
using namespace assay::widgets;

/// The table of samples as it travels, filters over it, and the bytes of images: hostile ones too.
class TestSampleTable : public QObject
{
    Q_OBJECT

    static QString problemOf(const Json& head, std::span<const std::uint8_t> bytes)
    {
        try {
            readSampleTable(head, bytes);
        } catch (const std::exception& error) {
            return QString::fromUtf8(error.what());
        }
        return {};
    }
    /// One column of three samples.
    static Json oneColumn(const char* name, const char* type, Json count = 3)
    {
        return {{"count", std::move(count)},
                {"classes", {"a", "b"}},
                {"columns", {{{"name", name}, {"type", type}, {"values", {"x", "y"}}}}}};
    }
    static std::vector<std::uint8_t> bytesOf(const std::vector<double>& numbers)
    {
        std::vector<std::uint8_t> bytes(numbers.size() * sizeof(double));
        std::memcpy(bytes.data(), numbers.data(), bytes.size());
        return bytes;
    }

private Q_SLOTS:
    void everyColumnIsRead()
    {
        const FakeLibrary library(1000);
        const SampleTable table = readSampleTable(library.tableHead(), library.tableBytes());
        QCOMPARE(table.count, 1000);
        QCOMPARE(table.classes, QStringList({"disc", "square", "star", "cross"}));
        QCOMPARE(table.height, 28);
        QCOMPARE(table.labels[7], 3);
        QCOMPARE(table.className(7), QString("cross"));
        QCOMPARE(table.className(1000), QString());
        QCOMPARE(table.className(-1), QString());
        QCOMPARE(table.attributes.size(), std::size_t(2));
        QCOMPARE(table.attributes[0].name, QString("style"));
        QCOMPARE(table.attributes[0].codes[9], 2);
        QCOMPARE(table.attributes[1].numbers[120], -30.0);
        QCOMPARE(table.names[42], QString("shape-42.png"));
        QCOMPARE(table.captions[43], QString("a blue square"));
    }

    void manyNumbersBecomeRangesOfEqualCounts()
    {
        const FakeLibrary library(1000);
        const SampleTable table = readSampleTable(library.tableHead(), library.tableBytes());
        const SampleAttribute& yaw = table.attributes[1];
        QCOMPARE(yaw.values, QStringList({"-50 to -26", "-25 to -1", "0 to 24", "25 to 49"}));
        QVector<int> counts(4);
        for (const std::int32_t code : yaw.codes)
            ++counts[code];
        QCOMPARE(counts, QVector<int>({250, 250, 250, 250}));
    }

    void fewNumbersStayWhatTheyAre()
    {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        const SampleTable table = readSampleTable(oneColumn("age", "f64"), bytesOf({7, nan, 3}));
        QCOMPARE(table.attributes[0].values, QStringList({"3", "7"}));
        QCOMPARE(table.attributes[0].codes, std::vector<std::int32_t>({1, -1, 0}));
        const SampleTable none = readSampleTable(oneColumn("age", "f64"), bytesOf({nan, nan, nan}));
        QVERIFY(none.attributes[0].values.isEmpty());
        QCOMPARE(none.attributes[0].codes, std::vector<std::int32_t>({-1, -1, -1}));
    }

    void codesThatNameNothingAreUnknown()
    {
        const std::int32_t codes[] = {1, 2, -7};
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(codes);
        const std::vector<std::int32_t> expected = {1, -1, -1};
        QCOMPARE(readSampleTable(oneColumn("label", "i32"), {bytes, sizeof codes}).labels, expected);
        QCOMPARE(readSampleTable(oneColumn("style", "i32"), {bytes, sizeof codes}).attributes[0].codes,
                 expected);
    }

    void everyCutIsNoticed()
    {
        const FakeLibrary library(5);
        const std::vector<std::uint8_t> bytes = library.tableBytes();
        for (std::size_t size = 0; size < bytes.size(); ++size)
            QVERIFY2(!problemOf(library.tableHead(), std::span(bytes).first(size)).isEmpty(),
                     qPrintable(QString::number(size)));
        QCOMPARE(problemOf(library.tableHead(), std::span(bytes).first(bytes.size() - 1)),
                 QString("the table of the samples could not be read: column '#caption' is cut short."));
        std::vector<std::uint8_t> longer = bytes;
        longer.push_back(0);
        QCOMPARE(problemOf(library.tableHead(), longer),
                 QString("the table of the samples could not be read: 1 bytes are left over."));
    }

    void lyingCountsAllocateNothing_data()
    {
        QTest::addColumn<QString>("count");
        for (const char* count : {"-1", "1.5", "1e18", "9223372036854775807", "null", "\"3\"", "[3]", "13"})
            QTest::newRow(count) << count;
    }

    void lyingCountsAllocateNothing()
    {
        QFETCH(QString, count);
        const std::vector<std::uint8_t> bytes(12, 0xff);
        QVERIFY(!problemOf(oneColumn("label", "i32", Json::parse(count.toStdString())), bytes).isEmpty());
    }

    void aTextThatIsLongerThanTheAnswerIsRefused()
    {
        const std::vector<std::uint8_t> bytes(16, 0xff); // a length of 2^32 - 1
        QCOMPARE(problemOf(oneColumn("#name", "text"), bytes),
                 QString("the table of the samples could not be read: column '#name' is cut short."));
    }

    void anUnknownTypeIsNamed()
    {
        QCOMPARE(
            problemOf(oneColumn("depth", "f16"), std::vector<std::uint8_t>(6)),
            QString(
                "the table of the samples could not be read: column 'depth' has the unknown type 'f16'."));
    }

    void damagedAnswersNeverCrash()
    {
        const FakeLibrary library(20);
        const std::string head = library.tableHead().dump();
        const std::vector<std::uint8_t> bytes = library.tableBytes();
        QRandomGenerator random(7);
        int refused = 0;
        for (int round = 0; round < 5000; ++round) {
            std::string badHead = head;
            std::vector<std::uint8_t> badBytes = bytes;
            for (int i = random.bounded(4); i >= 0; --i) {
                if (random.bounded(2))
                    badHead[std::size_t(random.bounded(int(head.size())))] = char(random.bounded(32, 127));
                else
                    badBytes[std::size_t(random.bounded(int(bytes.size())))] =
                        std::uint8_t(random.bounded(256));
            }
            badBytes.resize(badBytes.size() - std::size_t(random.bounded(3)));
            const Json json = Json::parse(badHead, nullptr, false);
            if (json.is_discarded())
                continue;
            refused += !problemOf(json, badBytes).isEmpty();
        }
        QVERIFY(refused > 100);
        for (const char* json :
             {"null", "[]", "3", "{\"columns\":3}", "{\"count\":0,\"columns\":[3,null,\"a\"]}"})
            problemOf(Json::parse(json), {});
    }

    void filtersHoldTogether()
    {
        const FakeLibrary library(1200);
        const SampleTable table = readSampleTable(library.tableHead(), library.tableBytes());
        const SampleFilter none;
        QVERIFY(none.isEmpty());
        QCOMPARE(filtered(table, none).ids.size(), 1200);

        const SampleFilter filter{{0, 1}, {{0, 1}, {1, 2}, {9, 0}}, " RED  shape "};
        const FilteredSamples result = filtered(table, filter);
        QVector<qint64> expected;
        std::vector<qint64> classes(4), styles(3);
        for (qint64 i = 0; i < 1200; ++i) {
            const bool isClass = i % 4 < 2, isStyle = i / 4 % 3 == 1;
            const bool others = i % 100 >= 50 && i % 100 < 75 && i % 2 == 0;
            if (isClass && isStyle && others)
                expected << i;
            classes[std::size_t(i % 4)] += isStyle && others;
            styles[std::size_t(i / 4 % 3)] += isClass && others;
        }
        QVERIFY(!expected.isEmpty());
        QCOMPARE(result.ids, expected);
        QCOMPARE(result.classCounts, classes);
        QCOMPARE(result.valueCounts[0], styles);
        QCOMPARE(filtered(table, {{}, {}, "shape-77.png"}).ids, QVector<qint64>({77}));
        QVERIFY(filtered(table, {{}, {}, "green"}).ids.isEmpty());
    }

    void aHundredThousandSamplesAreQuick()
    {
        const FakeLibrary library(100000);
        const Json head = library.tableHead();
        const std::vector<std::uint8_t> bytes = library.tableBytes();
        QElapsedTimer clock;
        clock.start();
        const SampleTable table = readSampleTable(head, bytes);
        const qint64 reading = clock.restart();
        QCOMPARE(filtered(table, {{0}, {{0, 0}}, {}}).ids.size(), 8334);
        const qint64 filtering = clock.restart();
        QCOMPARE(filtered(table, {{}, {}, "blue"}).ids.size(), 50000);
        qInfo("100,000 samples: read in %lld ms, filtered by codes in %lld ms, by text in %lld ms (on a "
              "thread)",
              reading, filtering, clock.elapsed());
    }

    void theChartHasABarAClass()
    {
        const protocol::Figure figure = classBalance({"a", "b", "c"}, {5, 0, 2});
        QCOMPARE(figure.layers.size(), std::size_t(1));
        QCOMPARE(figure.layers[0].y, std::vector<double>({5, 0, 2}));
        QCOMPARE(figure.layers[0].samples.of(2), std::vector<std::int64_t>({2}));
        QCOMPARE(figure.x.categories, std::vector<std::string>({"a", "b", "c"}));
    }

    void manyClassesAreCutToTheLargest()
    {
        QStringList classes;
        std::vector<qint64> counts;
        for (int i = 0; i < 100; ++i) {
            classes << QString("c%1").arg(i);
            counts.push_back(i);
        }
        const protocol::Figure figure = classBalance(classes, counts);
        QCOMPARE(figure.layers[0].y.size(), kMostBars);
        QCOMPARE(figure.layers[0].y[0], 99.0);
        QCOMPARE(figure.layers[0].samples.of(0), std::vector<std::int64_t>({99}));
        QCOMPARE(figure.title, std::string("Class balance: the largest 40 of 100 classes"));
    }

    void imagesAreReadByTheirSize()
    {
        const Json head = {{"channels", 3}, {"height", 1}, {"width", 2}};
        const std::vector<std::uint8_t> bytes = {1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60};
        const std::vector<QImage> images = readThumbnails(head, bytes, 2);
        QCOMPARE(images[0].pixel(1, 0), qRgb(2, 4, 6));
        QCOMPARE(images[1].pixel(0, 0), qRgb(10, 30, 50));
        for (const std::size_t count : {0, 1, 3})
            QVERIFY_EXCEPTION_THROWN(readThumbnails(head, bytes, count), std::exception);
    }

    void lyingImageSizesAreRefused()
    {
        const auto bytes = std::make_shared<const std::vector<std::uint8_t>>(12);
        for (const char* json :
             {"{\"channels\":0,\"height\":1,\"width\":12}", "{\"channels\":-3,\"height\":-2,\"width\":2}",
              "{\"channels\":4096,\"height\":1048576,\"width\":1048576}",
              "{\"channels\":1,\"height\":1e300,\"width\":12}", "{\"channels\":1,\"height\":1.5,\"width\":8}",
              "{\"height\":1,\"width\":12}", "null", "{\"channels\":3,\"height\":2,\"width\":3}"}) {
            const SampleReply sample = readSample(Json::parse(json), bytes);
            QVERIFY2(sample.problem.startsWith("the images could not be read: "), json);
            QVERIFY(sample.image.isNull());
        }
    }

    void aSampleTellsAllOfItself()
    {
        const Json head =
            Json::parse(R"({"channels":1,"height":3,"width":2,"label":1,"name":"n.png","caption":"c",
            "attributes":{"style":"drawn","yaw":12.5,"odd":[1]},
            "boxes":[{"x":1,"y":0,"width":1,"height":2,"category":"edge"}],
            "predictions":[{"model":"m","top":[{"class":"a","probability":7}],"error":""},
                           {"model":"p","top":[],"error":"no network"}]})");
        const SampleReply sample = readSample(head, std::make_shared<const std::vector<std::uint8_t>>(
                                                        std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5}));
        QCOMPARE(sample.problem, QString());
        QCOMPARE(sample.label, 1);
        QCOMPARE(sample.attributes.size(), 2);
        QCOMPARE(sample.attributes[1].value, QString("12.5"));
        QCOMPARE(sample.boxes[0].area, QRectF(1, 0, 1, 2));
        QCOMPARE(sample.predictions[0].top[0].probability, 1.0); // clamped
        QCOMPARE(sample.predictions[1].error, QString("no network"));
        QCOMPARE(sample.pixels.valuesAt({1, 2}), QVector<int>({5}));
        QVERIFY(sample.pixels.valuesAt({2, 0}).isEmpty());
        QCOMPARE(sample.image.pixel(0, 1), qRgb(2, 2, 2));
        QVERIFY(sample.overview.isNull());
    }
};

QTEST_GUILESS_MAIN(TestSampleTable)
#include "tst_sample_table.moc"
